//! Answers to HTTP requests.
//!
//! Spec: OTLP 1.11.0, "OTLP/HTTP Response"; Prometheus Remote-Write 2.0, "Response".

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use prost::Message;
use serde_json::json;

use super::Answer;
use super::rest::{Padded, gzipped};
use super::rpc_status::{RpcStatus, code_of_http_status};
use super::written;
use crate::fault::{
    AnswerBody, GrpcCode, HttpAnswer, MislabelledAnswer, NotGrpc, RetryAfter, SignedDuration,
};
use crate::payload::Counted;
use crate::receive::http::RequestError;
use crate::receive::remote_write::WriteError;
use crate::receive::zipkin::SpansError;
use crate::signal::{Api, Protocol};

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain");
const TEXT_UTF8: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// As Zipkin's server writes it.
const ANY_TEXT: HeaderValue = HeaderValue::from_static("text/*");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");
const HTML: HeaderValue = HeaderValue::from_static("text/html");

/// A success with this message, in the encoding of the request: 200. Zipkin's server answers 202, and Prometheus, which has
/// nothing to say, 204; over remote write 2.0 the answer says how much was written.
pub(super) fn success(message: Bytes, protocol: Protocol, written: Counted) -> Answer {
    let status = match protocol.api() {
        Api::RemoteWrite if message.is_empty() => StatusCode::NO_CONTENT,
        Api::Otlp | Api::RemoteWrite => StatusCode::OK,
        Api::Zipkin => StatusCode::ACCEPTED,
    };
    success_with_status(status, message, protocol, written)
}

/// The same with this status of success.
fn success_with_status(
    status: StatusCode,
    message: Bytes,
    protocol: Protocol,
    written: Counted,
) -> Answer {
    let mut success = if !protocol.is_otlp() && (message.is_empty() || allows_no_body(status)) {
        without_body(status)
    } else {
        answer(status, encoding(protocol), message)
    };
    if protocol == Protocol::RemoteWrite2 {
        written::insert(&mut success.headers, written);
    }
    success
}

/// A write of which so much was written, with the status that says so and this text.
///
/// Spec: Prometheus Remote-Write 2.0, "Partial Write" (MUST): no status of success. 1.0 has no numbers.
pub(super) fn partial_write(
    status: StatusCode,
    text: &str,
    protocol: Protocol,
    written: Counted,
) -> Answer {
    let mut partial = if status.is_success() && text.is_empty() {
        without_body(status)
    } else {
        go_text(status, text)
    };
    if protocol == Protocol::RemoteWrite2 {
        written::insert(&mut partial.headers, written);
    }
    if allows_no_body(status) {
        partial.headers.remove(header::CONTENT_LENGTH);
        partial.headers.remove(header::CONTENT_TYPE);
        partial.body = None;
    }
    partial
}

/// 200 with a message that is compressed.
pub(super) fn compressed_success(message: &[u8], protocol: Protocol) -> Answer {
    let mut answer = success(gzipped(message), protocol, Counted::default());
    answer.headers.insert(header::CONTENT_ENCODING, GZIP);
    answer
}

/// 200 with a body of which the answer holds the beginning. Without an announced length the end of the body tells it.
pub(super) fn padded_success(
    padded: &Padded,
    gzip: bool,
    announced: bool,
    protocol: Protocol,
    written: Counted,
) -> Answer {
    let mut answer = success(padded.beginning.clone(), protocol, written);
    if !protocol.is_otlp() && padded.length() > 0 {
        // What is long has a body, even where the beginning of it is empty.
        answer.status = StatusCode::OK;
        answer.body = Some(padded.beginning.clone());
        answer
            .headers
            .insert(header::CONTENT_TYPE, encoding(protocol));
    }
    answer.rest_bytes = padded.rest.length();
    if announced {
        answer
            .headers
            .insert(header::CONTENT_LENGTH, HeaderValue::from(padded.length()));
    } else {
        answer.headers.remove(header::CONTENT_LENGTH);
    }
    if gzip {
        answer.headers.insert(header::CONTENT_ENCODING, GZIP);
    }
    answer
}

/// 200 with a label that does not say the truth about this message.
pub(super) fn mislabelled(
    mislabelled: &MislabelledAnswer,
    message: Bytes,
    protocol: Protocol,
    written: Counted,
) -> Answer {
    let length = message.len();
    let mut answer = success(message, protocol, written);
    let headers = &mut answer.headers;
    match mislabelled {
        MislabelledAnswer::ContentType(Some(text)) => insert(headers, header::CONTENT_TYPE, text),
        MislabelledAnswer::ContentType(None) => {
            headers.remove(header::CONTENT_TYPE);
        }
        MislabelledAnswer::Length(wrong) => {
            headers.insert(
                header::CONTENT_LENGTH,
                HeaderValue::from(wrong.length(length)),
            );
        }
        MislabelledAnswer::Compression(_) => {
            headers.insert(header::CONTENT_ENCODING, GZIP);
        }
    }
    answer
}

