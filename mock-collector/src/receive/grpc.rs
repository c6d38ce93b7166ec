//! The gRPC protocol over HTTP/2, as far as a receiver of unary calls needs it.
//!
//! Spec: grpc/grpc `doc/PROTOCOL-HTTP2.md`. The texts of errors are those of grpc-go, which the Collector uses.

use std::time::Duration;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tonic::Code;

/// How many bytes stand before each message: one for the compressed flag, four for the length.
pub(crate) const PREFIX_BYTES: usize = 5;

/// Why a call is refused before anything looks at its message, or because of how the message is framed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    #[error("Received a HEADERS frame with :method \"{0}\" which should be POST")]
    Method(Method),
    #[error("invalid gRPC request content-type \"{0}\"")]
    ContentType(String),
    #[error("malformed grpc-timeout: {0}")]
    Timeout(#[from] TimeoutError),
    #[error("malformed binary metadata in header \"{0}\"")]
    Metadata(String),
    #[error("unknown service {0}")]
    UnknownService(String),
    #[error("unknown method {method} for service {service}")]
    UnknownMethod { service: String, method: String },
    #[error("malformed method name: \"{0}\"")]
    MalformedPath(String),
    #[error("grpc: Decompressor is not installed for grpc-encoding \"{0}\"")]
    UnknownEncoding(String),
    #[error("grpc: received message larger than max ({length} vs. {limit})")]
    TooLarge { length: usize, limit: usize },
    #[error("grpc: received message after decompression larger than max {limit}")]
    TooLargeInflated { limit: usize },
    #[error("grpc: failed to decompress the received message: {0}")]
    Inflate(String),
    #[error("grpc: compressed flag set with identity or empty encoding")]
    CompressedFlag,
    #[error("grpc: received unexpected payload format {0}")]
    PayloadFormat(u8),
    #[error("unexpected EOF")]
    Truncated,
    #[error("cardinality violation: received no request message from non-client-streaming RPC")]
    NoMessage,
    #[error(
        "cardinality violation: received multiple request messages for non-client-streaming RPC"
    )]
    SeveralMessages,
    #[error("grpc: error unmarshalling request: {0}")]
    Undecodable(String),
}

impl CallError {
    /// The gRPC status code that grpc-go answers.
    pub(crate) const fn code(&self) -> Code {
        match self {
            Self::ContentType(_) => Code::InvalidArgument,
            Self::UnknownService(_)
            | Self::UnknownMethod { .. }
            | Self::MalformedPath(_)
            | Self::UnknownEncoding(_) => Code::Unimplemented,
            Self::TooLarge { .. } | Self::TooLargeInflated { .. } => Code::ResourceExhausted,
            // It is no status of gRPC there, but an error of reading.
            Self::Truncated => Code::Unknown,
            Self::Method(_)
            | Self::Timeout(_)
            | Self::Metadata(_)
            | Self::Inflate(_)
            | Self::CompressedFlag
            | Self::PayloadFormat(_)
            | Self::NoMessage
            | Self::SeveralMessages
            | Self::Undecodable(_) => Code::Internal,
        }
    }

    /// The HTTP status that goes with it. Only a request that is hardly gRPC gets another than 200.
    pub(crate) const fn http_status(&self) -> StatusCode {
        match self {
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::ContentType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Timeout(_) | Self::Metadata(_) => StatusCode::BAD_REQUEST,
            _ => StatusCode::OK,
        }
    }
}

/// A `grpc-timeout` header that says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TimeoutError {
    #[error("transport: timeout string is too short: \"{0}\"")]
    TooShort(String),
    #[error("transport: timeout string is too long: \"{0}\"")]
    TooLong(String),
    #[error("transport: timeout unit is not recognized: \"{0}\"")]
    Unit(String),
    #[error("transport: timeout is not a number: \"{0}\"")]
    Number(String),
}

