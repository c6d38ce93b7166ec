//! See [`otelbox_fuzz::payloads`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| otelbox_fuzz::payloads(bytes));
