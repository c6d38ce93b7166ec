//! What an upstream's answer says.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::fields::end_to_end;
use crate::fault::GrpcCode;
use crate::journal::Accepted;
use crate::payload::{Counted, Encoding};
use crate::receive::{grpc, http as otlp_http};
use crate::respond::{Answer, rejected, written};
use crate::signal::Protocol;

/// An upstream's answer as it goes back.
pub(super) fn answer(
    status: StatusCode,
    headers: HeaderMap,
    body: Option<Bytes>,
    trailers: Option<HeaderMap>,
) -> Answer {
    let fields = trailers
        .as_ref()
        .filter(|trailers| trailers.contains_key("grpc-status"))
        .unwrap_or(&headers);
    let grpc_status = fields
        .get("grpc-status")
        .and_then(|code| code.to_str().ok()?.parse().ok())
        .map(GrpcCode::new);
    let message = tonic::Status::from_header_map(fields)
        .map(|status| status.message().to_owned())
        .filter(|message| !message.is_empty());
    Answer {
        status,
        headers: end_to_end(headers),
        body,
        rest_bytes: 0,
        trailers,
        padding_bytes: 0,
        grpc_status,
        message,
        shared: None,
    }
}

/// What an upstream took of an export, as its answer has it.
///
/// A success whose message cannot be read (an unknown compression, or no OTLP message) took all: nothing says otherwise.
pub(crate) fn accepted(
    answer: &Answer,
    protocol: Protocol,
    sent: Counted,
    limit_bytes: usize,
) -> Accepted {
    if protocol == Protocol::RemoteWrite2 {
        return written(answer, sent);
    }
    let is_success = match protocol {
        Protocol::Grpc => {
            answer.status == StatusCode::OK && answer.grpc_status == Some(GrpcCode::new(0))
        }
        _ => answer.status.is_success(),
    };
    if !is_success {
        return Accepted::No;
    }
    match message(answer, protocol, limit_bytes)
        .and_then(|(message, protocol)| rejected(&message, protocol))
    {
        None | Some(0) => Accepted::All,
        Some(rejected) => Accepted::Partial { rejected },
    }
}

/// What a receiver of remote write 2.0 wrote: it says so itself, whatever its status is. One that says nothing wrote nothing.
///
/// Spec: Prometheus Remote-Write 2.0, "Required Written Response Headers".
fn written(answer: &Answer, sent: Counted) -> Accepted {
    match written::items(&answer.headers) {
        None => Accepted::No,
        Some(0) if sent.items > 0 => Accepted::No,
        Some(items) if items >= sent.items => Accepted::All,
        Some(items) => Accepted::Partial {
            rejected: i64::try_from(sent.items - items).unwrap_or(i64::MAX),
        },
    }
}

/// The message without frame and compression, and how it is encoded.
fn message(answer: &Answer, protocol: Protocol, limit_bytes: usize) -> Option<(Bytes, Protocol)> {
    let body = answer.body.as_ref()?;
    let (wire, header) = match protocol {
        Protocol::Grpc => {
            let framed = grpc::deframe(body);
            if !framed.compressed {
                return Some((framed.message, protocol));
            }
            (framed.message, "grpc-encoding")
        }
        _ => (body.clone(), "content-encoding"),
    };
    let encoding = match answer.headers.get(header) {
        Some(name) => Encoding::from_name(name.to_str().ok()?)?,
        None => Encoding::Identity,
    };
    let limit_bytes = u64::try_from(limit_bytes).unwrap_or(u64::MAX);
    let plain = encoding.decompress(&wire, limit_bytes).ok()?;
    let encoded_as = match protocol {
        Protocol::Grpc => Protocol::Grpc,
        Protocol::HttpProtobuf | Protocol::HttpJson => {
            otlp_http::protocol(&answer.headers).unwrap_or(protocol)
        }
        // Their answers have no message.
        Protocol::RemoteWrite1
        | Protocol::RemoteWrite2
        | Protocol::ZipkinJson
        | Protocol::ZipkinProtobuf => return None,
    };
    Some((plain, encoded_as))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const LIMIT: usize = 1 << 20;

    fn over_http(status: u16, content_type: &'static str, body: &'static [u8]) -> Answer {
        let headers = HeaderMap::from_iter([(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static(content_type),
        )]);
        let status = StatusCode::from_u16(status).expect("a status");
        answer(status, headers, Some(Bytes::from_static(body)), None)
    }

    fn over_grpc(body: Option<&'static [u8]>, code: Option<&'static str>) -> Answer {
        let trailers = code.map(|code| {
            HeaderMap::from_iter([(
                http::HeaderName::from_static("grpc-status"),
                HeaderValue::from_static(code),
            )])
        });
        let body = body.map(Bytes::from_static);
        answer(StatusCode::OK, HeaderMap::new(), body, trailers)
    }

    #[test]
    fn only_a_success_takes_a_payload() {
        let protobuf = "application/x-protobuf";
        for (answer, protocol, expected) in [
            (
                over_http(200, protobuf, b""),
                Protocol::HttpProtobuf,
                Accepted::All,
            ),
            (
                over_http(202, "text/plain", b"ok"),
                Protocol::HttpJson,
                Accepted::All,
            ),
            (
                over_http(503, protobuf, b""),
                Protocol::HttpProtobuf,
                Accepted::No,
            ),
            (
                over_http(302, protobuf, b""),
                Protocol::HttpProtobuf,
                Accepted::No,
            ),
            (
                over_grpc(Some(&[0, 0, 0, 0, 0]), Some("0")),
                Protocol::Grpc,
                Accepted::All,
            ),
            (over_grpc(None, Some("14")), Protocol::Grpc, Accepted::No),
            // Without a status it is no success, whatever stands in the body.
            (
                over_grpc(Some(&[0, 0, 0, 0, 0]), None),
                Protocol::Grpc,
                Accepted::No,
            ),
        ] {
            assert_eq!(
                accepted(&answer, protocol, Counted::default(), LIMIT),
                expected,
                "{answer:?}"
            );
        }
    }

    #[test]
    fn a_partial_success_is_read_in_every_encoding() {
        let expected = Accepted::Partial { rejected: 3 };
        let json = "application/json";
        for body in [
            &br#"{"partialSuccess":{"rejectedDataPoints":"3"}}"#[..],
            br#"{"partialSuccess":{"rejectedSpans":3}}"#,
            br#"{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"x"}}"#,
        ] {
            let answer = over_http(200, json, body);
            assert_eq!(
                accepted(&answer, Protocol::HttpJson, Counted::default(), LIMIT),
                expected
            );
        }
        // JSON in answer to protobuf: the answer's own content type counts.
        let answer = over_http(200, json, br#"{"partialSuccess":{"rejectedSpans":3}}"#);
        assert_eq!(
            accepted(&answer, Protocol::HttpProtobuf, Counted::default(), LIMIT),
            expected
        );
        let protobuf = over_http(200, "application/x-protobuf", &[0x0a, 2, 8, 3]);
        assert_eq!(
            accepted(&protobuf, Protocol::HttpProtobuf, Counted::default(), LIMIT),
            expected
        );
        let framed = over_grpc(Some(&[0, 0, 0, 0, 4, 0x0a, 2, 8, 3]), Some("0"));
        assert_eq!(
            accepted(&framed, Protocol::Grpc, Counted::default(), LIMIT),
            expected
        );
        let nothing_rejected = over_http(200, json, br#"{"partialSuccess":{}}"#);
        assert_eq!(
            accepted(
                &nothing_rejected,
                Protocol::HttpJson,
                Counted::default(),
                LIMIT
            ),
            Accepted::All
        );
    }
}