/// Checks what can be told from the head of a call, other than its path.
pub(crate) fn check_head(
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<Duration>, CallError> {
    let content_type = text(headers, header::CONTENT_TYPE.as_str());
    if !is_grpc(&content_type) {
        return Err(CallError::ContentType(content_type));
    }
    if method != Method::POST {
        return Err(CallError::Method(method.clone()));
    }
    let deadline = timeout(headers)?;
    match malformed_metadata(headers) {
        Some(name) => Err(CallError::Metadata(name)),
        None => Ok(deadline),
    }
}

/// The first field of binary metadata whose value is no base64, padded or not.
///
/// Spec: `PROTOCOL-HTTP2.md`, "Requests".
fn malformed_metadata(headers: &HeaderMap) -> Option<String> {
    let is_malformed = |value: &HeaderValue| METADATA.decode(value.as_bytes()).is_err();
    headers
        .iter()
        .find(|(name, value)| name.as_str().ends_with("-bin") && is_malformed(value))
        .map(|(name, _)| name.to_string())
}

/// How binary metadata is written.
const METADATA: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What grpc-go answers on a path that nobody serves.
pub(crate) fn unknown_path(path: &str, is_known_service: impl Fn(&str) -> bool) -> CallError {
    let name = path.strip_prefix('/').unwrap_or(path);
    match name.rsplit_once('/') {
        None => CallError::MalformedPath(path.to_owned()),
        Some((service, method)) if is_known_service(service) => CallError::UnknownMethod {
            service: service.to_owned(),
            method: method.to_owned(),
        },
        Some((service, _)) => CallError::UnknownService(service.to_owned()),
    }
}

/// The client's own deadline for this call.
///
/// Spec: `PROTOCOL-HTTP2.md`, "Requests": at most eight digits and a unit.
pub(crate) fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, CallError> {
    if !headers.contains_key("grpc-timeout") {
        return Ok(None);
    }
    Ok(Some(parse_timeout(&text(headers, "grpc-timeout"))?))
}

fn parse_timeout(value: &str) -> Result<Duration, TimeoutError> {
    if value.len() < 2 {
        return Err(TimeoutError::TooShort(value.to_owned()));
    }
    if value.len() > 9 {
        return Err(TimeoutError::TooLong(value.to_owned()));
    }
    let unit: fn(u64) -> Duration = match value.as_bytes()[value.len() - 1] {
        b'H' => |hours| Duration::from_secs(hours * 3600),
        b'M' => |minutes| Duration::from_secs(minutes * 60),
        b'S' => Duration::from_secs,
        b'm' => Duration::from_millis,
        b'u' => Duration::from_micros,
        b'n' => Duration::from_nanos,
        _ => return Err(TimeoutError::Unit(value.to_owned())),
    };
    let digits = &value.as_bytes()[..value.len() - 1];
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(TimeoutError::Number(value.to_owned()));
    }
    Ok(unit(digits.iter().fold(0, |number, digit| {
        number * 10 + u64::from(digit - b'0')
    })))
}

/// Whether a content type is gRPC's own or a sub-type of it (`application/grpc+proto`).
fn is_grpc(content_type: &str) -> bool {
    content_type
        .strip_prefix("application/grpc")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('+') || rest.starts_with(';'))
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers
        .get(name)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .unwrap_or_default()
}

/// The length that the prefix of the first message announces, once the prefix has arrived.
pub(crate) fn announced_length(received: &[u8]) -> Option<usize> {
    let length = received.get(1..PREFIX_BYTES)?;
    Some(
        length
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte)),
    )
}

/// The messages of a call as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Framed {
    /// The first message without its prefix, as much of it as came.
    pub(crate) message: Bytes,
    /// Whether the first message says that it is compressed.
    pub(crate) compressed: bool,
    /// How many messages there were, not counting one that broke off.
    pub(crate) count: u32,
    /// What is wrong with the framing.
    pub(crate) error: Option<CallError>,
}

