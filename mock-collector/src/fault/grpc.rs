//! A gRPC status as an answer.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tonic::Code;

use super::{InvalidFault, SignedDuration};

/// A gRPC status code by name (`UNAVAILABLE`) or by number (`14`). Numbers above 16, which no code has, are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GrpcCode(u32);

const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

impl GrpcCode {
    /// `PERMISSION_DENIED`.
    pub const PERMISSION_DENIED: Self = Self(7);
    /// `UNAUTHENTICATED`.
    pub const UNAUTHENTICATED: Self = Self(16);

    /// The code with this number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number on the wire.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The name of the specification, or `None` for a number above 16.
    pub fn name(self) -> Option<&'static str> {
        usize::try_from(self.0)
            .ok()
            .and_then(|index| NAMES.get(index))
            .copied()
    }

    /// The code with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        (0u32..)
            .zip(NAMES)
            .find_map(|(number, known)| (known == name).then_some(Self(number)))
    }
}

impl From<Code> for GrpcCode {
    fn from(code: Code) -> Self {
        // tonic's codes are 0 to 16.
        Self(u32::try_from(i32::from(code)).unwrap_or_default())
    }
}

impl From<GrpcCode> for Code {
    fn from(code: GrpcCode) -> Self {
        i32::try_from(code.0).map_or(Self::Unknown, Self::from_i32)
    }
}

impl fmt::Display for GrpcCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "{}", self.0),
        }
    }
}

impl Serialize for GrpcCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.name() {
            Some(name) => serializer.serialize_str(name),
            None => serializer.serialize_u32(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for GrpcCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CodeVisitor;

        impl Visitor<'_> for CodeVisitor {
            type Value = GrpcCode;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a gRPC status code such as `UNAVAILABLE` or `14`")
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
                u32::try_from(number)
                    .map(GrpcCode)
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
                u32::try_from(number)
                    .map(GrpcCode)
                    .map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
                GrpcCode::from_name(name).ok_or_else(|| E::unknown_variant(name, &NAMES))
            }
        }

        deserializer.deserialize_any(CodeVisitor)
    }
}

impl JsonSchema for GrpcCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "GrpcCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "a gRPC status code",
            "anyOf": [{ "enum": NAMES }, { "type": "integer", "minimum": 0 }],
        })
    }
}

/// An answer with a gRPC status. Written as a code (`grpc: UNAVAILABLE`) or in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrpcAnswer {
    /// The status code; `OK` makes the answer an ordinary success.
    pub code: GrpcCode,
    /// The text of the status; default: one that names the code. May be empty, long, or not ASCII.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `google.rpc.RetryInfo`; default absent.
    #[serde(skip_serializing_if = "RetryInfo::is_absent")]
    pub retry_info: RetryInfo,
    /// Where the `RetryInfo` stands; default `only`.
    #[serde(skip_serializing_if = "RetryInfoPosition::is_default")]
    pub retry_info_position: RetryInfoPosition,
    /// How the status is framed; default `trailers_only`.
    #[serde(skip_serializing_if = "Framing::is_default")]
    pub framing: Framing,
}

impl GrpcAnswer {
    /// An answer with this code and nothing else.
    pub fn new(code: impl Into<GrpcCode>) -> Self {
        Self {
            code: code.into(),
            message: None,
            retry_info: RetryInfo::Absent,
            retry_info_position: RetryInfoPosition::Only,
            framing: Framing::TrailersOnly,
        }
    }

    /// The same with this text.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// The same with a `RetryInfo`.
    #[must_use]
    pub fn retry_info(mut self, retry_info: impl Into<RetryInfo>) -> Self {
        self.retry_info = retry_info.into();
        self
    }

    /// The same with the `RetryInfo` at this position.
    #[must_use]
    pub fn retry_info_position(mut self, position: RetryInfoPosition) -> Self {
        self.retry_info_position = position;
        self
    }

