//! The payloads, as OTLP/JSON.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::MethodFilter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::input::{InPath, InQuery};
use super::journal::Limit;
use super::operation::Operation;
use super::problem::{Code, Problem};
use super::receiver::blocking;
use super::shared::Shared;
use super::time_to_live::Patience;
use super::view::Filter;
use crate::journal::{Accepted, Entry, Evicted, Exchange};
use crate::json;
use crate::signal::{Protocol, Signal};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(MethodFilter::GET, "/v1/payloads/{signal}", "getPayloads", payloads)
            .about("payloads", "What exporters said, as OTLP/JSON")
            .description(
                "One for each attempt that has ended, so that a retry is there again, unless `accepted=true`. With `min` or \
                 `min_items` and `timeout` it waits until there are so many.",
            )
            .in_path::<Signal>("signal")
            .query::<PayloadQuery>()
            .answers::<PayloadPage>("What there is; `enough` says whether it is what was waited for.")
            .fails(StatusCode::NOT_FOUND, "There is no such signal."),
    ]
}

/// Which payloads, and how long to wait for them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PayloadQuery {
    /// Only what the receiver took (true), or did not take (false).
    accepted: Option<bool>,
    /// Only payloads of this protocol.
    protocol: Option<Protocol>,
    /// Only payloads of this export, 1-based.
    export: Option<u64>,
    /// Only payloads of this attempt of their export, 1-based.
    attempt: Option<u32>,
    /// Only payloads that the fault with this name decided about.
    fault: Option<String>,
    /// Only payloads of exchanges after this ordinal.
    #[serde(default)]
    since: u64,
    /// At most so many, the oldest of those that match; default 1000, at most 10000.
    #[serde(default)]
    limit: Limit,
    /// Waits until so many payloads match; default 0.
    #[serde(default)]
    min: u64,
    /// Waits until those that match have so many items; default 0.
    #[serde(default)]
    min_items: u64,
    /// Waits so long: `5s`; at most a minute. Default: not at all.
    #[serde(default)]
    timeout: Patience,
}

/// Some payloads.
#[derive(Debug, Serialize, JsonSchema)]
struct PayloadPage {
    /// In the order of their exchanges, as many as the limit allows.
    payloads: Vec<PayloadView>,
    /// How many match, told or not.
    matching: u64,
    /// How many items they have together.
    items: u64,
    /// Whether what was waited for is there.
    enough: bool,
    /// What the journal has let go of to stay within its budget.
    evicted: Evicted,
}

/// What an attempt said.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Payload")]
struct PayloadView {
    /// The ordinal of its exchange, 1-based.
    ordinal: u64,
    /// The export, 1-based among those of its signal.
    export: Option<u64>,
    /// The attempt of that export, 1-based.
    attempt: u32,
    /// The protocol.
    protocol: Option<Protocol>,
    /// Its data points, spans, log records or profiles.
    items: u64,
    /// How many of them the receiver took.
    accepted_items: u64,
    /// As OTLP/JSON; null where it was evicted.
    payload: Option<Value>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

async fn payloads(
    State(shared): State<Shared>,
    InPath(signal): InPath,
    InQuery(query): InQuery<PayloadQuery>,
) -> Result<Json<PayloadPage>, Problem> {
    let signal: Signal = signal
        .parse()
        .map_err(|error: crate::signal::UnknownName| {
            Problem::new(Code::NoSuchPath, error.to_string())
        })?;
    let found = shared.look_until_enough(query.timeout, || {
        let found = look(&shared, signal, &query);
        let items: u64 = found.iter().filter_map(|exchange| exchange.items()).sum();
        let count = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let enough = count >= query.min && items >= query.min_items;
        (enough, (enough, count, items, found))
    });
    let (enough, matching, items, found) = found.await;
    let evicted = shared.collector.core.journal.evicted();
    let limit = query.limit.entries();
    let made = blocking(move || PayloadPage {
        payloads: found
            .iter()
            .take(limit)
            .map(|exchange| view(exchange))
            .collect(),
        matching,
        items,
        enough,
        evicted,
    });
    made.await.map(Json)
}

fn look(shared: &Shared, signal: Signal, query: &PayloadQuery) -> Vec<Arc<Exchange>> {
    let filter = Filter {
        signal: Some(signal),
        protocol: query.protocol,
        export: query.export,
        attempt: query.attempt,
        fault: query.fault.clone(),
    };
    let entries = shared.collector.core.journal.entries().into_iter();
    let exchanges = entries.filter_map(|entry| match entry {
        Entry::Exchange(exchange) => Some(exchange),
        Entry::Connection(_) => None,
    });
    exchanges
        .filter(|exchange| {
            exchange.ordinal > query.since
                && exchange.items().is_some()
                && exchange.completion().is_some()
                && filter.admits(exchange)
                && query
                    .accepted
                    .is_none_or(|accepted| (exchange.accepted() != Accepted::No) == accepted)
        })
        .collect()
}

fn view(exchange: &Exchange) -> PayloadView {
    let (payload, error) = match exchange.payload() {
        Ok(payload) => (Some(json::encode(payload)), None),
        Err(error) => (None, Some(error.to_string())),
    };
    PayloadView {
        ordinal: exchange.ordinal,
        export: exchange.export,
        attempt: exchange.attempt,
        protocol: exchange.protocol,
        items: exchange.items().unwrap_or_default(),
        accepted_items: exchange.accepted_items(),
        payload,
        error,
    }
}
