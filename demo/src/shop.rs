//! The shop: what it sells, how long that takes, and what it tells about it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use opentelemetry::metrics::{Counter, Histogram, Meter, ObservableGauge};
use opentelemetry::{KeyValue, global};
use opentelemetry_http::HeaderExtractor;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tracing::field::Empty;
use tracing::{Instrument as _, Span, info, info_span, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::pool::Pool;

/// The one thing that can be done here.
const ROUTE: &str = "/checkout";

/// Where the buckets of durations end, in seconds.
///
/// Spec: semantic conventions, "HTTP metrics", `http.server.request.duration` (SHOULD).
const DURATIONS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// What is sold, and what is told about it.
pub(crate) struct Shop {
    pool: Pool,
    /// Orders that were begun; the last one has this number.
    begun: AtomicI64,
    /// Orders that have ended, one way or the other: the truth that telemetry is measured against.
    ended: AtomicU64,
    requests: Counter<u64>,
    duration: Histogram<f64>,
    _in_use: ObservableGauge<u64>,
}

/// Why an order came to nothing.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    /// The card was declined, as the twentieth one always is.
    Declined,
    /// There is no data base any more.
    Closed,
}

impl Shop {
    /// A shop that tells through this meter, and through the tracing of the process.
    pub(crate) fn new(meter: &Meter) -> Self {
        let pool = Pool::new();
        let observed = pool.clone();
        let in_use = meter
            .u64_observable_gauge("db.pool.in_use")
            .with_description("Connections to the data base that are in use.")
            .with_unit("{connection}")
            .with_callback(move |gauge| {
                gauge.observe(observed.in_use(), &[KeyValue::new("pool", "primary")]);
            })
            .build();
        Self {
            pool,
            begun: AtomicI64::new(0),
            ended: AtomicU64::new(0),
            requests: meter
                .u64_counter("http.server.request.count")
                .with_description("Requests that were answered.")
                .with_unit("{request}")
                .build(),
            duration: meter
                .f64_histogram("http.server.request.duration")
                .with_description("How long requests took.")
                .with_unit("s")
                .with_boundaries(DURATIONS.to_vec())
                .build(),
            _in_use: in_use,
        }
    }

    /// What it answers.
    pub(crate) fn routes(self: Arc<Self>) -> Router {
        Router::new()
            .route(ROUTE, post(checkout))
            .route("/health", get(health))
            .with_state(self)
    }

    /// How many orders have ended.
    pub(crate) fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    /// One order, in the span of its request.
    async fn sell(&self) -> StatusCode {
        let begun = Instant::now();
        let order = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let status = match self.pay(order).await {
            Ok(()) => StatusCode::OK,
            Err(Refusal::Declined) => StatusCode::PAYMENT_REQUIRED,
            Err(Refusal::Closed) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let code = i64::from(status.as_u16());
        Span::current().record("http.response.status_code", code);
        let route = KeyValue::new("http.route", ROUTE);
        let code = KeyValue::new("http.response.status_code", code);
        self.duration.record(
            begun.elapsed().as_secs_f64(),
            &[route.clone(), code.clone()],
        );
        self.requests.add(1, &[route, code]);
        self.ended.fetch_add(1, Ordering::Relaxed);
        status
    }

    async fn pay(&self, order: i64) -> Result<(), Refusal> {
        let Some(_connection) = self.pool.connection().await else {
            return Err(Refusal::Closed);
        };
        let span = info_span!(
            "charge card",
            otel.kind = "client",
            otel.status_code = Empty,
            order
        );
        async {
            sleep(work(order)).await;
            if order % 20 == 0 {
                Span::current().record("otel.status_code", "ERROR");
                warn!(order, "the card was declined");
                return Err(Refusal::Declined);
            }
            info!(order, "paid");
            Ok(())
        }
        .instrument(span)
        .await
    }
}

/// How long an order takes: 5 to 54 ms, by its number, so that every run has the same work.
fn work(order: i64) -> Duration {
    let milliseconds = 5 + order.wrapping_mul(7919).rem_euclid(50);
    Duration::from_millis(milliseconds.unsigned_abs())
}

async fn checkout(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> StatusCode {
    let span = info_span!(
        "POST /checkout",
        otel.kind = "server",
        http.request.method = "POST",
        http.route = ROUTE,
        http.response.status_code = Empty,
    );
    let caller = global::get_text_map_propagator(|propagator| {
        propagator.extract(&HeaderExtractor(&headers))
    });
    // It fails where spans are switched off, and then there is nothing to belong together.
    let _ = span.set_parent(caller);
    shop.sell().instrument(span).await
}

async fn health(State(shop): State<Arc<Shop>>) -> Json<Value> {
    Json(json!({ "status": "selling", "orders": shop.ended() }))
}
