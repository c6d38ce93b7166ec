//! Bodies of HTTP requests: how long they say they are, and how long they are.

use super::compression::padded;
use super::making::{ended, post, request_line};
use super::payloads::log_as_protobuf;
use crate::wire::Request;

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const CHUNKED: (&str, &str) = ("transfer-encoding", "chunked");
const LINE: &str = "POST /v1/logs HTTP/1.1";

/// How a body is put in chunks.
type Chunks = fn(&[u8]) -> Vec<u8>;

const CHUNKS: &[(&str, Chunks)] = &[
    ("one chunk", |body| {
        [&chunk(body)[..], b"0\r\n\r\n"].concat()
    }),
    ("chunks of a byte", |body| {
        let chunks: Vec<Vec<u8>> = body.chunks(1).map(chunk).collect();
        [&chunks.concat()[..], b"0\r\n\r\n"].concat()
    }),
    ("chunks with an extension", |body| {
        let head = format!("{:x};name=value\r\n", body.len());
        [head.as_bytes(), body, b"\r\n0\r\n\r\n"].concat()
    }),
    ("chunks with a trailer", |body| {
        [&chunk(body)[..], b"0\r\nx-checksum: 12\r\n\r\n"].concat()
    }),
    ("a chunk whose size is no number", |body| {
        [b"hello\r\n", body, b"\r\n0\r\n\r\n"].concat()
    }),
    ("a chunk that is longer than it says", |body| {
        let head = format!("{:x}\r\n", body.len() - 2);
        [head.as_bytes(), body, b"\r\n0\r\n\r\n"].concat()
    }),
    ("no chunk at all", |_| b"0\r\n\r\n".to_vec()),
];

fn chunk(body: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n"].concat()
}

pub(super) fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for (what, chunks) in CHUNKS {
        let name = format!("HTTP body/{what}");
        let body = chunks(&log_as_protobuf(&name));
        requests.push(request_line(&name, LINE, &[PROTOBUF, CHUNKED], &body));
    }
    let name = "HTTP body/chunks that break off";
    let body = chunk(&log_as_protobuf(name));
    requests.push(ended(request_line(name, LINE, &[PROTOBUF, CHUNKED], &body)));
    for (what, fields) in [
        (
            "another coding than chunked",
            &[("transfer-encoding", "gzip")][..],
        ),
        ("chunked and a length", &[CHUNKED, ("content-length", "5")]),
        ("a length that is no number", &[("content-length", "five")]),
        ("a negative length", &[("content-length", "-5")]),
        ("a length with a plus", &[("content-length", "+5")]),
        (
            "two lengths that differ",
            &[("content-length", "5"), ("content-length", "6")],
        ),
        (
            "a length beyond all numbers",
            &[("content-length", "99999999999999999999")],
        ),
    ] {
        let name = format!("HTTP body/{what}");
        let all = [&[PROTOBUF], fields].concat();
        let body = [&chunk(b"hello")[..], b"0\r\n\r\n"].concat();
        requests.push(request_line(&name, LINE, &all, &body));
    }
    for (what, lengths) in [("two lengths that agree", 2), ("no length", 0)] {
        let name = format!("HTTP body/{what}");
        let body = log_as_protobuf(&name);
        let length = body.len().to_string();
        let mut fields = vec![PROTOBUF];
        fields.extend(std::iter::repeat_n(
            ("content-length", length.as_str()),
            lengths,
        ));
        requests.push(request_line(&name, LINE, &fields, &body));
    }
    let name = "HTTP body/a body that breaks off";
    let body = log_as_protobuf(name);
    let length = (body.len() + 10).to_string();
    let fields = [PROTOBUF, ("content-length", length.as_str())];
    requests.push(ended(request_line(name, LINE, &fields, &body)));
    let name = "HTTP body/a body that breaks off, of JSON";
    let fields = [
        ("content-type", "application/json"),
        ("content-length", "12"),
    ];
    requests.push(ended(request_line(name, LINE, &fields, b"{}")));
    let name = "HTTP body/21 MiB";
    requests.push(post(name, "/v1/logs", &[PROTOBUF], &padded(name, 21 << 20)));
    requests
}