/// Takes the body of a call apart into its messages.
pub(crate) fn deframe(body: &Bytes) -> Framed {
    let mut framed = Framed::default();
    let mut rest = body.clone();
    while !rest.is_empty() {
        let flag = rest[0];
        let (message, after) = match announced_length(&rest) {
            Some(length) if rest.len() - PREFIX_BYTES >= length => (
                rest.slice(PREFIX_BYTES..PREFIX_BYTES + length),
                rest.slice(PREFIX_BYTES + length..),
            ),
            _ => {
                framed.error = Some(CallError::Truncated);
                if framed.count == 0 {
                    framed.compressed = flag == 1;
                    framed.message = rest.slice(PREFIX_BYTES.min(rest.len())..);
                }
                return framed;
            }
        };
        if framed.count == 0 {
            framed.message = message;
            framed.compressed = flag == 1;
            if flag > 1 {
                framed.error = Some(CallError::PayloadFormat(flag));
            }
        } else if framed.error.is_none() {
            framed.error = Some(CallError::SeveralMessages);
        }
        framed.count = framed.count.saturating_add(1);
        rest = after;
    }
    if framed.count == 0 {
        framed.error = Some(CallError::NoMessage);
    }
    framed
}

/// A message with its prefix, not compressed.
pub(crate) fn frame(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut framed = Vec::with_capacity(PREFIX_BYTES + message.len());
    framed.push(0);
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(message);
    framed.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_have_at_most_eight_digits_and_a_unit() {
        assert_eq!(parse_timeout("10S"), Ok(Duration::from_secs(10)));
        assert_eq!(parse_timeout("1H"), Ok(Duration::from_secs(3600)));
        assert_eq!(parse_timeout("2M"), Ok(Duration::from_secs(120)));
        assert_eq!(
            parse_timeout("99999999m"),
            Ok(Duration::from_millis(99_999_999))
        );
        assert_eq!(parse_timeout("1500u"), Ok(Duration::from_micros(1500)));
        assert_eq!(parse_timeout("7n"), Ok(Duration::from_nanos(7)));
        assert_eq!(
            parse_timeout("S"),
            Err(TimeoutError::TooShort("S".to_owned()))
        );
        assert_eq!(
            parse_timeout("999999999S"),
            Err(TimeoutError::TooLong("999999999S".to_owned()))
        );
        assert_eq!(
            parse_timeout("10s"),
            Err(TimeoutError::Unit("10s".to_owned()))
        );
        assert_eq!(
            parse_timeout("-1S"),
            Err(TimeoutError::Number("-1S".to_owned()))
        );
        assert_eq!(parse_timeout("é"), Err(TimeoutError::Unit("é".to_owned())));
    }

    #[test]
    fn one_message_is_taken_out_of_its_frame() {
        let framed = deframe(&frame(b"abc"));
        assert_eq!(
            framed,
            Framed {
                message: "abc".into(),
                compressed: false,
                count: 1,
                error: None
            }
        );
    }

    #[test]
    fn a_message_that_breaks_off_is_kept_as_far_as_it_came() {
        let framed = deframe(&Bytes::from_static(&[1, 0, 0, 0, 9, b'a', b'b']));
        assert_eq!(framed.message, "ab");
        assert!(framed.compressed);
        assert_eq!(
            (framed.count, framed.error),
            (0, Some(CallError::Truncated))
        );
    }

    #[test]
    fn the_number_of_messages_has_to_be_one() {
        assert_eq!(deframe(&Bytes::new()).error, Some(CallError::NoMessage));
        let two = [frame(b"a"), frame(b"b")].concat();
        let framed = deframe(&two.into());
        assert_eq!(
            (framed.count, framed.error),
            (2, Some(CallError::SeveralMessages))
        );
        assert_eq!(framed.message, "a");
    }

    #[test]
    fn an_unknown_flag_is_an_error() {
        let framed = deframe(&Bytes::from_static(&[2, 0, 0, 0, 0]));
        assert_eq!(framed.error, Some(CallError::PayloadFormat(2)));
    }

    #[test]
    fn unknown_paths_are_told_apart() {
        let known = |service: &str| service == "a.B";
        assert_eq!(
            unknown_path("/a.B/C", known).to_string(),
            "unknown method C for service a.B"
        );
        assert_eq!(
            unknown_path("/x.Y/C", known).to_string(),
            "unknown service x.Y"
        );
        assert_eq!(
            unknown_path("/nonsense", known).to_string(),
            "malformed method name: \"/nonsense\""
        );
    }
}
