//! The binary `otelbox`.

use std::process::ExitCode;

fn main() -> ExitCode {
    otelbox::cli::main()
}
