//! Checks of attempts, of the gaps between them, and of exports.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::scenario::TextDuration;

/// Attempts of the cell's signal: how many there were, when, and what was answered.
///
/// Times are since the start of the system under test, unless `export` is given: then since its first attempt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AttemptsCheck {
    /// Look at this export only, 1 being the first. Default: all exports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<u64>,
    /// Exactly so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// At least so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u64>,
    /// At most so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
    /// Exactly so many in each export.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_export: Option<u64>,
    /// When each one came: exactly as many as there are times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Vec<TextDuration>>,
    /// How far a time in `at` may be off. Default in virtual time: 20 % of each wait since the export's first attempt
    /// where the jitter is random, else 1 ms; in real time only "not before" and the order are judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<TextDuration>,
    /// All attempts of an export carry the same decoded payload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_payload: Option<bool>,
    /// At least this long between an answer (or the loss of the connection) and the next attempt of that export.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_at_least: Option<TextDuration>,
    /// No attempt later than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub none_after: Option<TextDuration>,
    /// What each one was answered: exactly as many as there are answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<Vec<AnswerPattern>>,
    /// How long the first attempt (of each export looked at) lasted: from its request to the first sign of its end,
    /// which is its answer, the loss of its stream or connection, the next attempt of the signal, or the end of the call
    /// of `force_flush` or `shutdown` that it was made in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_lasts: Option<SpanCheck>,
}

/// Bounds of a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpanCheck {
    /// It is not shorter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<TextDuration>,
    /// It is not longer (1 ms more is allowed in virtual time, the runner's own lag in real time).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<TextDuration>,
}

/// What an attempt was answered: `accepted` (OK, or 2xx), `error` (another status), `none` (no answer at all), the name
/// of a gRPC status (`UNAVAILABLE`), or an HTTP status (`503`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerPattern {
    /// gRPC OK, or an HTTP status of 200 to 299.
    Accepted,
    /// Any other status.
    Error,
    /// The connection or the stream ended without a status, or nothing came.
    None,
    /// This gRPC status, by the number of its code (0 to 16).
    Grpc(u8),
    /// This HTTP status.
    Http(u16),
}

/// The names of the gRPC status codes, in the order of their numbers.
pub const GRPC_CODES: [&str; 17] = [
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

/// A text that is not an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not an answer: write `accepted`, `error`, `none`, a gRPC status such as `UNAVAILABLE`, or an HTTP status from 100 to 599"
)]
#[non_exhaustive]
pub struct InvalidAnswer {
    /// What was written.
    pub text: String,
}

impl FromStr for AnswerPattern {
    type Err = InvalidAnswer;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "accepted" => return Ok(Self::Accepted),
            "error" => return Ok(Self::Error),
            "none" => return Ok(Self::None),
            _ => {}
        }
        if let Some(code) = GRPC_CODES.iter().position(|name| *name == text)
            && let Ok(code) = u8::try_from(code)
        {
            return Ok(Self::Grpc(code));
        }
        match text.parse::<u16>() {
            Ok(status) if (100..600).contains(&status) => Ok(Self::Http(status)),
            _ => Err(InvalidAnswer {
                text: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for AnswerPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => formatter.write_str("accepted"),
            Self::Error => formatter.write_str("error"),
            Self::None => formatter.write_str("none"),
            Self::Grpc(code) => match GRPC_CODES.get(usize::from(*code)) {
                Some(name) => formatter.write_str(name),
                None => write!(formatter, "gRPC status {code}"),
            },
            Self::Http(status) => write!(formatter, "{status}"),
        }
    }
}

impl Serialize for AnswerPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AnswerPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnswerPatternVisitor)
    }
}

struct AnswerPatternVisitor;

impl Visitor<'_> for AnswerPatternVisitor {
    type Value = AnswerPattern;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an answer, such as `accepted`, `UNAVAILABLE` or `503`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }
}

impl JsonSchema for AnswerPattern {
    fn schema_name() -> Cow<'static, str> {
        "Answer".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut words: Vec<&str> = vec!["accepted", "error", "none"];
        words.extend(GRPC_CODES);
        json_schema!({
            "description": "What an attempt was answered: a word, a gRPC status, or an HTTP status.",
            "anyOf": [
                { "type": "string", "enum": words },
                { "type": "integer", "minimum": 100, "maximum": 599 },
            ],
        })
    }
}

/// The waits between the attempts of one export: from the end of one attempt to the start of the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GapsCheck {
    /// Look at this export only, 1 being the first. Default: every export with a retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<u64>,
    /// From each wait to the next of its export they grow by a factor of 1.1 or more on average, over all exports. A
    /// statistical statement: fails where that is ruled out with 99 % confidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grow: Option<bool>,
    /// The median of the first waits is at least this long (needs twelve exports with a retry).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_median_at_least: Option<TextDuration>,
    /// The waits are not exact multiples of the first, nor the same in two exports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jittered: Option<bool>,
    /// No wait is shorter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<TextDuration>,
    /// No wait is longer. Judged in virtual time only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<TextDuration>,
    /// The waits before jitter; each may be 20 % off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nominal: Option<Vec<TextDuration>>,
}

/// Exports of the cell's signal. The time of an export is that of its first attempt, since the start of the system
/// under test.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExportsCheck {
    /// Exactly so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// At least so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u64>,
    /// At most so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
    /// When each one began: exactly as many as there are times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Vec<TextDuration>>,
    /// How far a time in `at` or `interval` may be off. Default: 1 ms in virtual time; in real time only "not before" is
    /// judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<TextDuration>,
    /// From the start of one export to the start of the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<TextDuration>,
    /// An export begins only after the one before has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub never_overlap: Option<bool>,
    /// No export carries the data of an earlier one again (same decoded payload, or the same delta window).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distinct: Option<bool>,
    /// How many of them were accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<u64>,
    /// How many items (points, spans, log records) each one carries: exactly as many as there are numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<u64>>,
    /// None of them carries more items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items_at_most: Option<u64>,
}
