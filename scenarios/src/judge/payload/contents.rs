//! What has to be right inside every span and every log record.

use std::collections::HashMap;

use opentelemetry_proto::tonic::{logs::v1::LogRecord, trace::v1::Span};

use super::{Item, groups_of, items_of, wire::name};
use crate::{
    judge::{Finding, Survey},
    run::{Exchange, Recording},
};

/// Bits of `flags` with a meaning. Spec: opentelemetry-proto 1.10.0, `SpanFlags` (W3C trace flags and the two bits about
/// a remote parent) and `LogRecordFlags` (W3C trace flags).
const SPAN_FLAGS: u32 = 0x3ff;
const RECORD_FLAGS: u32 = 0xff;

/// The highest known number of `Span.SpanKind`, `Status.StatusCode` and `SeverityNumber`.
const KINDS: i32 = 5;
const CODES: i32 = 2;
const SEVERITIES: i32 = 24;

pub(super) fn judge(recording: &Recording) -> Vec<Finding> {
    let mut ids = Survey::new(
        "OTLP-TLD-001",
        "trace ids of 16 bytes and span ids of 8 bytes, not all zero; a parent's of 8 bytes or none",
        "spans",
    );
    let mut spans = Survey::new(
        "OTLP-TLD-002",
        "spans with a name and a kind that end after they start",
        "spans",
    );
    let mut flags = Survey::new("OTLP-TLD-003", "reserved flag bits zero", "items");
    let mut observed = Survey::new("OTLP-TLD-004", "an observed time", "log records");
    let mut correlated = Survey::new(
        "OTLP-TLD-005",
        "a trace id with every span id",
        "log records with a span id",
    );
    let mut strindex = Survey::new("OTLP-TLD-009", "no key_strindex outside profiles", "items");
    let mut enums = Survey::new(
        "OBX-PAY-003",
        "status codes and severities of the schema, and times that are set",
        "items",
    );
    for exchange in recording.payloads() {
        for item in items_of(exchange) {
            let say = |wrong: Option<String>| {
                wrong.map(|wrong| format!("{} in {} {wrong}", item.label(), name(exchange)))
            };
            match item {
                Item::Span(span) => {
                    ids.look(say(wrong_ids(span)));
                    spans.look(say(wrong_span(span)));
                    flags.look(say(reserved(span.flags, SPAN_FLAGS).or_else(|| {
                        span.links
                            .iter()
                            .find_map(|link| reserved(link.flags, SPAN_FLAGS))
                    })));
                    enums.look(say(wrong_status(span)));
                }
                Item::Record(record) => {
                    flags.look(say(reserved(record.flags, RECORD_FLAGS)));
                    observed.look(say((record.observed_time_unix_nano == 0)
                        .then(|| "has no observed time".to_owned())));
                    if !record.span_id.is_empty() {
                        correlated.look(say(record
                            .trace_id
                            .is_empty()
                            .then(|| "has a span id and no trace id".to_owned())));
                    }
                    enums.look(say(wrong_record(record)));
                }
            }
            let indexed = item
                .attributes()
                .iter()
                .any(|attribute| attribute.key_strindex != 0);
            strindex.look(say(indexed.then(|| "has a key_strindex".to_owned())));
        }
    }
    [ids, spans, flags, observed, correlated, strindex, enums]
        .into_iter()
        .filter_map(Survey::finding)
        .chain(unique_ids(recording).finding())
        .chain(grouped(recording).finding())
        .collect()
}

fn is_id(bytes: &[u8], length: usize) -> bool {
    bytes.len() == length && bytes.iter().any(|byte| *byte != 0)
}

fn wrong_ids(span: &Span) -> Option<String> {
    if !is_id(&span.trace_id, 16) {
        Some(format!("has the trace id {:02x?}", span.trace_id))
    } else if !is_id(&span.span_id, 8) {
        Some(format!("has the span id {:02x?}", span.span_id))
    } else if !span.parent_span_id.is_empty() && !is_id(&span.parent_span_id, 8) {
        Some(format!(
            "has the parent span id {:02x?}",
            span.parent_span_id
        ))
    } else {
        None
    }
}

