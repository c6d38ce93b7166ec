//! See [`otelbox_fuzz::control_requests`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| otelbox_fuzz::control_requests(bytes));