/// A status as a fault asks for it. `message` is the response of an export, for statuses of success.
pub(super) fn status(
    asked: &HttpAnswer,
    message: Bytes,
    protocol: Protocol,
    wall_unix_nano: u64,
    written: Counted,
) -> Answer {
    let status = StatusCode::from_u16(asked.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = asked.message_text();
    let mut answer = match asked.body {
        AnswerBody::Status if status.is_success() => {
            success_with_status(status, message, protocol, written)
        }
        AnswerBody::Status => status_body(status, asked.code, &text, protocol),
        AnswerBody::Json => status_body(status, asked.code, &text, Protocol::HttpJson),
        AnswerBody::Text => answer(status, TEXT, text.into()),
        AnswerBody::Html => answer(
            status,
            HTML,
            format!("<html><body><h1>{status}</h1>{text}</body></html>").into(),
        ),
        AnswerBody::Empty => without_body(status),
    };
    if allows_no_body(status) && answer.body.is_some() {
        answer = without_body(status);
    }
    if let Some(retry_after) = &asked.retry_after {
        insert(
            &mut answer.headers,
            header::RETRY_AFTER,
            &retry_after_text(retry_after, wall_unix_nano),
        );
    }
    if let Some(location) = &asked.location {
        insert(&mut answer.headers, header::LOCATION, location);
    }
    answer
}

/// What the Collector answers to a request that cannot be served.
pub(super) fn refusal(error: &RequestError, protocol: Option<Protocol>) -> Answer {
    let text = error.to_string();
    match protocol {
        Some(protocol) if !error.is_plain_text() => {
            status_body(error.status(), None, &text, protocol)
        }
        _ => {
            let not_found = *error == RequestError::Path;
            let mut refusal = answer(
                error.status(),
                if not_found { TEXT_UTF8 } else { TEXT },
                text.into(),
            );
            if not_found {
                refusal.headers.insert(
                    header::X_CONTENT_TYPE_OPTIONS,
                    HeaderValue::from_static("nosniff"),
                );
            }
            refusal
        }
    }
}

/// What Prometheus answers to a write that cannot be served.
pub(super) fn write_refusal(error: &WriteError, protocol: Option<Protocol>) -> Answer {
    let mut refusal = Answer {
        message: Some(error.to_string()),
        ..go_text(error.status(), &error.to_string())
    };
    match error {
        WriteError::Method => {
            let methods = HeaderValue::from_static("OPTIONS, POST");
            refusal.headers.insert(header::ALLOW, methods);
        }
        // What was agreed on and is no request says that nothing of it was written.
        WriteError::Undecodable(_) if protocol == Some(Protocol::RemoteWrite2) => {
            written::insert(&mut refusal.headers, Counted::default());
        }
        _ => {}
    }
    refusal
}

/// What Zipkin's server answers to spans that cannot be served.
pub(super) fn spans_refusal(error: &SpansError) -> Answer {
    let text = error.to_string();
    let content_type = match error {
        SpansError::Method | SpansError::TooLarge { .. } => TEXT_UTF8,
        SpansError::Inflate | SpansError::BrokenOff | SpansError::Undecodable(_) => ANY_TEXT,
    };
    Answer {
        message: Some(text.clone()),
        ..answer(error.status(), content_type, text.into())
    }
}

/// A text as Go's `http.Error` sends it.
fn go_text(status: StatusCode, text: &str) -> Answer {
    let mut answer = answer(status, TEXT_UTF8, format!("{text}\n").into());
    answer.headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    answer
}

/// What a proxy answers, which knows nothing of gRPC.
pub(super) fn page(asked: &NotGrpc) -> Answer {
    let status = StatusCode::from_u16(asked.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let body = asked
        .body
        .clone()
        .unwrap_or_else(|| format!("<html><body><h1>{status}</h1></body></html>"));
    let mut page = if body.is_empty() || allows_no_body(status) {
        without_body(status)
    } else {
        answer(status, HTML, body.into())
    };
    match &asked.content_type {
        Some(text) => insert(&mut page.headers, header::CONTENT_TYPE, text),
        None => {
            page.headers.remove(header::CONTENT_TYPE);
        }
    }
    page
}

/// Whether HTTP allows no body with this status.
fn allows_no_body(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    )
}

/// A status with `google.rpc.Status` as its body; where OTLP is not spoken, with a text.
///
/// Spec: OTLP 1.11.0, "Failures" (MUST for 4xx and 5xx).
fn status_body(
    status: StatusCode,
    code: Option<GrpcCode>,
    message: &str,
    protocol: Protocol,
) -> Answer {
    match protocol.api() {
        Api::Otlp => {}
        Api::RemoteWrite => {
            return Answer {
                message: Some(message.to_owned()),
                ..go_text(status, message)
            };
        }
        Api::Zipkin => {
            return Answer {
                message: Some(message.to_owned()),
                ..answer(status, TEXT_UTF8, message.to_owned().into())
            };
        }
    }
    let code = code.map_or_else(
        || code_of_http_status(status.as_u16()),
        |code| i32::try_from(code.number()).unwrap_or(i32::MAX),
    );
    let body = match protocol {
        Protocol::HttpJson => json!({ "code": code, "message": message })
            .to_string()
            .into(),
        _ => RpcStatus {
            code,
            message: message.to_owned(),
            details: Vec::new(),
        }
        .encode_to_vec()
        .into(),
    };
    Answer {
        message: Some(message.to_owned()),
        ..answer(status, encoding(protocol), body)
    }
}

fn answer(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Answer {
    let headers = HeaderMap::from_iter([
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_LENGTH, HeaderValue::from(body.len())),
    ]);
    Answer {
        status,
        headers,
        rest_bytes: 0,
        padding_bytes: 0,
        body: Some(body),
        trailers: None,
        grpc_status: None,
        message: None,
        shared: None,
    }
}

fn without_body(status: StatusCode) -> Answer {
    let mut headers = HeaderMap::new();
    if !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
    }
    Answer {
        status,
        headers,
        rest_bytes: 0,
        padding_bytes: 0,
        body: None,
        trailers: None,
        grpc_status: None,
        message: None,
        shared: None,
    }
}

