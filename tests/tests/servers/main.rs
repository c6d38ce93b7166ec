//! The reference SDK's exporters on the real servers that they are for, and what arrived there asked back over the servers' own
//! APIs.
//!
//! A test whose server is not on this machine is reported as ignored, with the reason; `OTELBOX_REQUIRE` makes that a failure.
//! `otelbox doctor --install servers` gets them all.

mod jaeger;
mod program;
mod prometheus_otlp;
mod prometheus_pull;
mod receivers;
mod remote_write;
mod zipkin;

use std::process::ExitCode;

use libtest_mimic::Arguments;
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let trials = [
        jaeger::trials(),
        prometheus_otlp::trials(),
        receivers::trials(),
        prometheus_pull::trials(),
        remote_write::trials(),
        zipkin::trials(),
    ];
    libtest_mimic::run(
        &Arguments::from_args(),
        trials.into_iter().flatten().collect(),
    )
    .exit_code()
}

/// Runs a test to its end on a runtime of its own.
fn block_on<F: Future>(test: F) -> F::Output {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(test)
}
