//! What Zipkin, and the specification's transformation, ask of every request.
//!
//! Spec: OpenTelemetry 1.50, "OpenTelemetry to Zipkin Transformation"; openzipkin/zipkin-api, `zipkin2-api.yaml`.

use std::time::Duration;

use otelbox_mock_collector::payload::zipkin::Span;
use otelbox_mock_collector::{Protocol, Signal};
use serde_json::Value;

use super::{compression::inflate, wire::name};
use crate::{
    judge::{Finding, Survey},
    run::{Exchange, Payload, Recording},
};

/// What a time may be off and still be in microseconds.
const NEAR: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn judge(recording: &Recording) -> Vec<Finding> {
    let mut request = Survey::new(
        "ZPK-REQ-001",
        "a POST of a list of spans, in the encoding that its content-type names",
        "requests",
    );
    let posts = recording.exchanges.iter();
    for exchange in posts.filter(|exchange| exchange.signal == Some(Signal::Traces)) {
        request.look(wrong_request(exchange));
    }
    let mut ids = Survey::new(
        "ZPK-IDS-001",
        "trace ids of 16 or 32 and span ids of 16 lower-case hexadecimal digits",
        "spans in JSON",
    );
    let mut empty = Survey::new("ZPK-EMP-001", "no field that says nothing", "spans in JSON");
    let mut times = Survey::new("ZPK-TIM-001", "times in microseconds", "spans");
    let mut status = Survey::new(
        "ZPK-STS-001",
        "otel.status_code of OK or ERROR, and an error tag with ERROR alone",
        "spans",
    );
    for exchange in recording.payloads() {
        for span in json_spans(exchange) {
            ids.look(wrong_id(&span).map(|what| format!("{}: {what}", name(exchange))));
            empty.look(empty_field(&span).map(|what| format!("{}: {what}", name(exchange))));
        }
        for span in exchange.zipkin_spans() {
            times.look(wrong_time(span, exchange));
            status.look(wrong_status(span).map(|what| format!("{}: {what}", name(exchange))));
        }
    }
    [request, ids, empty, times, status]
        .into_iter()
        .filter_map(Survey::finding)
        .collect()
}

fn wrong_request(exchange: &Exchange) -> Option<String> {
    let wanted = match exchange.protocol {
        Some(Protocol::ZipkinProtobuf) => "application/x-protobuf",
        _ => "application/json",
    };
    let content_type = exchange.header("content-type").unwrap_or_default();
    if exchange.method != "POST" {
        return Some(format!("{} is a {}", name(exchange), exchange.method));
    }
    if content_type.split(';').next().map(str::trim) != Some(wanted) {
        return Some(format!(
            "{} has content-type `{content_type}`",
            name(exchange)
        ));
    }
    match &exchange.payload {
        Payload::Undecodable(reason) => Some(format!("{}: {reason}", name(exchange))),
        _ => None,
    }
}

/// The spans as they stand in the body; none where it is no JSON.
fn json_spans(exchange: &Exchange) -> Vec<Value> {
    if exchange.protocol != Some(Protocol::ZipkinJson) {
        return Vec::new();
    }
    let plain = inflate(exchange).unwrap_or_else(|| exchange.body.to_vec());
    serde_json::from_slice(&plain).unwrap_or_default()
}

fn wrong_id(span: &Value) -> Option<String> {
    let is_hex = |text: &str| {
        let mut bytes = text.bytes();
        bytes.all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    for (key, lengths) in [
        ("traceId", &[16, 32][..]),
        ("id", &[16]),
        ("parentId", &[16]),
    ] {
        match span.get(key) {
            None if key == "parentId" => {}
            Some(Value::String(text)) if lengths.contains(&text.len()) && is_hex(text) => {}
            other => {
                let other = other.cloned().unwrap_or_default();
                return Some(format!("{key} is {other}"));
            }
        }
    }
    None
}

fn empty_field(span: &Value) -> Option<String> {
    span.as_object()?.iter().find_map(|(key, value)| {
        let is_empty = match value {
            Value::Null => true,
            Value::Array(values) => values.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::String(text) => text.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        is_empty.then(|| format!("{key} is {value}"))
    })
}

/// The times of a span are near the time at which it came: a thousand times more or less is another unit.
fn wrong_time(span: &Span, exchange: &Exchange) -> Option<String> {
    let came = Duration::from_nanos(exchange.wall_unix_nano);
    let annotations = span
        .annotations
        .iter()
        .map(|annotation| annotation.timestamp);
    let mut times = std::iter::once(span.timestamp).chain(annotations);
    let wrong = times.find(|micros| Duration::from_micros(*micros).abs_diff(came) > NEAR);
    if let Some(micros) = wrong {
        return Some(format!("{} has the time {micros}", name(exchange)));
    }
    (Duration::from_micros(span.duration) > NEAR)
        .then(|| format!("{} has the duration {}", name(exchange), span.duration))
}

fn wrong_status(span: &Span) -> Option<String> {
    let code = span.tags.get("otel.status_code").map(String::as_str);
    let error = span.tags.get("error");
    match (code, error) {
        (Some("ERROR"), Some(_)) | (Some("OK") | None, None) => None,
        (Some("ERROR"), None) => Some("ERROR without an error tag".to_owned()),
        (Some("OK") | None, Some(error)) => {
            let code = code.unwrap_or("UNSET");
            Some(format!("an error tag {error:?} with {code}"))
        }
        (Some(other), _) => Some(format!("otel.status_code {other}")),
    }
}
