//! An HTTP status as an answer.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{GrpcCode, InvalidFault, SignedDuration, checked};

/// An answer with an HTTP status. Written as a status (`http: 503`) or in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HttpAnswer {
    /// The status, 200 to 599; 200 makes the answer an ordinary success.
    pub status: u16,
    /// The `Retry-After` header; default absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfter>,
    /// The body; default `status`.
    #[serde(skip_serializing_if = "AnswerBody::is_default")]
    pub body: AnswerBody,
    /// The `Location` header; default absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The text of the `Status` body; default: one that names the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The code of the `Status` body; default: the one that belongs to the status.
    ///
    /// Spec: OTLP 1.11.0, "OTLP/HTTP Failures": clients need not look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<GrpcCode>,
}

impl HttpAnswer {
    /// An answer with this status and nothing else.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            retry_after: None,
            body: AnswerBody::Status,
            location: None,
            message: None,
            code: None,
        }
    }

    /// Whether the status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The same with a `Retry-After` header.
    #[must_use]
    pub fn retry_after(mut self, retry_after: impl Into<RetryAfter>) -> Self {
        self.retry_after = Some(retry_after.into());
        self
    }

    /// The same with this kind of body.
    #[must_use]
    pub fn body(mut self, body: AnswerBody) -> Self {
        self.body = body;
        self
    }

    /// The same with a `Location` header.
    #[must_use]
    pub fn location(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// The same with this text in its `Status` body.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// The same with this code in its `Status` body.
    #[must_use]
    pub fn code(mut self, code: impl Into<GrpcCode>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// The text that is sent: the given one, or one that says which status was asked for.
    pub fn message_text(&self) -> String {
        self.message
            .clone()
            .unwrap_or_else(|| format!("otelbox fault: {}", self.status))
    }

    pub(crate) fn validate(&self) -> Result<(), InvalidFault> {
        checked::final_status("status", self.status)?;
        if let Some(RetryAfter::Text(text)) = &self.retry_after {
            header_value("retry_after", text)?;
        }
        self.location
            .as_deref()
            .map_or(Ok(()), |location| header_value("location", location))
    }
}

/// The value of a header.
pub(super) fn header_value(key: &str, text: &str) -> Result<(), InvalidFault> {
    http::HeaderValue::from_str(text).map(drop).map_err(|_| {
        InvalidFault::new(
            key,
            text.escape_debug(),
            "the value of a header: no control characters",
        )
    })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HttpAnswerFields {
    /// The status, 200 to 599.
    #[schemars(range(min = 200, max = 599))]
    status: u16,
    /// The `Retry-After` header: a text that is sent as it is, or `{ date_in: 4s }`; default absent.
    retry_after: Option<RetryAfter>,
    /// The body; default `status`.
    #[serde(default)]
    body: AnswerBody,
    /// The `Location` header; default absent.
    location: Option<String>,
    /// The text of the `Status` body; default: one that names the status.
    message: Option<String>,
    /// The code of the `Status` body; default: the one that belongs to the status.
    code: Option<GrpcCode>,
}

impl<'de> Deserialize<'de> for HttpAnswer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnswerVisitor;

        impl<'de> Visitor<'de> for AnswerVisitor {
            type Value = HttpAnswer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an HTTP status from 200 to 599, or a map with `status`")
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
                let status = u16::try_from(number)
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))?;
                let answer = HttpAnswer::new(status);
                answer.validate().map_err(E::custom)?;
                Ok(answer)
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
                let unsigned = u64::try_from(number)
                    .map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))?;
                self.visit_u64(unsigned)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let fields = HttpAnswerFields::deserialize(MapAccessDeserializer::new(map))?;
                let answer = HttpAnswer {
                    status: fields.status,
                    retry_after: fields.retry_after,
                    body: fields.body,
                    location: fields.location,
                    message: fields.message,
                    code: fields.code,
                };
                answer.validate().map_err(serde::de::Error::custom)?;
                Ok(answer)
            }
        }

        deserializer.deserialize_any(AnswerVisitor)
    }
}

impl JsonSchema for HttpAnswer {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "HttpAnswer".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fields = generator.subschema_for::<HttpAnswerFields>();
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 200, "maximum": 599 }, fields] })
    }
}

/// The value of a `Retry-After` header.
///
/// Spec: OTLP 1.11.0, "OTLP/HTTP Throttling" (SHOULD); RFC 9110, "Retry-After".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum RetryAfter {
    /// An IMF-fixdate this far from the wall clock's now; negative for a date in the past.
    #[serde(rename = "date_in")]
    DateIn(SignedDuration),
    /// A text that is sent as it is: `"3"`, `"-1"`, `"soon"`, `""`.
    #[serde(untagged)]
    Text(String),
}

impl From<std::time::Duration> for RetryAfter {
    /// Whole seconds, rounded up: the header has no fractions.
    fn from(duration: std::time::Duration) -> Self {
        let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
        Self::Text(seconds.to_string())
    }
}

impl From<&str> for RetryAfter {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for RetryAfter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RetryAfterVisitor;

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Date {
            date_in: SignedDuration,
        }

        impl<'de> Visitor<'de> for RetryAfterVisitor {
            type Value = RetryAfter;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text such as `\"3\"`, a number of seconds, or `{ date_in: 4s }`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(text.into())
            }

            fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<Self::Value, E> {
                Ok(RetryAfter::Text(seconds.to_string()))
            }

            fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<Self::Value, E> {
                Ok(RetryAfter::Text(seconds.to_string()))
            }

            fn visit_f64<E: serde::de::Error>(self, seconds: f64) -> Result<Self::Value, E> {
                Ok(RetryAfter::Text(seconds.to_string()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let date = Date::deserialize(MapAccessDeserializer::new(map))?;
                Ok(RetryAfter::DateIn(date.date_in))
            }
        }

        deserializer.deserialize_any(RetryAfterVisitor)
    }
}

impl JsonSchema for RetryAfter {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RetryAfter".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let date = generator.subschema_for::<SignedDuration>();
        json_schema!({
            "description": "a text that is sent as it is, a number of seconds, or a date relative to now",
            "anyOf": [
                { "type": ["string", "number"] },
                { "type": "object", "properties": { "date_in": date }, "required": ["date_in"], "additionalProperties": false },
            ],
        })
    }
}

/// What stands in the body of an HTTP answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerBody {
    /// `google.rpc.Status` in the encoding of the request: protobuf or JSON. Over remote write and to Zipkin a text, and for a
    /// success what belongs to it: over remote write 2.0, how much was written.
    #[default]
    Status,
    /// `google.rpc.Status` as JSON, whatever the request was.
    Json,
    /// Plain text.
    Text,
    /// An HTML page, as a load balancer sends it.
    Html,
    /// Nothing; over remote write 2.0 not even how much was written, so that a success is that of a receiver that knows 1.0
    /// alone and has found nothing in the request.
    Empty,
}

impl AnswerBody {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde asks for"
    )]
    fn is_default(&self) -> bool {
        *self == Self::Status
    }
}
