//! The service, from its start to its end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::global;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use otelbox_sdk::{Environment, Sdk, Signal};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::arguments::Serve;
use crate::end::End;
use crate::error::DemoError;
use crate::load::load;
use crate::shop::Shop;

/// The instrumentation scope of what the shop tells, and the target of its events.
const SCOPE: &str = env!("CARGO_CRATE_NAME");

/// How long requests that are being answered may take when the end has come.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// How long telemetry that is left may take.
const LAST_TELEMETRY: Duration = Duration::from_secs(5);

/// Serves until it is told to end.
pub(crate) async fn serve(arguments: &Serve) -> Result<(), DemoError> {
    let sdk = set_up()?;
    let mut end = End::listen().map_err(DemoError::Signal)?;
    let served = until_the_end(arguments, &mut end).await;
    let orders = served.as_ref().copied().unwrap_or_default();
    say_what_was_lost(&sdk, orders).await;
    served.map(drop)
}

/// The telemetry: what the environment says, and lines on standard error.
fn set_up() -> Result<Sdk, DemoError> {
    let level = Environment::process().log_level();
    let until_then = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .finish();
    let set_up = || Sdk::builder().with_own_telemetry().build();
    let sdk = tracing::subscriber::with_default(until_then, set_up)?.install_global();
    // What the shop says is telemetry. What the SDK says about exports is for whoever looks at the console.
    let of_the_shop = || Targets::new().with_target(SCOPE, level);
    let spans = tracing_opentelemetry::layer()
        .with_tracer(sdk.tracer_provider().tracer(SCOPE))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_target(false)
        .with_filter(of_the_shop());
    let records = OpenTelemetryTracingBridge::new(sdk.logger_provider()).with_filter(of_the_shop());
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    tracing_subscriber::registry()
        .with(spans)
        .with(records)
        .with(lines.with_filter(level))
        .init();
    Ok(sdk)
}

/// Sells until the end; gives how many orders there were.
async fn until_the_end(arguments: &Serve, end: &mut End) -> Result<u64, DemoError> {
    let shop = Arc::new(Shop::new(&global::meter(SCOPE)));
    let failed = |cause| DemoError::Listen {
        address: arguments.listen,
        cause,
    };
    let listener = TcpListener::bind(arguments.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let (closing, mut end_of_service) = watch::channel(false);
    let told_to_close = async move {
        // Where the sender is gone, so is the service.
        let _ = end_of_service.wait_for(|closing| *closing).await;
    };
    let server =
        axum::serve(listener, Arc::clone(&shop).routes()).with_graceful_shutdown(told_to_close);
    let mut server = std::pin::pin!(server.into_future());
    tracing::info!(target: CONSOLE, "http://{address}/checkout sells; {} customers a second", arguments.rate);
    tokio::select! {
        done = &mut server => done.map_err(DemoError::Serve)?,
        left = load(customers_of(address), arguments.rate) => left?,
        () = end.requested() => {
            closing.send_replace(true);
            if timeout(LAST_ANSWERS, server).await.is_err() {
                tracing::warn!(target: CONSOLE, "requests are left without an answer after {LAST_ANSWERS:?}");
            }
        }
    }
    Ok(shop.ended())
}

/// The target of what is said on the console only.
const CONSOLE: &str = "demo";

/// Where customers go: an address of all interfaces is none that one can go to.
fn customers_of(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => ([127, 0, 0, 1], v4.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
            (std::net::Ipv6Addr::LOCALHOST, v6.port()).into()
        }
        given => given,
    }
}

/// Sends what is left, and says what nobody will get. A Collector that does not take it is no reason to hang, nor to fail.
async fn say_what_was_lost(sdk: &Sdk, orders: u64) {
    if let Err(error) = sdk.shutdown(LAST_TELEMETRY).await {
        tracing::warn!(target: CONSOLE, "not all telemetry could be sent at the end: {error}");
    }
    tracing::info!(target: CONSOLE, "{orders} orders have ended; their telemetry:");
    for signal in [Signal::Traces, Signal::Metrics, Signal::Logs] {
        let counts = sdk.statistics(signal);
        let lost = counts.dropped_items
            + counts.rejected_items
            + counts.queue_full_items
            + counts.late_items
            + counts.unsent_items;
        tracing::info!(
            target: CONSOLE,
            "{signal}: {} of {} exports delivered, {} retries, {lost} items lost",
            counts.delivered, counts.exports, counts.retries
        );
    }
}
