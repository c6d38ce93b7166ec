//! The binary `otelbox`.

fn main() {}
