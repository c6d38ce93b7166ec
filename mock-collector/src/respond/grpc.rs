//! Answers to OTLP/gRPC calls.
//!
//! Spec: grpc/grpc `doc/PROTOCOL-HTTP2.md`, "Responses".

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use prost::Message;
use tonic::Code;

use super::Answer;
use super::rest::{Padded, gzipped};
use super::rpc_status::{MALFORMED_RETRY_INFO, RpcStatus, details, retry_info};
use crate::fault::{
    FalseCompression, Framing, GrpcAnswer, GrpcCode, MislabelledAnswer, RetryInfo,
    RetryInfoPosition,
};
use crate::receive::grpc::{CallError, frame};

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC_STATUS_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");
const BARE_RETRY_INFO: HeaderName = HeaderName::from_static("google.rpc.retryinfo-bin");

/// OK, with this message.
pub(super) fn success(message: &[u8]) -> Answer {
    if message.is_empty() {
        FULL_SUCCESS.clone()
    } else {
        ok(message)
    }
}

/// `OK` with a message that is compressed.
pub(super) fn compressed_success(message: &[u8]) -> Answer {
    let mut answer = ok(&[]);
    let compressed = gzipped(message);
    answer.body = Some(with_prefix(1, compressed.len() as u64, &compressed));
    answer.headers.insert(GRPC_ENCODING, GZIP);
    answer
}

/// `OK` with a message of which the answer holds the beginning.
pub(super) fn padded_success(padded: &Padded, gzip: bool) -> Answer {
    let mut answer = ok(&[]);
    answer.rest_bytes = padded.rest.length();
    answer.body = Some(with_prefix(
        u8::from(gzip),
        padded.length(),
        &padded.beginning,
    ));
    if gzip {
        answer.headers.insert(GRPC_ENCODING, GZIP);
    }
    answer
}

/// `OK` with a label that does not say the truth about this message.
pub(super) fn mislabelled(mislabelled: &MislabelledAnswer, message: &[u8]) -> Answer {
    let mut answer = ok(message);
    let headers = &mut answer.headers;
    let length = message.len() as u64;
    match mislabelled {
        MislabelledAnswer::ContentType(Some(text)) => {
            // A value that no header can have was refused when the fault was made.
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(header::CONTENT_TYPE, value);
            }
        }
        MislabelledAnswer::ContentType(None) => {
            headers.remove(header::CONTENT_TYPE);
        }
        MislabelledAnswer::Length(wrong) => {
            let wrong = wrong.length(message.len()) as u64;
            answer.body = Some(with_prefix(0, wrong, message));
        }
        MislabelledAnswer::Compression(FalseCompression::NotGzip) => {
            headers.insert(GRPC_ENCODING, GZIP);
            answer.body = Some(with_prefix(1, length, message));
        }
        MislabelledAnswer::Compression(FalseCompression::FlagAlone) => {
            answer.body = Some(with_prefix(1, length, message));
        }
    }
    answer
}

/// The beginning of a frame: whether it is compressed, how long it is, and the first of its bytes.
fn with_prefix(compressed: u8, length: u64, beginning: &[u8]) -> Bytes {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    [&[compressed][..], &length.to_be_bytes(), beginning]
        .concat()
        .into()
}

/// The answer of nearly all calls.
static FULL_SUCCESS: LazyLock<Answer> = LazyLock::new(|| ok(&[]).sharing());

fn ok(message: &[u8]) -> Answer {
    Answer {
        status: StatusCode::OK,
        headers: headers(),
        rest_bytes: 0,
        padding_bytes: 0,
        body: Some(frame(message)),
        trailers: Some(HeaderMap::from_iter([
            (GRPC_STATUS, HeaderValue::from_static("0")),
            (GRPC_MESSAGE, HeaderValue::from_static("")),
        ])),
        grpc_status: Some(GrpcCode::from(Code::Ok)),
        message: None,
        shared: None,
    }
}

/// A status other than OK, as a fault asks for it.
pub(super) fn status(answer: &GrpcAnswer) -> Answer {
    let message = answer.message_text();
    let mut status = status_fields(answer.code, &message);
    match (answer.retry_info, answer.retry_info_position) {
        (RetryInfo::Absent, _) => {}
        (RetryInfo::NotBase64, position) => {
            status.insert(
                details_name(position),
                HeaderValue::from_static("!not*base64!"),
            );
        }
        (RetryInfo::After(delay), RetryInfoPosition::BareTrailer) => {
            status.insert(BARE_RETRY_INFO, binary(&retry_info(delay)));
        }
        (RetryInfo::Malformed, RetryInfoPosition::BareTrailer) => {
            status.insert(BARE_RETRY_INFO, binary(MALFORMED_RETRY_INFO));
        }
        (info, position) => {
            let code = i32::try_from(answer.code.number()).unwrap_or(i32::MAX);
            let details = details(info, position);
            let status_proto = RpcStatus {
                code,
                message: message.clone(),
                details,
            };
            status.insert(GRPC_STATUS_DETAILS, binary(&status_proto.encode_to_vec()));
        }
    }
    framed(StatusCode::OK, status, answer.framing, answer.code, message)
}