fn wrong_span(span: &Span) -> Option<String> {
    if span.name.is_empty() {
        Some("has no name".to_owned())
    } else if !(1..=KINDS).contains(&span.kind) {
        Some(format!("has kind {}", span.kind))
    } else if span.end_time_unix_nano < span.start_time_unix_nano {
        Some("ends before it starts".to_owned())
    } else {
        None
    }
}

fn wrong_status(span: &Span) -> Option<String> {
    let code = span.status.as_ref().map_or(0, |status| status.code);
    if !(0..=CODES).contains(&code) {
        Some(format!("has status code {code}"))
    } else if span.start_time_unix_nano == 0 || span.end_time_unix_nano == 0 {
        Some("has no start or no end".to_owned())
    } else if span.events.iter().any(|event| event.time_unix_nano == 0) {
        Some("has an event without a time".to_owned())
    } else {
        None
    }
}

fn wrong_record(record: &LogRecord) -> Option<String> {
    if !(0..=SEVERITIES).contains(&record.severity_number) {
        Some(format!("has severity {}", record.severity_number))
    } else if !(record.trace_id.is_empty() || is_id(&record.trace_id, 16)) {
        Some(format!("has the trace id {:02x?}", record.trace_id))
    } else if !(record.span_id.is_empty() || is_id(&record.span_id, 8)) {
        Some(format!("has the span id {:02x?}", record.span_id))
    } else {
        None
    }
}

fn reserved(flags: u32, known: u32) -> Option<String> {
    (flags & !known != 0).then(|| format!("has flags {flags:#x}"))
}

/// Spec: Trace SDK 1.60.0, "ID Generators": ids are random, so that none comes twice in so few spans.
fn unique_ids(recording: &Recording) -> Survey {
    let mut survey = Survey::new(
        "OTLP-TLD-012",
        "a span id, and for roots a trace id, of its own for every span",
        "spans",
    );
    let mut seen: HashMap<&[u8], (Option<u64>, &Exchange)> = HashMap::new();
    for exchange in recording.payloads() {
        for item in items_of(exchange) {
            let Item::Span(span) = item else { continue };
            let root = span.parent_span_id.is_empty();
            let ids = [
                Some(span.span_id.as_slice()),
                root.then_some(span.trace_id.as_slice()),
            ];
            let twin = ids.into_iter().flatten().find_map(|id| {
                let (number, earlier) = *seen.entry(id).or_insert((item.number(), exchange));
                // The same span in a second payload is a repetition, which is judged as such.
                (number != item.number()).then(|| (id.to_vec(), earlier))
            });
            survey.look(twin.map(|(id, earlier)| {
                format!(
                    "{} in {} has the id {id:02x?} of another one in {}",
                    item.label(),
                    name(exchange),
                    name(earlier)
                )
            }));
        }
    }
    survey
}

/// Our choice: one group for each resource and scope.
fn grouped(recording: &Recording) -> Survey {
    let mut survey = Survey::new(
        "OBX-PAY-004",
        "one group for each resource and scope",
        "payloads",
    );
    for exchange in recording.payloads() {
        let groups = groups_of(exchange);
        if groups.is_empty() {
            continue;
        }
        let twice = groups.iter().enumerate().any(|(position, group)| {
            groups[..position]
                .iter()
                .any(|other| other.resource == group.resource && other.scope == group.scope)
        });
        let empty = groups.iter().any(|group| group.items.is_empty());
        survey.look(if twice {
            Some(format!("{} has a scope twice", name(exchange)))
        } else {
            empty.then(|| format!("{} has a scope without items", name(exchange)))
        });
    }
    survey
}
