//! A service that is at work until it is told to end: a span, a measurement and a log record ten times a second.
//!
//! Everything is from the environment, so that it can be put through an outage of its Collector:
//!
//! ```sh
//! otelbox run -- target/debug/examples/service
//! ```

use std::error::Error;
use std::time::Duration;

use opentelemetry::global;
use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::trace::{Span as _, Tracer as _};
use otelbox_sdk::{Environment, Sdk};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(Environment::process().log_level())
        .with_writer(std::io::stderr)
        .init();
    let sdk = Sdk::from_env()?.install_global();
    let tracer = global::tracer("service");
    let requests = global::meter("service")
        .u64_counter("http.server.request.count")
        .build();
    let logger = sdk.logger_provider().logger("service");

    let mut end = std::pin::pin!(told_to_end());
    let mut work = tokio::time::interval(Duration::from_millis(100));
    loop {
        tokio::select! {
            ended = &mut end => {
                ended?;
                break;
            }
            _ = work.tick() => {
                let mut span = tracer.start("POST /checkout");
                requests.add(1, &[]);
                let mut record = logger.create_log_record();
                record.set_severity_number(Severity::Info);
                record.set_body("paid".into());
                logger.emit(record);
                span.end();
            }
        }
    }

    // What is left goes out now. A Collector that does not take it is no reason to hang, nor to fail.
    match sdk.shutdown(Duration::from_secs(5)).await {
        Ok(report) => {
            for loss in &report.lost {
                tracing::warn!("{loss}");
            }
        }
        Err(error) => tracing::warn!("{error}"),
    }
    Ok(())
}

/// Comes back at SIGTERM, or at Ctrl-C.
#[cfg(unix)]
async fn told_to_end() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}

/// Comes back at Ctrl-C.
#[cfg(not(unix))]
async fn told_to_end() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
