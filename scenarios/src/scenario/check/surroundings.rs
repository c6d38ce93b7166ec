//! Checks of calls, requests, connections and log lines.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::scenario::{CallResult, TextDuration};

/// One `emit`, or one call of `force_flush` or `shutdown`, among the steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallCheck {
    /// Which of them.
    pub step: CallName,
    /// Which one of that name, 1 being the first. Default: the first.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub nth: u64,
    /// What it returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<CallResult>,
    /// It returned an error, which one ever: `failed`, or `timeout`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_error: bool,
    /// It took at least this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_at_least: Option<TextDuration>,
    /// It took at most this long (in real time the runner's own lag is added).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_at_most: Option<TextDuration>,
}

const fn first() -> u64 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_first(nth: &u64) -> bool {
    *nth == 1
}

/// What can be called. `emit` has no result, but takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallName {
    /// `emit`.
    Emit,
    /// `export`, of the exporter itself.
    Export,
    /// `force_flush`.
    ForceFlush,
    /// `shutdown`.
    Shutdown,
}

/// Headers (or gRPC metadata) by name: every attempt carries them.
pub type HeadersCheck = IndexMap<String, HeaderPattern>;

/// What a header has to be: exactly a text, `null` for absent, or `{contains: .., starts_with: ..}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderPattern {
    /// Exactly this text.
    Exactly(String),
    /// Not there.
    Absent,
    /// There, and like this.
    Like(HeaderLike),
}

/// Part of a header's value. Nothing given: any value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HeaderLike {
    /// It contains this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// It starts with this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_with: Option<String>,
}

impl Serialize for HeaderPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Exactly(text) => text.serialize(serializer),
            Self::Absent => serializer.serialize_unit(),
            Self::Like(like) => like.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for HeaderPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeaderPatternVisitor)
    }
}

struct HeaderPatternVisitor;

impl<'de> Visitor<'de> for HeaderPatternVisitor {
    type Value = HeaderPattern;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text, null for absent, or a map with `contains` or `starts_with`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(HeaderPattern::Exactly(text.to_owned()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(HeaderPattern::Exactly(number.to_string()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(HeaderPattern::Exactly(number.to_string()))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(HeaderPattern::Exactly(value.to_string()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(HeaderPattern::Absent)
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(HeaderPattern::Absent)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        HeaderLike::deserialize(de::value::MapAccessDeserializer::new(map)).map(HeaderPattern::Like)
    }
}

impl JsonSchema for HeaderPattern {
    fn schema_name() -> Cow<'static, str> {
        "HeaderPattern".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let like = generator.subschema_for::<HeaderLike>();
        json_schema!({
            "description": "Exactly a text, null for absent, or a part of the value.",
            "anyOf": [{ "type": ["string", "number", "boolean", "null"] }, like],
        })
    }
}

/// The request line and framing of every attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RequestCheck {
    /// The path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// So many gRPC messages in the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<u64>,
    /// The payload could be decoded, and has at least one item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decodes: Option<bool>,
    /// The body is compressed like this on the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<crate::scenario::Compression>,
    /// The message is not larger than so many bytes, before compression. A request of which only a part arrived is not
    /// looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_bytes_at_most: Option<u64>,
    /// The client's own deadline (`grpc-timeout`) is there and at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_at_most: Option<TextDuration>,
}

/// What the system under test told its user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogCheck {
    /// Lines of this level or worse. Default: any level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<LogLevel>,
    /// Lines that contain all of these texts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<String>,
    /// Exactly so many such lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// At least so many such lines. Default, where neither `count` nor `absent` is given: one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u64>,
    /// There is no such line.
    pub absent: bool,
    /// That there is no such line proves nothing: it may have been told in a way that is not seen. Then the check is not
    /// applicable, instead of failed.
    pub silence_proves_nothing: bool,
    /// What a call that failed told its caller counts as a line too, of the level `error`: an SDK may tell each mistake to
    /// one of the two.
    pub or_from_a_call: bool,
}

impl LogCheck {
    /// Whether it holds or is not applicable, whatever was told.
    pub fn cannot_fail(&self) -> bool {
        self.silence_proves_nothing
            && !self.absent
            && self.count.is_none()
            && self.at_least.is_none_or(|lines| lines <= 1)
    }

    /// Whether it can hold, or be not applicable, because there are too few lines.
    pub(crate) fn is_about_silence(&self) -> bool {
        self.absent || self.silence_proves_nothing || self.count == Some(0)
    }
}

/// Levels of log lines, from the least to the worst.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the variants are the usual names")]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

/// How much memory the system under test comes to hold, beyond what it held when it had started.
///
/// Where it is a process of its own and the system tells (Linux), its peak is measured. Else answers of the receiver
/// that were read to their end count as held, with their length on the wire: in virtual time the system under test is
/// the built-in SDK or a change of it, which keep what they read until they have decoded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryCheck {
    /// It grows by at most so many bytes.
    pub grows_at_most: u64,
}

/// What a program does that was started as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProgramCheck {
    /// It is still there when it is told to end. One that ends by itself without any fault too may do so here, with
    /// success.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lives_on: bool,
    /// After the last fault (a request that one decided, or the last step that made the receiver well again) an export is
    /// accepted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exports_again: bool,
    /// It ends within the time of the step `terminate`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ends_in_time: bool,
}

/// Connections to the receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionsCheck {
    /// Where there is none at all, nothing is judged: the system under test may refuse the endpoint.
    pub only_if_any: bool,
    /// Exactly so many were opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// At least so many were opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u64>,
    /// At most so many were opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
    /// At least so many were refused (seen in virtual time only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_at_least: Option<u64>,
    /// At least so many were neither accepted nor refused (seen in virtual time only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swallowed_at_least: Option<u64>,
    /// Exactly so many protocol errors were seen on connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol_errors: Option<u64>,
    /// On at least so many TLS was agreed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secured_at_least: Option<u64>,
    /// How many TLS handshakes are begun at least, whether they succeed or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handshakes_at_least: Option<u64>,
    /// On at least so many the TLS handshake failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handshakes_failed_at_least: Option<u64>,
    /// On at most so many the TLS handshake failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handshakes_failed_at_most: Option<u64>,
    /// On exactly so many the client sent plain text where TLS is spoken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plain_text: Option<u64>,
    /// On at least so many the client sent plain text where TLS is spoken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plain_text_at_least: Option<u64>,
    /// The clients that showed a certificate, each once, in order. The first is `client 1`; each step
    /// `rotate_certificates` that concerns the receiver makes the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clients: Option<Vec<String>>,
}
