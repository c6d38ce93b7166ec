//! What was sent, received and lost, of every cell of a scenario.
//!
//! Counted from the recording alone, and not by the ledger that the judge uses.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use otelbox::run::{Accepted, Emission, EmissionKind, Payload, Recording};
use otelbox::scenario::{ITEM, InstrumentKind, Number, Signal};

use crate::points;

/// One line for each cell and instrument.
pub(super) fn sent_received_lost(recordings: &[Recording]) -> String {
    let mut table = format!(
        "{:<32} {:<22} {:>8} {:>8} {:>8}\n",
        "cell", "instrument", "sent", "received", "lost"
    );
    for recording in recordings {
        let id = &recording.cell.id;
        let variant = id.variant.as_deref().unwrap_or_default();
        let cell = format!("{} {variant}", id.protocol);
        if recording.cell.id.signal != Signal::Metrics {
            let (noun, sent, received) = items(recording);
            let cell = format!("{cell}{}", id.signal);
            let lost = sent - received;
            let _ = writeln!(
                table,
                "{cell:<32} {noun:<22} {sent:>8} {received:>8} {lost:>8}"
            );
        }
        for instrument in &recording.cell.instruments {
            let sent = sent(recording, &instrument.name, instrument.kind);
            let received = received(recording, &instrument.name);
            let _ = writeln!(
                table,
                "{cell:<32} {:<22} {sent:>8} {received:>8} {:>8}",
                instrument.name,
                sent - received
            );
        }
    }
    table
}

/// Spans or log records: how many were to be exported, and how many different ones arrived.
fn items(recording: &Recording) -> (&'static str, u64, u64) {
    let sent = recording
        .items
        .iter()
        .filter(|emitted| emitted.kind == EmissionKind::Offered)
        .map(|emitted| emitted.numbers.end - emitted.numbers.start)
        .sum();
    let accepted = recording
        .attempts()
        .filter(|exchange| exchange.accepted != Accepted::No);
    let mut numbers = BTreeSet::new();
    for exchange in accepted {
        match &exchange.payload {
            Payload::Traces(request) => {
                let scopes = request
                    .resource_spans
                    .iter()
                    .flat_map(|one| &one.scope_spans);
                let spans = scopes.flat_map(|scope| &scope.spans);
                numbers.extend(spans.filter_map(|span| number(&span.attributes)));
            }
            Payload::Logs(request) => {
                let scopes = request.resource_logs.iter().flat_map(|one| &one.scope_logs);
                let records = scopes.flat_map(|scope| &scope.log_records);
                numbers.extend(records.filter_map(|record| number(&record.attributes)));
            }
            _ => {}
        }
    }
    let noun = if recording.cell.id.signal == Signal::Traces {
        "spans"
    } else {
        "log records"
    };
    (noun, sent, numbers.len() as u64)
}

fn number(attributes: &[KeyValue]) -> Option<i64> {
    let attribute = attributes.iter().find(|attribute| attribute.key == ITEM)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        any_value::Value::IntValue(number) => Some(*number),
        _ => None,
    }
}

/// A counter's sum, a histogram's count, the last reading of an observable counter.
fn sent(recording: &Recording, name: &str, kind: InstrumentKind) -> i64 {
    let mut emissions = recording
        .emissions
        .iter()
        .filter(|emission| emission.instrument == name);
    let times = |emission: &Emission| i64::try_from(emission.times).expect("a small count");
    match kind {
        InstrumentKind::Histogram => emissions.map(times).sum(),
        InstrumentKind::ObservableCounter => emissions.next_back().map_or(0, value),
        _ => emissions
            .map(|emission| value(emission) * times(emission))
            .sum(),
    }
}

fn value(emission: &Emission) -> i64 {
    match emission.value {
        Some(Number::Integer(value)) => value,
        Some(Number::Float(_)) | None => 0,
    }
}

/// Accepted delta points added up, or the last accepted cumulative ones, for each set of attributes.
fn received(recording: &Recording, name: &str) -> i64 {
    let mut series: BTreeMap<String, i64> = BTreeMap::new();
    for exchange in recording
        .attempts()
        .filter(|exchange| exchange.accepted != Accepted::No)
    {
        for point in points::of(exchange) {
            if point.metric == name {
                let total = series.entry(point.attributes).or_default();
                *total = if point.is_delta {
                    *total + point.amount
                } else {
                    point.amount
                };
            }
        }
    }
    series.values().sum()
}
