//! Compressed bodies, and bodies that say so.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};

use super::making::{frame, gzip, logs_call, post};
use super::payloads::log_as_protobuf;
use crate::wire::Request;

const LOGS: &str = "/v1/logs";

/// What is said, and how a body is made.
type Compressed = (&'static str, &'static str, fn(&[u8]) -> Vec<u8>);

const BODIES: &[Compressed] = &[
    ("gzip", "gzip", gzip),
    ("gzip of two members", "gzip", |plain| {
        let (one, other) = plain.split_at(plain.len() / 2);
        [gzip(one), gzip(other)].concat()
    }),
    ("gzip with bytes after it", "gzip", |plain| {
        [gzip(plain), b"hello".to_vec()].concat()
    }),
    ("gzip that breaks off", "gzip", |plain| {
        let mut whole = gzip(plain);
        whole.truncate(whole.len() - 10);
        whole
    }),
    ("gzip with a wrong checksum", "gzip", |plain| {
        let mut whole = gzip(plain);
        let place = whole.len() - 8;
        whole[place] ^= 1;
        whole
    }),
    ("a plain body that says gzip", "gzip", <[u8]>::to_vec),
    ("no bytes that say gzip", "gzip", |_| Vec::new()),
    ("gzip of nothing", "gzip", |_| gzip(&[])),
    ("gzip that says nothing", "", gzip),
    ("gzip in upper case", "GZIP", gzip),
    ("x-gzip", "x-gzip", gzip),
    ("identity", "identity", <[u8]>::to_vec),
    ("deflate, which is zlib", "deflate", zlib),
    ("deflate without zlib", "deflate", |plain| {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder
            .write_all(plain)
            .and_then(|()| encoder.finish())
            .expect("memory takes it")
    }),
    ("zlib", "zlib", zlib),
    ("zstd", "zstd", zstd),
    ("snappy", "snappy", snappy),
    ("lz4", "lz4", lz4),
    ("br", "br", <[u8]>::to_vec),
    ("an encoding that nobody knows", "rot13", <[u8]>::to_vec),
];

/// More than a receiver takes, however small it comes.
const TOO_LARGE: usize = 65 * 1024 * 1024;

/// More than the Collector takes by default, and not more than OTLP's receivers may.
const LARGE: usize = 21 * 1024 * 1024;

pub(super) fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for (what, encoding, compress) in BODIES {
        let name = format!("compression/{what}, over HTTP");
        let mut fields = vec![("content-type", "application/x-protobuf")];
        if !encoding.is_empty() {
            fields.push(("content-encoding", encoding));
        }
        let body = compress(&log_as_protobuf(&name));
        requests.push(post(&name, LOGS, &fields, &body));
    }
    let name = "compression/gzip of JSON, over HTTP";
    let body = super::payloads::log(name, super::payloads::BODY);
    let fields = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    requests.push(post(name, LOGS, &fields, &gzip(body.as_bytes())));
    let name = "compression/gzip twice, over HTTP";
    let fields = [
        ("content-type", "application/x-protobuf"),
        ("content-encoding", "gzip, gzip"),
    ];
    requests.push(post(
        name,
        LOGS,
        &fields,
        &gzip(&gzip(&log_as_protobuf(name))),
    ));
    for (what, length) in [("21 MiB", LARGE), ("65 MiB", TOO_LARGE)] {
        let name = format!("compression/gzip of {what}, over HTTP");
        let fields = [
            ("content-type", "application/x-protobuf"),
            ("content-encoding", "gzip"),
        ];
        requests.push(post(&name, LOGS, &fields, &gzip(&padded(&name, length))));
    }
    requests.extend(calls());
    requests
}

fn calls() -> Vec<Request> {
    let mut requests = Vec::new();
    for (what, encoding, compress) in BODIES {
        let name = format!("compression/{what}, over gRPC");
        let fields: Vec<(&str, &str)> = match *encoding {
            "" => vec![],
            encoding => vec![("grpc-encoding", encoding)],
        };
        let body = compress(&log_as_protobuf(&name));
        requests.push(logs_call(&name, &fields, frame(1, &body)));
    }
    let gzip_field = [("grpc-encoding", "gzip")];
    let name = "compression/gzip that the flag does not tell, over gRPC";
    let body = frame(0, &gzip(&log_as_protobuf(name)));
    requests.push(logs_call(name, &gzip_field, body));
    let name = "compression/a plain message beside gzip, over gRPC";
    requests.push(logs_call(
        name,
        &gzip_field,
        frame(0, &log_as_protobuf(name)),
    ));
    let name = "compression/a plain message beside an unknown encoding, over gRPC";
    let body = frame(0, &log_as_protobuf(name));
    requests.push(logs_call(name, &[("grpc-encoding", "rot13")], body));
    let name = "compression/a plain message, and gzip is welcome, over gRPC";
    let body = frame(0, &log_as_protobuf(name));
    requests.push(logs_call(name, &[("grpc-accept-encoding", "gzip")], body));
    let name = "compression/gzip, and only identity is welcome, over gRPC";
    let fields = [
        ("grpc-encoding", "gzip"),
        ("grpc-accept-encoding", "identity"),
    ];
    requests.push(logs_call(
        name,
        &fields,
        frame(1, &gzip(&log_as_protobuf(name))),
    ));
    for (what, length) in [("5 MiB", 5 * 1024 * 1024), ("65 MiB", TOO_LARGE)] {
        let name = format!("compression/gzip of {what}, over gRPC");
        let body = frame(1, &gzip(&padded(&name, length)));
        requests.push(logs_call(&name, &gzip_field, body));
    }
    requests
}

/// A log record with an unknown field so long that the whole has this length, about.
pub(super) fn padded(name: &str, length: usize) -> Vec<u8> {
    let padding = super::making::field(99, &vec![0; length]);
    [log_as_protobuf(name), padding].concat()
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(plain)
        .and_then(|()| encoder.finish())
        .expect("memory takes it")
}

/// A frame of one block that is not compressed.
///
/// Spec: RFC 8878, "Zstandard Frames".
fn zstd(plain: &[u8]) -> Vec<u8> {
    let length = u8::try_from(plain.len()).expect("a short payload");
    let last_raw_block = u32::from(length) << 3 | 1;
    let head = [0x28, 0xb5, 0x2f, 0xfd, 0x20, length];
    [&head, &last_raw_block.to_le_bytes()[..3], plain].concat()
}

/// A block of one literal.
///
/// Spec: google/snappy `format_description.txt`.
fn snappy(plain: &[u8]) -> Vec<u8> {
    let length = u8::try_from(plain.len()).expect("a short payload");
    let mut block = Vec::new();
    prost::encoding::encode_varint(length.into(), &mut block);
    block.extend_from_slice(&[60 << 2, length - 1]);
    block.extend_from_slice(plain);
    block
}

/// A frame of one block that is not compressed.
///
/// Spec: lz4/lz4 `lz4_Frame_format.md`.
fn lz4(plain: &[u8]) -> Vec<u8> {
    let length = u32::try_from(plain.len()).expect("a short payload");
    let block = (length | 1 << 31).to_le_bytes();
    let head = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82];
    [&head, &block[..], plain, &[0; 4]].concat()
}
