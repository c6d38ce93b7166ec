//! See [`otelbox_fuzz::grpc_calls`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| otelbox_fuzz::grpc_calls(bytes));
