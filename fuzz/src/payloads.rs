//! Bodies of requests.

use bytes::Bytes;
use otelbox_mock_collector::payload::{Encoding, Resources};
use otelbox_mock_collector::signal::Api;
use otelbox_mock_collector::{Payload, PayloadError, Protocol, Signal, json};

/// How large a body may become.
const LIMIT_BYTES: u64 = 1024 * 1024;

/// A body, decompressed, counted, decoded, put into canonical form, written as JSON and read again.
///
/// The first byte chooses signal, protocol and compression; the rest is the body. What is not OTLP has one signal.
///
/// # Panics
///
/// Where a body becomes larger than the limit, where counting and decoding do not agree, or where what was written as
/// JSON says something else.
pub fn payloads(bytes: &[u8]) {
    let Some((&choice, body)) = bytes.split_first() else {
        return;
    };
    let protocol = match (choice >> 6, choice & 4) {
        (1, 0) => Protocol::RemoteWrite1,
        (1, _) => Protocol::RemoteWrite2,
        (2, 0) => Protocol::ZipkinProtobuf,
        (2, _) => Protocol::ZipkinJson,
        (_, 0) => Protocol::HttpProtobuf,
        (_, _) => Protocol::HttpJson,
    };
    let signal = match protocol.api() {
        Api::Otlp => Signal::ALL[usize::from(choice & 3)],
        Api::RemoteWrite => Signal::Metrics,
        Api::Zipkin => Signal::Traces,
    };
    let encoding = match (choice & 8, protocol.api()) {
        (0, _) => Encoding::Identity,
        (_, Api::RemoteWrite) => Encoding::Snappy,
        (_, Api::Otlp | Api::Zipkin) => Encoding::Gzip,
    };
    let wire = Bytes::copy_from_slice(body);
    let Ok(plain) = encoding.decompress(&wire, LIMIT_BYTES) else {
        return;
    };
    assert!(plain.len() as u64 <= LIMIT_BYTES);
    let counted = Payload::count(signal, protocol, &plain);
    let decoded = Payload::decode(signal, protocol, &plain);
    let payload = match (counted, decoded) {
        (Ok(count), Ok(payload)) => {
            assert_eq!(count.items, payload.items(), "{payload:?}");
            payload
        }
        (Err(_), Err(_)) => return,
        (counted, decoded) => panic!("counted: {counted:?}, decoded: {decoded:?}"),
    };
    let resources = Resources::of(signal, protocol, plain);
    let attributes = resources.attributes();
    let digest = payload.digest();
    assert_eq!(payload.canonical().digest(), digest);
    if matches!(payload, Payload::Profiles { .. }) {
        // Counted, not decoded: there is nothing more to say.
        return;
    }
    assert_eq!(attributes, payload.resources());
    let text = json::encode(&payload).to_string();
    let again = match protocol.api() {
        Api::Otlp => json::decode(signal, text.as_bytes()),
        Api::Zipkin => Payload::decode(signal, Protocol::ZipkinJson, text.as_bytes()),
        // That is written to be read by people.
        Api::RemoteWrite => return,
    };
    match again {
        Ok(read) => assert_eq!(read.digest(), digest, "{payload:?}\n{text}"),
        Err(error) => assert!(is_too_deep(&error), "{error}: {text}"),
    }
}

/// JSON takes three levels for what is one in protobuf, and both are limited to about a hundred.
fn is_too_deep(error: &PayloadError) -> bool {
    error.to_string().contains("recursion limit exceeded")
}
