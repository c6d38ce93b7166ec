//! Requests, made out of what is special about them.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use otelbox_mock_collector::{Port, Signal};

use crate::wire::{NAME_FIELD, Request, Wire};

/// A `POST` over HTTP/1.1 with these fields, and the length of its body.
pub(crate) fn post(name: &str, path: &str, fields: &[(&str, &str)], body: &[u8]) -> Request {
    let mut fields = fields.to_vec();
    let length = body.len().to_string();
    fields.push(("content-length", &length));
    request_line(name, &format!("POST {path} HTTP/1.1"), &fields, body)
}

/// A `POST` of protobuf.
pub(crate) fn protobuf(name: &str, path: &str, body: &[u8]) -> Request {
    post(
        name,
        path,
        &[("content-type", "application/x-protobuf")],
        body,
    )
}

/// A `POST` of JSON.
pub(crate) fn json(name: &str, path: &str, body: &str) -> Request {
    post(
        name,
        path,
        &[("content-type", "application/json")],
        body.as_bytes(),
    )
}

/// A request with this first line, a host, its name, and these fields.
pub(crate) fn request_line(
    name: &str,
    line: &str,
    fields: &[(&str, &str)],
    body: &[u8],
) -> Request {
    let mut text = format!("{line}\r\nhost: collector\r\n{NAME_FIELD}: {name}\r\n");
    for &(field, value) in fields {
        text.extend([field, ": ", value, "\r\n"]);
    }
    text.push_str("\r\n");
    let mut request = raw(name, Port::Http, [text.as_bytes(), body].concat());
    if let Wire::Raw { is_head, .. } = &mut request.wire {
        *is_head = line.starts_with("HEAD ");
    }
    request
}

/// These bytes.
pub(crate) fn raw(name: &str, port: Port, bytes: impl Into<Bytes>) -> Request {
    Request {
        name: name.to_owned(),
        port,
        wire: Wire::Raw {
            bytes: bytes.into(),
            ends: false,
            is_head: false,
        },
    }
}

/// The same, and the client says that no more will come.
pub(crate) fn ended(mut request: Request) -> Request {
    match &mut request.wire {
        Wire::Raw { ends, .. } | Wire::Http2 { ends, .. } => *ends = true,
    }
    request
}

/// The same, and the client sends its stream not to its end.
pub(crate) fn open(mut request: Request) -> Request {
    match &mut request.wire {
        Wire::Raw { ends, .. } | Wire::Http2 { ends, .. } => *ends = false,
    }
    request
}

/// A stream of HTTP/2.
pub(crate) fn http2(
    name: &str,
    port: Port,
    method: &str,
    path: &str,
    fields: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Request {
    let mut head = http::Request::builder()
        .method(method)
        .uri(format!("http://collector{path}"))
        .version(http::Version::HTTP_2)
        .header(NAME_FIELD, name);
    for (field, value) in fields {
        head = head.header(*field, *value);
    }
    Request {
        name: name.to_owned(),
        port,
        wire: Wire::Http2 {
            head: Box::new(head.body(()).expect("a head that HTTP/2 knows")),
            body: body.into(),
            ends: true,
        },
    }
}

/// A call with the head that every client sends, and these fields besides.
pub(crate) fn call(
    name: &str,
    path: &str,
    fields: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Request {
    let mut all = vec![("content-type", "application/grpc"), ("te", "trailers")];
    all.extend_from_slice(fields);
    http2(name, Port::Grpc, "POST", path, &all, body)
}

/// The call of an export of logs.
pub(crate) fn logs_call(name: &str, fields: &[(&str, &str)], body: impl Into<Bytes>) -> Request {
    call(name, Signal::Logs.grpc_path(), fields, body)
}

/// A message in its frame.
pub(crate) fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a message of a test");
    [&[flag][..], &length.to_be_bytes(), message].concat()
}

pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(plain)
        .and_then(|()| encoder.finish())
        .expect("memory takes it")
}

/// A field of protobuf that has a length.
pub(crate) fn field(number: u32, content: &[u8]) -> Vec<u8> {
    let mut field = Vec::new();
    prost::encoding::encode_key(
        number,
        prost::encoding::WireType::LengthDelimited,
        &mut field,
    );
    prost::encoding::encode_varint(content.len() as u64, &mut field);
    field.extend_from_slice(content);
    field
}