    /// The same in this framing.
    #[must_use]
    pub fn framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// The text that is sent: the given one, or one that says which code was asked for.
    pub fn message_text(&self) -> String {
        self.message
            .clone()
            .unwrap_or_else(|| format!("otelbox fault: {}", self.code))
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GrpcAnswerFields {
    /// The status code; `OK` makes the answer an ordinary success.
    code: GrpcCode,
    /// The text of the status; default: one that names the code. May be empty, long, or not ASCII.
    message: Option<String>,
    /// `google.rpc.RetryInfo`: a duration such as `2s`, `0s` or `-5s`, `malformed`, `not_base64`; default absent.
    #[serde(default)]
    retry_info: RetryInfo,
    /// Where the `RetryInfo` stands among the details; default `only`.
    #[serde(default)]
    retry_info_position: RetryInfoPosition,
    /// How the status is framed; default `trailers_only`.
    #[serde(default)]
    framing: Framing,
}

impl<'de> Deserialize<'de> for GrpcAnswer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnswerVisitor;

        impl<'de> Visitor<'de> for AnswerVisitor {
            type Value = GrpcAnswer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a gRPC status code such as `UNAVAILABLE`, or a map with `code`")
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
                GrpcCode::deserialize(serde::de::value::U64Deserializer::new(number))
                    .map(GrpcAnswer::new)
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
                GrpcCode::deserialize(serde::de::value::I64Deserializer::new(number))
                    .map(GrpcAnswer::new)
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
                GrpcCode::deserialize(serde::de::value::StrDeserializer::new(name))
                    .map(GrpcAnswer::new)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let fields = GrpcAnswerFields::deserialize(MapAccessDeserializer::new(map))?;
                Ok(GrpcAnswer {
                    code: fields.code,
                    message: fields.message,
                    retry_info: fields.retry_info,
                    retry_info_position: fields.retry_info_position,
                    framing: fields.framing,
                })
            }
        }

        deserializer.deserialize_any(AnswerVisitor)
    }
}

impl JsonSchema for GrpcAnswer {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "GrpcAnswer".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let code = generator.subschema_for::<GrpcCode>();
        let fields = generator.subschema_for::<GrpcAnswerFields>();
        json_schema!({ "anyOf": [code, fields] })
    }
}

/// `google.rpc.RetryInfo` in a status: how long the receiver asks the client to wait.
///
/// Spec: OTLP 1.11.0, "OTLP/gRPC Throttling" (SHOULD).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RetryInfo {
    /// Not sent.
    #[default]
    Absent,
    /// This long; zero, negative and absurd values are sent as they are.
    After(SignedDuration),
    /// A detail of the right type whose bytes are no `RetryInfo`.
    Malformed,
    /// A `grpc-status-details-bin` trailer that is not base64.
    NotBase64,
}

impl RetryInfo {
    /// Whether nothing is sent.
    fn is_absent(&self) -> bool {
        *self == Self::Absent
    }
}

impl<T: Into<SignedDuration>> From<T> for RetryInfo {
    fn from(duration: T) -> Self {
        Self::After(duration.into())
    }
}

impl std::str::FromStr for RetryInfo {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "absent" => Ok(Self::Absent),
            "malformed" => Ok(Self::Malformed),
            "not_base64" => Ok(Self::NotBase64),
            duration => duration.parse().map(Self::After).map_err(|_| {
                InvalidFault::new(
                    "retry_info",
                    text,
                    "a duration such as `2s`, or absent, malformed, not_base64",
                )
            }),
        }
    }
}

impl Serialize for RetryInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_str("absent"),
            Self::After(duration) => duration.serialize(serializer),
            Self::Malformed => serializer.serialize_str("malformed"),
            Self::NotBase64 => serializer.serialize_str("not_base64"),
        }
    }
}

impl<'de> Deserialize<'de> for RetryInfo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for RetryInfo {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RetryInfo".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "a duration (may be zero, negative or absurd), absent, malformed or not_base64",
            "examples": ["2s", "0s", "-5s", "malformed", "not_base64"],
        })
    }
}

/// Where a `RetryInfo` stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetryInfoPosition {
    /// The only detail in `grpc-status-details-bin`.
    #[default]
    Only,
    /// Before other details.
    First,
    /// Between other details.
    Middle,
    /// After other details.
    Last,
    /// Not among the details: in a trailer of its own, `google.rpc.retryinfo-bin`.
    BareTrailer,
}

impl RetryInfoPosition {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde asks for"
    )]
    fn is_default(&self) -> bool {
        *self == Self::Only
    }
}

/// How a gRPC status is framed in HTTP/2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// One HEADERS frame that ends the stream.
    #[default]
    TrailersOnly,
    /// A HEADERS frame, then a HEADERS frame with the trailers.
    HeadersThenTrailers,
    /// A HEADERS frame, a DATA frame with an empty message, then the trailers.
    AfterData,
}

impl Framing {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde asks for"
    )]
    fn is_default(&self) -> bool {
        *self == Self::TrailersOnly
    }
}
