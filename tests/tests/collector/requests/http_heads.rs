//! Heads of HTTP requests that no exporter should send, or that one might.

use otelbox_mock_collector::{Port, Signal};

use super::making::{ended, http2, post, raw, request_line};
use super::payloads::log_as_protobuf;
use crate::wire::{NAME_FIELD, Request};

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

const CONTENT_TYPES: &[&str] = &[
    "application/x-protobuf; charset=utf-8",
    "application/x-protobuf;",
    "Application/X-Protobuf",
    "application/x-protobuf; =",
    "application/x-protobuf; a=1; a=2",
    "application/protobuf",
    "application/octet-stream",
    "application/grpc",
    "application/x-protobuf, application/json",
    "text/plain",
    "*/*",
];

const TARGETS: &[&str] = &[
    "/",
    "/v1/log",
    "/v1/logs/",
    "/v1/logs?tenant=1",
    "/v1/logs#fragment",
    "//v1/logs",
    "/v1//logs",
    "/v1/./logs",
    "/v1/../v1/logs",
    "/V1/LOGS",
    "/v1/%6cogs",
    "/v1/l%6",
    "/v1development/logs",
    "/v1/profiles",
    "http://collector/v1/logs",
    "http://other/v1/logs",
    "*",
];

const METHODS: &[&str] = &[
    "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "post", "EXPORT",
];

pub(super) fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for content_type in CONTENT_TYPES {
        let name = format!("HTTP head/content-type: {content_type}");
        let fields = [("content-type", *content_type)];
        requests.push(post(&name, "/v1/logs", &fields, &log_as_protobuf(&name)));
    }
    let name = "HTTP head/no content-type";
    requests.push(post(name, "/v1/logs", &[], &log_as_protobuf(name)));
    let name = "HTTP head/two content-types";
    let fields = [PROTOBUF, ("content-type", "application/json")];
    requests.push(post(name, "/v1/logs", &fields, &log_as_protobuf(name)));
    let name = "HTTP head/JSON in JSON with a charset";
    let fields = [("content-type", "application/json; charset=\"utf-8\"")];
    let body = super::payloads::log(name, super::payloads::BODY);
    requests.push(post(name, "/v1/logs", &fields, body.as_bytes()));
    for target in TARGETS {
        let name = format!("HTTP head/POST {target}");
        requests.push(post(&name, target, &[PROTOBUF], &log_as_protobuf(&name)));
    }
    for method in METHODS {
        let name = format!("HTTP head/{method}");
        let line = format!("{method} /v1/logs HTTP/1.1");
        requests.push(request_line(&name, &line, &[PROTOBUF], &[]));
    }
    let name = "HTTP head/GET of nothing";
    requests.push(request_line(name, "GET / HTTP/1.1", &[], &[]));
    let name = "HTTP head/CONNECT";
    requests.push(request_line(
        name,
        "CONNECT collector:4318 HTTP/1.1",
        &[],
        &[],
    ));
    let name = "HTTP head/OPTIONS *";
    requests.push(request_line(name, "OPTIONS * HTTP/1.1", &[], &[]));
    requests.extend(cross_origin());
    requests.extend(with_fields());
    requests.extend(versions());
    requests
}

/// What a browser sends.
fn cross_origin() -> Vec<Request> {
    let origin = ("origin", "https://shop.example");
    let name = "HTTP head/a page of another origin";
    let post = post(
        name,
        "/v1/logs",
        &[PROTOBUF, origin],
        &log_as_protobuf(name),
    );
    let preflight = request_line(
        "HTTP head/a preflight",
        "OPTIONS /v1/logs HTTP/1.1",
        &[
            origin,
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ],
        &[],
    );
    vec![post, preflight]
}

