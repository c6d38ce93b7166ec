//! The drivers that are linked into this binary.

use std::io::{self, BufReader};
use std::path::Path;
use std::sync::Arc;

use otelbox_sdk::{Environment, FixedRandom, RandomSource, SystemClock, SystemRandom};
use thiserror::Error;
use tracing_subscriber::EnvFilter;

#[cfg(target_os = "linux")]
use super::otel_collector::{CollectorError, OtelCollector};
use super::{ServeError, opentelemetry_rust::OpentelemetryRust, serve_lines};
use crate::sut::{OtelboxSdk, Surroundings, Sut, SutFactory};

/// What a driver says on its standard error: the SDKs, not the libraries below them.
const HEARD: &str = "warn,opentelemetry=info,opentelemetry_sdk=info,opentelemetry-otlp=info,otelbox_sdk=info,h2=off,hyper=off,hyper_util=off,tonic=off,tower=off,reqwest=off";

/// Why a driver of this binary ended.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DriverError {
    /// There is no such driver.
    #[error(
        "unknown driver `{name}`: known are otelbox-sdk, opentelemetry-rust and, on Linux, otel-collector"
    )]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// Nobody said where the Collector is.
    #[error("otel-collector is driven with `--collector PATH`")]
    NoCollector,
    /// The Collector cannot be run.
    #[cfg(target_os = "linux")]
    #[error(transparent)]
    Collector(#[from] CollectorError),
    /// The runtime could not be made.
    #[error("could not start the driver")]
    Runtime(#[source] io::Error),
    /// The conversation broke.
    #[error("the driver stopped")]
    Serve(#[source] ServeError),
}

/// The variable with which the runner asks a driver for jitter in the middle of its range, so that waits are exactly 1 s,
/// 2 s, 4 s. A driver whose SDK has no such seam ignores it.
pub(crate) const RANDOM_VARIABLE: &str = "OTELBOX_RANDOM";

/// The value of [`RANDOM_VARIABLE`] for scenarios with `random: midpoint`.
pub(crate) const MIDPOINT: &str = "midpoint";

fn random() -> Arc<dyn RandomSource> {
    #[expect(
        clippy::disallowed_methods,
        reason = "what the runner asks of this process, not of the SDK"
    )]
    let wanted = std::env::var(RANDOM_VARIABLE);
    match wanted.as_deref() {
        Ok(MIDPOINT) => Arc::new(FixedRandom::MIDPOINT),
        Ok(_) | Err(_) => Arc::new(SystemRandom),
    }
}

/// Serves the SUT called `name` on standard input and output, until the input ends. `collector` is the program that
/// `otel-collector` puts under control.
///
/// The caller ends the process right after it, without destructors: nothing may be exported after the last answer.
///
/// # Errors
///
/// [`DriverError`] for an unknown name, for a Collector that cannot be run, or when the pipe to the runner breaks.
pub fn serve(name: &str, collector: Option<&Path>) -> Result<(), DriverError> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(HEARD))
        .with_writer(io::stderr)
        .with_ansi(false)
        .without_time()
        .init();
    // The stock stack's HTTP client takes the process's default. An error says that there is one already, which serves.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(DriverError::Runtime)?;
    let mut sut: Box<dyn Sut> = match name {
        "otelbox-sdk" => OtelboxSdk::honest().build(Surroundings {
            env: Environment::process(),
            connector: None,
            clock: Arc::new(SystemClock),
            random: random(),
            on_current_runtime: false,
        }),
        "opentelemetry-rust" => Box::new(OpentelemetryRust::default()),
        #[cfg(target_os = "linux")]
        "otel-collector" => {
            let collector = collector.ok_or(DriverError::NoCollector)?;
            Box::new(OtelCollector::at(collector)?)
        }
        _ => {
            return Err(DriverError::Unknown {
                name: name.to_owned(),
            });
        }
    };
    let served = serve_lines(
        runtime.handle(),
        sut.as_mut(),
        BufReader::new(io::stdin()),
        io::stdout(),
        io::stderr(),
    );
    runtime.block_on(sut.end_processes());
    // Whatever the SDK still has to do, it does not get to do it.
    std::mem::forget(sut);
    runtime.shutdown_background();
    served.map_err(DriverError::Serve)
}
