//! See [`otelbox_fuzz::driver_lines`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| otelbox_fuzz::driver_lines(bytes));
