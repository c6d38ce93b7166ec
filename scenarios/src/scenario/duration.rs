//! Durations as people write them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration that is written as text with a unit: `15s`, `1500ms`, `1m 30s`.
///
/// A bare number is an error: it does not say its unit. Spec: our choice.
///
/// ```
/// use otelbox::scenario::TextDuration;
/// let interval: TextDuration = "15s".parse()?;
/// assert_eq!(interval.get().as_millis(), 15_000);
/// # Ok::<(), otelbox::scenario::InvalidDuration>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TextDuration(Duration);

impl TextDuration {
    /// The same span of time as the standard library's type.
    pub const fn get(self) -> Duration {
        self.0
    }

    /// From whole seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// From milliseconds.
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(Duration::from_millis(milliseconds))
    }
}

/// A text that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a duration: write a number with a unit, such as `15s`, `1500ms` or `1m 30s`"
)]
#[non_exhaustive]
pub struct InvalidDuration {
    /// What was written.
    pub text: String,
}

impl FromStr for TextDuration {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        humantime::parse_duration(text.trim())
            .map(Self)
            .map_err(|_| InvalidDuration {
                text: text.to_owned(),
            })
    }
}

impl From<Duration> for TextDuration {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl From<TextDuration> for Duration {
    fn from(duration: TextDuration) -> Self {
        duration.0
    }
}

impl fmt::Display for TextDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", humantime::format_duration(self.0))
    }
}

impl fmt::Debug for TextDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for TextDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TextDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextDurationVisitor)
    }
}

struct TextDurationVisitor;

impl Visitor<'_> for TextDurationVisitor {
    type Value = TextDuration;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a duration with a unit, such as `15s` or `1500ms`")
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

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }
}

impl JsonSchema for TextDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A duration with a unit, such as `15s`, `1500ms` or `1m 30s`.",
            "examples": ["15s", "1500ms", "1m 30s"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units_and_prints_them_again() {
        for (text, milliseconds) in [
            ("15s", 15_000),
            ("1500ms", 1_500),
            ("1m 30s", 90_000),
            ("0s", 0),
        ] {
            let duration: TextDuration = text.parse().expect(text);
            assert_eq!(duration.get().as_millis(), milliseconds, "{text}");
            assert_eq!(
                duration.to_string().parse::<TextDuration>(),
                Ok(duration),
                "{text}"
            );
        }
    }

    #[test]
    fn a_number_without_a_unit_is_refused_with_advice() {
        let error = "15".parse::<TextDuration>().expect_err("no unit");
        assert_eq!(
            error.to_string(),
            "`15` is not a duration: write a number with a unit, such as `15s`, `1500ms` or `1m 30s`"
        );
    }
}