/// What grpc-go answers to a call that cannot be served.
pub(super) fn refusal(error: &CallError) -> Answer {
    let (code, message) = (GrpcCode::from(error.code()), error.to_string());
    framed(
        error.http_status(),
        status_fields(code, &message),
        Framing::TrailersOnly,
        code,
        message,
    )
}

fn framed(
    http_status: StatusCode,
    status: HeaderMap,
    framing: Framing,
    code: GrpcCode,
    message: String,
) -> Answer {
    let mut headers = headers();
    let (body, trailers) = match framing {
        Framing::TrailersOnly => {
            headers.extend(status);
            (None, None)
        }
        Framing::HeadersThenTrailers => (None, Some(status)),
        Framing::AfterData => (Some(frame(&[])), Some(status)),
    };
    Answer {
        status: http_status,
        headers,
        rest_bytes: 0,
        padding_bytes: 0,
        body,
        trailers,
        grpc_status: Some(code),
        message: Some(message),
        shared: None,
    }
}

fn headers() -> HeaderMap {
    HeaderMap::from_iter([(header::CONTENT_TYPE, CONTENT_TYPE)])
}

fn status_fields(code: GrpcCode, message: &str) -> HeaderMap {
    HeaderMap::from_iter([
        (GRPC_STATUS, HeaderValue::from(code.number())),
        (GRPC_MESSAGE, percent_encoded(message)),
    ])
}

const fn details_name(position: RetryInfoPosition) -> HeaderName {
    match position {
        RetryInfoPosition::BareTrailer => BARE_RETRY_INFO,
        _ => GRPC_STATUS_DETAILS,
    }
}

/// Binary metadata: base64 without padding, as grpc-go sends it.
fn binary(bytes: &[u8]) -> HeaderValue {
    ascii(STANDARD_NO_PAD.encode(bytes))
}

/// A message as it stands in `grpc-message`: everything but printable ASCII is percent-encoded.
fn percent_encoded(message: &str) -> HeaderValue {
    let mut encoded = String::with_capacity(message.len());
    for byte in message.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            _ => {
                const DIGITS: [char; 16] = [
                    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
                ];
                encoded.push('%');
                encoded.push(DIGITS[usize::from(byte >> 4)]);
                encoded.push(DIGITS[usize::from(byte & 15)]);
            }
        }
    }
    ascii(encoded)
}

/// A header value of printable ASCII.
fn ascii(text: String) -> HeaderValue {
    HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{grpc, secs};

    #[test]
    fn the_three_framings_differ_in_what_is_present() {
        let unavailable = grpc(Code::Unavailable);
        let trailers_only = status(&unavailable);
        assert_eq!(trailers_only.headers["grpc-status"], "14");
        assert_eq!((trailers_only.body, trailers_only.trailers), (None, None));

        let headers_then_trailers =
            status(&unavailable.clone().framing(Framing::HeadersThenTrailers));
        assert!(!headers_then_trailers.headers.contains_key("grpc-status"));
        assert_eq!(headers_then_trailers.body, None);
        assert_eq!(
            headers_then_trailers.trailers.expect("trailers")["grpc-status"],
            "14"
        );

        let after_data = status(&unavailable.framing(Framing::AfterData));
        assert_eq!(after_data.body.expect("a body"), [0_u8; 5].as_slice());
        assert_eq!(after_data.trailers.expect("trailers")["grpc-status"], "14");
    }

    #[test]
    fn tonic_reads_message_and_details_back() {
        let answer = grpc(Code::Unavailable)
            .message("naïve 100 %\n")
            .retry_info(secs(2));
        let headers = status(&answer).headers;
        assert_eq!(headers["grpc-message"], "na%C3%AFve 100 %25%0A");

        let read = tonic::Status::from_header_map(&headers).expect("a status");
        assert_eq!(read.message(), "naïve 100 %\n");
        let details = RpcStatus::decode(read.details()).expect("a google.rpc.Status");
        assert_eq!((details.code, details.details.len()), (14, 1));
        assert_eq!(
            details.details[0].type_url,
            "type.googleapis.com/google.rpc.RetryInfo"
        );
        assert_eq!(details.details[0].value, [0x0a, 2, 0x08, 2]);
    }

    #[test]
    fn retry_info_stands_where_it_was_asked_for() {
        let at = |position| {
            let answer = grpc(Code::Unavailable)
                .retry_info(secs(1))
                .retry_info_position(position);
            let headers = status(&answer).headers;
            let details = headers.get("grpc-status-details-bin").map(|value| {
                let bytes = STANDARD_NO_PAD.decode(value).expect("base64");
                let details = RpcStatus::decode(bytes.as_slice())
                    .expect("a google.rpc.Status")
                    .details;
                details
                    .iter()
                    .position(|detail| detail.type_url.ends_with("RetryInfo"))
            });
            (details, headers.contains_key("google.rpc.retryinfo-bin"))
        };
        assert_eq!(at(RetryInfoPosition::Only), (Some(Some(0)), false));
        assert_eq!(at(RetryInfoPosition::First), (Some(Some(0)), false));
        assert_eq!(at(RetryInfoPosition::Middle), (Some(Some(1)), false));
        assert_eq!(at(RetryInfoPosition::Last), (Some(Some(2)), false));
        assert_eq!(at(RetryInfoPosition::BareTrailer), (None, true));
    }
}
