//! See [`otelbox_fuzz::recordings`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| otelbox_fuzz::recordings(bytes));
