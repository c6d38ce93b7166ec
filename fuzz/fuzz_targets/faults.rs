//! See [`otelbox_fuzz::faults`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| otelbox_fuzz::faults(bytes));
