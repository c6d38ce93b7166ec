//! Bytes that protobuf reads in its own way, or not at all.

use otelbox_mock_collector::Signal;

use super::making::{field, frame, logs_call, protobuf};
use super::payloads::{as_protobuf, log_as_protobuf, metric, span};
use crate::wire::Request;

const LOGS: &str = "/v1/logs";

/// A body, made for the name of its request.
type Body = fn(&str) -> Vec<u8>;

/// By both protocols that carry protobuf.
const BODIES: &[(&str, Body)] = &[
    ("bytes that are no message", |_| {
        b"\xff\xff\xff\xff\xff".to_vec()
    }),
    ("text", |_| b"hello, Collector".to_vec()),
    ("a message that breaks off", |name| {
        let whole = log_as_protobuf(name);
        whole[..whole.len() - 3].to_vec()
    }),
    ("unknown fields", |name| {
        let unknown = [field(99, b"future"), vec![0x98, 0x06, 0x01]].concat();
        [log_as_protobuf(name), unknown].concat()
    }),
    ("an unknown field within a record", |name| {
        wrapped_log(
            name,
            &[field(5, &field(1, b"hello")), field(77, b"future")].concat(),
        )
    }),
    ("a list in two parts", |name| {
        [log_as_protobuf(name), log_as_protobuf(name)].concat()
    }),
    ("a body of the wrong wire type", |name| {
        wrapped_log(name, &[0x28, 0x01])
    }),
    ("a field with number zero", |name| {
        [log_as_protobuf(name), vec![0x02, 0x00]].concat()
    }),
    ("a group", |name| {
        [log_as_protobuf(name), vec![0x9b, 0x06, 0x9c, 0x06]].concat()
    }),
    ("a group without an end", |name| {
        [log_as_protobuf(name), vec![0x9b, 0x06]].concat()
    }),
    ("a varint of eleven bytes", |name| {
        let varint = [&[0x98, 0x06][..], &[0xff; 10], &[0x01]].concat();
        [log_as_protobuf(name), varint].concat()
    }),
    ("text that is not UTF-8", |name| {
        wrapped_log(name, &field(5, &field(1, b"\xff\xfe")))
    }),
    ("a trace id of three bytes", |name| {
        wrapped_log(name, &field(9, &[1, 2, 3]))
    }),
    ("a trace id of zeros", |name| {
        wrapped_log(name, &field(9, &[0; 16]))
    }),
    ("a severity that has no name", |name| {
        wrapped_log(name, &[0x10, 0x63])
    }),
    ("the last of two values of one field", |name| {
        wrapped_log(
            name,
            &[field(5, &field(1, b"one")), field(5, &field(1, b"two"))].concat(),
        )
    }),
    ("two choices of one value", |name| {
        wrapped_log(
            name,
            &field(5, &[field(1, b"one"), vec![0x18, 0x05]].concat()),
        )
    }),
];

pub(super) fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for (what, body) in BODIES {
        let name = format!("protobuf/{what}, over HTTP");
        requests.push(protobuf(&name, LOGS, &body(&name)));
    }
    for (what, body) in BODIES {
        let name = format!("protobuf/{what}, over gRPC");
        requests.push(logs_call(&name, &[], frame(0, &body(&name))));
    }
    let name = "protobuf/spans in place of metrics";
    let spans = as_protobuf(Signal::Traces, &span(name, r#""name":"span""#));
    requests.push(protobuf(name, "/v1/metrics", &spans));
    let name = "protobuf/a metric without data";
    let bare = as_protobuf(Signal::Metrics, &metric(name, r#""unit":"1""#));
    requests.push(protobuf(name, "/v1/metrics", &bare));
    requests
}

/// One log record of these bytes.
fn wrapped_log(name: &str, record: &[u8]) -> Vec<u8> {
    let value = field(1, name.as_bytes());
    let key = field(1, super::payloads::NAME_ATTRIBUTE.as_bytes());
    let resource = field(1, &[key, field(2, &value)].concat());
    field(
        1,
        &[field(1, &resource), field(2, &field(2, record))].concat(),
    )
}