const fn encoding(protocol: Protocol) -> HeaderValue {
    match protocol {
        Protocol::HttpJson => JSON,
        Protocol::Grpc | Protocol::HttpProtobuf => PROTOBUF,
        Protocol::RemoteWrite1
        | Protocol::RemoteWrite2
        | Protocol::ZipkinJson
        | Protocol::ZipkinProtobuf => TEXT_UTF8,
    }
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, text: &str) {
    // A value that no header can have was refused when the fault was made.
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

fn retry_after_text(retry_after: &RetryAfter, wall_unix_nano: u64) -> String {
    match retry_after {
        RetryAfter::Text(text) => text.clone(),
        RetryAfter::DateIn(distance) => date_in(*distance, wall_unix_nano),
    }
}

/// The date that lies so far from now, rounded up to the whole seconds that the format has.
fn date_in(distance: SignedDuration, wall_unix_nano: u64) -> String {
    let now = Duration::from_nanos(wall_unix_nano);
    let date = if distance.is_negative() {
        now.saturating_sub(distance.magnitude())
    } else {
        now.saturating_add(distance.magnitude())
    };
    let seconds = date.as_secs() + u64::from(date.subsec_nanos() > 0);
    // The format ends with the year 9999.
    http_date(UNIX_EPOCH + Duration::from_secs(seconds.min(253_402_300_799)))
}

/// The `Date` header for the injected wall clock.
pub(crate) fn date(wall_unix_nano: u64) -> HeaderValue {
    let text = http_date(UNIX_EPOCH + Duration::from_nanos(wall_unix_nano));
    HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or(HeaderValue::from_static(""))
}

fn http_date(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{http, secs};

    const EPOCH: u64 = 784_111_777_000_000_000;

    fn with(asked: &HttpAnswer) -> Answer {
        status(
            asked,
            Bytes::new(),
            Protocol::HttpJson,
            EPOCH,
            Counted::default(),
        )
    }

    #[test]
    fn a_date_is_told_from_the_injected_clock() {
        let soon = with(&http(503).retry_after(RetryAfter::DateIn(secs(4).into())));
        assert_eq!(soon.headers["retry-after"], "Sun, 06 Nov 1994 08:49:41 GMT");
        let past =
            with(&http(503).retry_after(RetryAfter::DateIn(SignedDuration::negative(secs(7)))));
        assert_eq!(past.headers["retry-after"], "Sun, 06 Nov 1994 08:49:30 GMT");
    }

    #[test]
    fn a_status_body_is_in_the_encoding_of_the_request() {
        let json = with(&http(503).message("later"));
        assert_eq!(json.headers["content-type"], "application/json");
        assert_eq!(
            json.body.expect("a body"),
            r#"{"code":14,"message":"later"}"#
        );

        let protobuf = status(
            &http(400).message("no"),
            Bytes::new(),
            Protocol::HttpProtobuf,
            EPOCH,
            Counted::default(),
        );
        assert_eq!(protobuf.headers["content-type"], "application/x-protobuf");
        let decoded =
            RpcStatus::decode(protobuf.body.expect("a body")).expect("a google.rpc.Status");
        assert_eq!((decoded.code, decoded.message.as_str()), (3, "no"));
    }

    #[test]
    fn statuses_that_allow_no_body_have_none() {
        assert_eq!(with(&http(204)).body, None);
        assert_eq!(with(&http(304)).body, None);
        assert_eq!(with(&http(503).body(AnswerBody::Empty)).body, None);
    }
}
