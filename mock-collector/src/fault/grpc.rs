//! A gRPC status as an answer.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{GrpcCode, RetryInfo, RetryInfoPosition};

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
