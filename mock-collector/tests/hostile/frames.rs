//! Frames of HTTP/2, made by hand.

use crate::support::METRICS_CALL;

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Types of frames. Spec: RFC 9113, section 6.
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

// Flags.
pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

// Codes of errors. Spec: RFC 9113, section 7.
pub(crate) const PROTOCOL_ERROR: u32 = 1;
pub(crate) const FLOW_CONTROL_ERROR: u32 = 3;
pub(crate) const FRAME_SIZE_ERROR: u32 = 6;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;

/// A frame, with the stream's number in its last four bytes of the head.
pub(crate) fn http2(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("it is short");
    let [_, length @ ..] = length.to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A field of a header block, as a literal that is not indexed. Spec: RFC 7541, section 6.2.2.
pub(crate) fn field(name: &str, value: &str) -> Vec<u8> {
    [&[0][..], &text(name), &text(value)].concat()
}

/// A text without Huffman's code. Spec: RFC 7541, section 5.2.
pub(crate) fn text(text: &str) -> Vec<u8> {
    let mut bytes = integer(text.len(), 7);
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// An integer with a prefix of so many bits, all others being 0. Spec: RFC 7541, section 5.1.
fn integer(value: usize, prefix_bits: u32) -> Vec<u8> {
    let most = (1 << prefix_bits) - 1;
    let byte = |value: usize| u8::try_from(value).expect("one byte");
    if value < most {
        return vec![byte(value)];
    }
    let mut bytes = vec![byte(most)];
    let mut rest = value - most;
    while rest >= 128 {
        bytes.push(byte(rest % 128 + 128));
        rest /= 128;
    }
    bytes.push(byte(rest));
    bytes
}

/// The head of an export.
pub(crate) fn head() -> Vec<u8> {
    [
        field(":method", "POST"),
        field(":scheme", "http"),
        field(":path", METRICS_CALL),
        field(":authority", "otelbox"),
        field("content-type", "application/grpc"),
        field("te", "trailers"),
    ]
    .concat()
}
