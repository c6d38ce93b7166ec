//! What the receiver has, item by item, counted from the journal alone.

use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use otelbox_mock_collector::fault::{GoAwayStream, Http2Code};
use otelbox_mock_collector::{Accepted, Action, ConnectionEvent, End, Exchange, Journal, Payload};

use crate::subject::ITEM;

/// What the receiver has, and what it saw.
#[derive(Clone, Debug, Default)]
pub(super) struct Truth {
    /// How many items it has.
    pub(super) items: u64,
    /// How many copies of items it has beyond that.
    pub(super) repeated: u64,
    /// How many of them it took and denied, in an answer that was no success: no client can know of that.
    pub(super) denied: u64,
    /// How many requests arrived, whole or not.
    pub(super) requests: u64,
    /// An attempt that was made although the one before it had been acknowledged.
    pub(super) after_acknowledgement: Option<u64>,
    /// Connections that were opened and did not end.
    pub(super) open_connections: BTreeSet<u64>,
}

impl Truth {
    pub(super) fn of(journal: &Journal) -> Self {
        let mut truth = Self::default();
        let mut copies: BTreeMap<i64, u64> = BTreeMap::new();
        let mut acknowledged = BTreeSet::new();
        for exchange in journal.exchanges() {
            truth.requests += 1;
            if let Some(export) = exchange.export {
                if acknowledged.contains(&export) {
                    truth.after_acknowledgement = Some(exchange.ordinal);
                }
                if exchange.is_acknowledged() {
                    acknowledged.insert(export);
                }
            }
            match exchange.accepted() {
                Accepted::No => {}
                Accepted::Partial { .. } => truth.items += exchange.accepted_items(),
                Accepted::All => {
                    let payload = exchange.payload().expect("what was taken can be decoded");
                    let numbers = numbers(payload);
                    if is_denied(&exchange) {
                        truth.denied += numbers.len() as u64;
                    }
                    for number in numbers {
                        *copies.entry(number).or_default() += 1;
                    }
                }
            }
        }
        truth.items += copies.len() as u64;
        truth.repeated = copies.values().map(|copies| copies - 1).sum();
        for record in journal.connections() {
            match record.event {
                ConnectionEvent::Opened => {
                    truth.open_connections.insert(record.connection);
                }
                ConnectionEvent::Closed { .. } | ConnectionEvent::Reset { .. } => {
                    truth.open_connections.remove(&record.connection);
                }
                _ => {}
            }
        }
        truth
    }
}

/// Whether the client was told that the payload was not taken: in a whole answer, or by a GOAWAY or a reset that says that
/// nobody has looked at the request.
fn is_denied(exchange: &Exchange) -> bool {
    let is_untouched = match exchange.decision.action.last() {
        Action::GoAway(goaway) => goaway.stream == GoAwayStream::Refused,
        Action::RstStream(rst_stream) => rst_stream.code == Http2Code::RefusedStream,
        _ => false,
    };
    if is_untouched {
        return true;
    }
    exchange.completion().is_some_and(|completion| {
        completion.end == End::Answered
            && completion
                .answer
                .as_ref()
                .is_some_and(|answer| !answer.is_success(exchange.protocol))
    })
}

/// The numbers of the items in a payload.
fn numbers(payload: &Payload) -> Vec<i64> {
    match payload {
        Payload::Traces(request) => {
            let scopes = request
                .resource_spans
                .iter()
                .flat_map(|one| &one.scope_spans);
            let spans = scopes.flat_map(|scope| &scope.spans);
            spans.filter_map(|span| number(&span.attributes)).collect()
        }
        Payload::Logs(request) => {
            let scopes = request.resource_logs.iter().flat_map(|one| &one.scope_logs);
            let records = scopes.flat_map(|scope| &scope.log_records);
            records
                .filter_map(|record| number(&record.attributes))
                .collect()
        }
        Payload::Metrics(request) => {
            let scopes = request
                .resource_metrics
                .iter()
                .flat_map(|one| &one.scope_metrics);
            let metrics = scopes.flat_map(|scope| &scope.metrics);
            metrics
                .filter_map(|metric| match &metric.data {
                    Some(Data::Sum(sum)) => Some(&sum.data_points),
                    _ => None,
                })
                .flatten()
                .filter_map(|point| number(&point.attributes))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn number(attributes: &[KeyValue]) -> Option<i64> {
    let attribute = attributes.iter().find(|attribute| attribute.key == ITEM)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        any_value::Value::IntValue(number) => Some(*number),
        _ => None,
    }
}
