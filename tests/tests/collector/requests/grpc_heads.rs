//! Heads of calls, and what is no call on the port for them.

use otelbox_mock_collector::{Port, Signal};

use super::making::{call, ended, frame, http2, logs_call, raw};
use super::payloads::log_as_protobuf;
use crate::wire::{NAME_FIELD, Request};

const TE: (&str, &str) = ("te", "trailers");
const GRPC: (&str, &str) = ("content-type", "application/grpc");

const CONTENT_TYPES: &[&str] = &[
    "application/grpc+proto",
    "application/grpc+json",
    "application/grpc;charset=utf-8",
    "APPLICATION/GRPC",
    "application/grpc-web",
    "application/x-protobuf",
    "application/json",
    "",
];

const PATHS: &[&str] = &[
    "/opentelemetry.proto.collector.logs.v1.LogsService/export",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Import",
    "/opentelemetry.proto.collector.logs.v1.LogsService/",
    "/opentelemetry.proto.collector.logs.v1.LogsService",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export/",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export?tenant=1",
    "//opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "/opentelemetry.proto.collector.logs.v2.LogsService/Export",
    "/opentelemetry.proto.collector.log.v1.LogService/Export",
    "/Export",
    "/",
    "/v1/logs",
    "/grpc.health.v1.Health/Check",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
];

const TIMEOUTS: &[&str] = &[
    "10S",
    "99999999H",
    "100000000H",
    "10",
    "S",
    "",
    "10s",
    "-1S",
    "1.5S",
    " 10S",
    "0n",
];

pub(super) fn requests() -> Vec<Request> {
    let logs = Signal::Logs.grpc_path();
    let mut requests = Vec::new();
    for content_type in CONTENT_TYPES {
        let name = format!("gRPC head/content-type: {content_type}")
            .trim_end()
            .to_owned();
        let fields = [("content-type", *content_type), TE];
        let body = frame(0, &log_as_protobuf(&name));
        requests.push(http2(&name, Port::Grpc, "POST", logs, &fields, body));
    }
    let name = "gRPC head/no content-type";
    let body = frame(0, &log_as_protobuf(name));
    requests.push(http2(name, Port::Grpc, "POST", logs, &[TE], body));
    for path in PATHS {
        let name = format!("gRPC head/POST {path}");
        requests.push(call(&name, path, &[], frame(0, &log_as_protobuf(&name))));
    }
    for method in ["GET", "PUT", "HEAD", "OPTIONS"] {
        let name = format!("gRPC head/{method}");
        requests.push(http2(&name, Port::Grpc, method, logs, &[GRPC, TE], ""));
    }
    let name = "gRPC head/no te";
    let body = frame(0, &log_as_protobuf(name));
    requests.push(http2(name, Port::Grpc, "POST", logs, &[GRPC], body));
    for timeout in TIMEOUTS {
        let name = format!("gRPC head/grpc-timeout: {timeout}")
            .trim_end()
            .to_owned();
        let body = frame(0, &log_as_protobuf(&name));
        requests.push(logs_call(&name, &[("grpc-timeout", timeout)], body));
    }
    for (what, fields) in [
        ("an unknown reserved field", &[("grpc-future", "value")][..]),
        ("binary metadata", &[("trace-bin", "AP8=")]),
        ("binary metadata without padding", &[("trace-bin", "AP8")]),
        ("binary metadata that is no base64", &[("trace-bin", "!!")]),
        ("credentials", &[("authorization", "Bearer secret")]),
        ("metadata that is not ASCII", &[("x-name", "Jürgen")]),
        ("a content-length that is wrong", &[("content-length", "3")]),
    ] {
        let name = format!("gRPC head/{what}");
        let body = frame(0, &log_as_protobuf(&name));
        requests.push(logs_call(&name, fields, body));
    }
    for (what, length) in [("8 KiB", 8 << 10), ("100 KiB", 100 << 10)] {
        let name = format!("gRPC head/metadata of {what}");
        let long = "x".repeat(length);
        let body = frame(0, &log_as_protobuf(&name));
        requests.push(logs_call(&name, &[("x-long", &long)], body));
    }
    requests.extend(no_calls());
    requests
}

/// What is no call, on the port for calls.
fn no_calls() -> Vec<Request> {
    let port = Port::Grpc;
    let name = "gRPC head/HTTP/1.1";
    let body = log_as_protobuf(name);
    let head = format!(
        "POST /v1/logs HTTP/1.1\r\nhost: collector\r\n{NAME_FIELD}: {name}\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let over_http1 = raw(name, port, [head.as_bytes(), &body].concat());
    let name = "gRPC head/OTLP/HTTP over HTTP/2";
    let protobuf = [("content-type", "application/x-protobuf")];
    let over_http2 = http2(
        name,
        port,
        "POST",
        "/v1/logs",
        &protobuf,
        log_as_protobuf(name),
    );
    let text = ended(raw("gRPC head/no HTTP", port, "hello, Collector\r\n\r\n"));
    let hello = ended(raw(
        "gRPC head/a TLS handshake",
        port,
        &b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"[..],
    ));
    vec![over_http1, over_http2, text, hello]
}
