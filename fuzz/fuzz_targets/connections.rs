//! See [`otelbox_fuzz::connections`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| otelbox_fuzz::connections(bytes));
