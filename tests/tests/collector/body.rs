//! Bodies of answers, told in words that are the same for the same meaning.

use bytes::Bytes;
use http::{HeaderMap, header};
use prost::Message;
use serde_json::Value;

/// `google.rpc.Status`, as far as it is compared.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(bytes = "vec", repeated, tag = "3")]
    details: Vec<Vec<u8>>,
}

/// The response of an export: that of every signal has these fields.
#[derive(Clone, PartialEq, Message)]
struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

/// What a body means.
pub(crate) fn told(status: u16, headers: &HeaderMap, body: &Bytes) -> String {
    let is_success = (200..300).contains(&status);
    match content_type(headers) {
        // A message without fields.
        "application/x-protobuf" if is_success => response(body),
        _ if body.is_empty() => "empty".to_owned(),
        grpc if grpc.starts_with("application/grpc") => frames(headers, body),
        "application/x-protobuf" => match Status::decode(body.as_ref()) {
            Ok(status) => status_text(status.code.into(), &status.message, status.details.len()),
            Err(error) => format!("no google.rpc.Status: {error}"),
        },
        "application/json" => match serde_json::from_slice::<Value>(body) {
            Ok(value) if is_success => response_in_json(&value),
            Ok(value) => status_in_json(&value),
            Err(error) => format!("no JSON: {error}"),
        },
        _ => format!("{:?}", String::from_utf8_lossy(body)),
    }
}

fn content_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    value
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
}

/// The messages in the frames of gRPC.
fn frames(headers: &HeaderMap, body: &[u8]) -> String {
    let mut told = Vec::new();
    let mut rest = body;
    while let [flag, a, b, c, d, after @ ..] = rest {
        let length = u32::from_be_bytes([*a, *b, *c, *d]);
        let Some((message, after)) = usize::try_from(length)
            .ok()
            .and_then(|length| after.split_at_checked(length))
        else {
            break;
        };
        told.push(match (flag, headers.get("grpc-encoding")) {
            (0, _) => response(message),
            (1, Some(encoding)) if encoding == "gzip" => match gunzip(message) {
                Ok(message) => format!("compressed: {}", response(&message)),
                Err(error) => format!("no gzip: {error}"),
            },
            (flag, encoding) => format!("flag {flag} with encoding {encoding:?}"),
        });
        rest = after;
    }
    if !rest.is_empty() {
        told.push(format!("{} bytes that are no frame", rest.len()));
    }
    told.join(", ")
}

fn gunzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(bytes), &mut plain)?;
    Ok(plain)
}

fn response(message: &[u8]) -> String {
    match ExportResponse::decode(message) {
        Ok(response) => response_text(response.partial_success.map(|partial| {
            let message = !partial.error_message.is_empty();
            (partial.rejected, message)
        })),
        Err(error) => format!("no response of an export: {error}"),
    }
}

fn response_in_json(value: &Value) -> String {
    let Some(fields) = value.as_object() else {
        return format!("no response of an export: {value}");
    };
    if let Some(key) = fields.keys().find(|key| *key != "partialSuccess") {
        return format!("a response with an unknown key {key:?}");
    }
    response_text(fields.get("partialSuccess").map(|partial| {
        let rejected = partial.as_object().into_iter().flatten();
        let rejected = rejected
            .filter(|(key, _)| key.starts_with("rejected"))
            .find_map(|(_, value)| value.as_str()?.parse().ok());
        let message = partial.get("errorMessage").is_some();
        (rejected.unwrap_or_default(), message)
    }))
}

fn response_text(partial: Option<(i64, bool)>) -> String {
    match partial {
        None => "success".to_owned(),
        Some((0, false)) => "success, with an empty partial success".to_owned(),
        Some((rejected, message)) => {
            format!("partial success: {rejected} rejected, a message: {message}")
        }
    }
}

fn status_in_json(value: &Value) -> String {
    let known = ["code", "message", "details"];
    let unknown = value
        .as_object()
        .and_then(|fields| fields.keys().find(|key| !known.contains(&key.as_str())));
    match (value.get("code"), unknown) {
        (_, Some(key)) => format!("a status with an unknown key {key:?}"),
        (None, None) => format!("no google.rpc.Status: {value}"),
        (Some(code), None) => {
            let message = value.get("message").and_then(Value::as_str);
            let details = value.get("details").and_then(Value::as_array);
            status_text(
                code.as_i64().unwrap_or(i64::MIN),
                message.unwrap_or_default(),
                details.map_or(0, Vec::len),
            )
        }
    }
}

fn status_text(code: i64, message: &str, details: usize) -> String {
    let message = if message.is_empty() {
        "no message"
    } else {
        "a message"
    };
    match details {
        0 => format!("status {code} with {message}"),
        details => format!("status {code} with {message} and {details} details"),
    }
}
