//! The arguments, as they are parsed and as `--help` shows them.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use http::Uri;

/// A shop whose telemetry can be watched: spans, a counter, a histogram, a gauge and log records.
#[derive(Debug, Parser)]
#[command(
    name = "demo-service",
    version,
    max_term_width = 100,
    after_help = "Where telemetry goes, and how, is said by the OTEL_* variables.\n\nExamples:\n  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 demo-service serve --rate 20\n  demo-service check http://127.0.0.1:8080/health\n  demo-service outage --control http://127.0.0.1:4320 --lasts 30s"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(Serve),
    Check(Check),
    Outage(Outage),
}

/// Sell, until SIGTERM or Ctrl-C; then send what is left, and say what was lost.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where requests are taken: POST /checkout, GET /health. Port 0 takes a free one.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "DEMO_LISTEN",
        default_value = "127.0.0.1:8080"
    )]
    pub(crate) listen: SocketAddr,
    /// How many requests a second the service makes to itself, 0 to 1000.
    #[arg(long, value_name = "N", env = "DEMO_RATE", default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(crate) rate: u32,
}

/// Ask whether a service is well: exit code 0 where it answers with a status of success, else 1.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// What to ask.
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:8080/health")]
    pub(crate) url: Uri,
}

/// Play an outage of the Collector by way of the control API of `otelbox serve`, and print what it did to telemetry.
#[derive(Debug, Args)]
pub(crate) struct Outage {
    /// Where the control API is.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4320")]
    pub(crate) control: Uri,
    /// The control token, where the API asks for one.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "OTELBOX_CONTROL_TOKEN",
        hide_env_values = true
    )]
    pub(crate) token: Option<Secret>,
    /// How long the Collector is unavailable; for so long before and after it all is well.
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = humantime::parse_duration)]
    pub(crate) lasts: Duration,
}

/// A text that nothing prints.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) String);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}
