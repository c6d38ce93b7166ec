//! Payloads. Each says in an attribute of its resource for which request it was made, and so does what is exported.

use otelbox_mock_collector::{Payload, Signal, json};
use prost::Message as _;

use super::making::field;

/// The attribute of the resource that holds the name of the request.
pub(crate) const NAME_ATTRIBUTE: &str = "request";

/// One log record with these fields.
pub(crate) fn log(name: &str, fields: &str) -> String {
    resource_logs(name, &format!("{{{fields}}}"))
}

/// These log records.
pub(crate) fn resource_logs(name: &str, records: &str) -> String {
    let resource = resource(name);
    format!(
        r#"{{"resourceLogs":[{{{resource},"scopeLogs":[{{"scope":{{"name":"oracle"}},"logRecords":[{records}]}}]}}]}}"#
    )
}

/// One span with these fields besides its ids.
pub(crate) fn span(name: &str, fields: &str) -> String {
    span_of(
        name,
        &format!(
            r#""traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174",{fields}"#
        ),
    )
}

/// One span with these fields.
pub(crate) fn span_of(name: &str, fields: &str) -> String {
    let resource = resource(name);
    format!(
        r#"{{"resourceSpans":[{{{resource},"scopeSpans":[{{"scope":{{"name":"oracle"}},"spans":[{{{fields}}}]}}]}}]}}"#
    )
}

/// One metric with these fields besides its name.
pub(crate) fn metric(name: &str, fields: &str) -> String {
    let resource = resource(name);
    format!(
        r#"{{"resourceMetrics":[{{{resource},"scopeMetrics":[{{"scope":{{"name":"oracle"}},"metrics":[{{"name":"requests",{fields}}}]}}]}}]}}"#
    )
}

/// One point of a gauge with these fields.
pub(crate) fn gauge(name: &str, point: &str) -> String {
    metric(name, &format!(r#""gauge":{{"dataPoints":[{{{point}}}]}}"#))
}

fn resource(name: &str) -> String {
    format!(
        r#""resource":{{"attributes":[{{"key":"{NAME_ATTRIBUTE}","value":{{"stringValue":"{name}"}}}}]}}"#
    )
}

/// The same as protobuf.
pub(crate) fn as_protobuf(signal: Signal, text: &str) -> Vec<u8> {
    let payload = json::decode(signal, text.as_bytes()).expect("a payload of this table");
    match payload {
        Payload::Metrics(request) => request.encode_to_vec(),
        Payload::Traces(request) => request.encode_to_vec(),
        Payload::Logs(request) => request.encode_to_vec(),
        _ => panic!("profiles are made by hand"),
    }
}

/// One log record with a body, as protobuf.
pub(crate) fn log_as_protobuf(name: &str) -> Vec<u8> {
    as_protobuf(Signal::Logs, &log(name, BODY))
}

/// The body of a log record.
pub(crate) const BODY: &str = r#""body":{"stringValue":"hello"}"#;

/// Two profiles with a sample each, as protobuf.
pub(crate) fn profiles(name: &str) -> Vec<u8> {
    let value = field(1, name.as_bytes());
    let attribute = [field(1, NAME_ATTRIBUTE.as_bytes()), field(2, &value)].concat();
    let resource = field(1, &attribute);
    let profile = field(2, &field(2, &[]));
    let scope = [profile.clone(), profile].concat();
    field(1, &[field(1, &resource), field(2, &scope)].concat())
}

/// The same as JSON.
pub(crate) fn profiles_as_json(name: &str) -> String {
    let resource = resource(name);
    format!(
        r#"{{"resourceProfiles":[{{{resource},"scopeProfiles":[{{"profiles":[{{"samples":[{{}}]}},{{"samples":[{{}}]}}]}}]}}]}}"#
    )
}

/// One of everything that a signal has.
pub(crate) fn everything(signal: Signal, name: &str) -> String {
    let template = match signal {
        Signal::Metrics => include_str!("everything/metrics.json"),
        Signal::Traces => include_str!("everything/traces.json"),
        Signal::Logs => include_str!("everything/logs.json"),
        Signal::Profiles => return profiles_as_json(name),
    };
    template.replace("NAME", name)
}

/// The body of an export of a signal, as protobuf.
pub(crate) fn everything_as_protobuf(signal: Signal, name: &str) -> Vec<u8> {
    match signal {
        Signal::Profiles => profiles(name),
        signal => as_protobuf(signal, &everything(signal, name)),
    }
}