/// Fields that mean something to HTTP.
fn with_fields() -> Vec<Request> {
    let mut requests = Vec::new();
    for (what, fields) in [
        (
            "answers in JSON are asked for",
            &[("accept", "application/json")][..],
        ),
        ("answers may be compressed", &[("accept-encoding", "gzip")]),
        ("the connection is to be closed", &[("connection", "close")]),
        ("an expectation", &[("expect", "100-continue")]),
        ("an unknown expectation", &[("expect", "200-ok")]),
        (
            "an upgrade to HTTP/2",
            &[
                ("connection", "Upgrade, HTTP2-Settings"),
                ("upgrade", "h2c"),
                ("http2-settings", "AAMAAABkAAQAAP__"),
            ],
        ),
        (
            "an upgrade to a WebSocket",
            &[("connection", "upgrade"), ("upgrade", "websocket")],
        ),
        ("credentials", &[("authorization", "Bearer secret")]),
        ("an empty field", &[("x-empty", "")]),
        ("a field that is not ASCII", &[("x-name", "Jürgen")]),
        ("two hosts", &[("host", "other")]),
        ("a name of a field with a space", &[("x name", "value")]),
        ("a space before the colon", &[("x-name ", "value")]),
        ("a field without a name", &[("", "value")]),
        ("a folded field", &[("x-folded", "one\r\n two")]),
        ("a zero byte in a field", &[("x-zero", "a\0b")]),
        ("a bare CR in a field", &[("x-return", "a\rb")]),
    ] {
        let name = format!("HTTP head/{what}");
        let all = [&[PROTOBUF], fields].concat();
        requests.push(post(&name, "/v1/logs", &all, &log_as_protobuf(&name)));
    }
    for (what, length) in [
        ("8 KiB", 8 << 10),
        ("300 KiB", 300 << 10),
        ("2 MiB", 2 << 20),
    ] {
        let name = format!("HTTP head/a field of {what}");
        let long = "x".repeat(length);
        let fields = [PROTOBUF, ("x-long", long.as_str())];
        requests.push(post(&name, "/v1/logs", &fields, &log_as_protobuf(&name)));
    }
    let name = "HTTP head/ninety fields";
    let names: Vec<String> = (0..90).map(|number| format!("x-{number}")).collect();
    let mut fields = vec![PROTOBUF];
    fields.extend(names.iter().map(|name| (name.as_str(), "value")));
    requests.push(post(name, "/v1/logs", &fields, &log_as_protobuf(name)));
    requests
}

/// Versions of HTTP, and what is none.
fn versions() -> Vec<Request> {
    let mut requests = Vec::new();
    for version in ["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "HTTP/x"] {
        let name = format!("HTTP head/{version}");
        let body = log_as_protobuf(&name);
        let length = body.len().to_string();
        let line = format!("POST /v1/logs {version}");
        let fields = [PROTOBUF, ("content-length", &length)];
        requests.push(request_line(&name, &line, &fields, &body));
    }
    let text = |name: &str, head: &str| {
        let body = log_as_protobuf(name);
        let head = format!(
            "{head}{NAME_FIELD}: {name}\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        raw(name, Port::Http, [head.as_bytes(), &body].concat())
    };
    requests.push(text("HTTP head/no host", "POST /v1/logs HTTP/1.1\r\n"));
    requests.push(text(
        "HTTP head/an empty line before it",
        "\r\nPOST /v1/logs HTTP/1.1\r\nhost: collector\r\n",
    ));
    requests.push(text(
        "HTTP head/lines that end with LF alone",
        "POST /v1/logs HTTP/1.1\nhost: collector\n",
    ));
    requests.push(text(
        "HTTP head/a line without a colon",
        "POST /v1/logs HTTP/1.1\r\nhost: collector\r\nhello\r\n",
    ));
    requests.push(text(
        "HTTP head/two spaces in the first line",
        "POST  /v1/logs HTTP/1.1\r\nhost: collector\r\n",
    ));
    requests.push(text(
        "HTTP head/no version",
        "POST /v1/logs\r\nhost: collector\r\n",
    ));
    requests.push(ended(raw(
        "HTTP head/no HTTP",
        Port::Http,
        "hello, Collector\r\n\r\n",
    )));
    requests.push(ended(raw("HTTP head/no bytes", Port::Http, "")));
    requests.push(ended(raw(
        "HTTP head/a head that breaks off",
        Port::Http,
        "POST /v1/logs HTTP/1.1\r\nhost: coll",
    )));
    requests.extend(over_http2());
    requests
}

/// HTTP/2 with prior knowledge, on the port for OTLP/HTTP.
fn over_http2() -> Vec<Request> {
    let port = Port::Http;
    let name = "HTTP head/HTTP/2";
    let export = http2(
        name,
        port,
        "POST",
        "/v1/logs",
        &[PROTOBUF],
        log_as_protobuf(name),
    );
    let name = "HTTP head/HTTP/2, GET";
    let get = http2(name, port, "GET", "/v1/logs", &[], "");
    let name = "HTTP head/HTTP/2, an unknown path";
    let unknown = http2(name, port, "POST", "/v1/log", &[PROTOBUF], "");
    let name = "HTTP head/a gRPC call";
    let message = super::making::frame(0, &log_as_protobuf(name));
    let fields = [("content-type", "application/grpc"), ("te", "trailers")];
    let path = Signal::Logs.grpc_path();
    let call = http2(name, port, "POST", path, &fields, message);
    vec![export, get, unknown, call]
}
