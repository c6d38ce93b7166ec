//! See [`otelbox_fuzz::scenario_files`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| otelbox_fuzz::scenario_files(bytes));
