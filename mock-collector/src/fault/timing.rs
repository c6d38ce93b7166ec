//! Durations as they are written in files: `1500ms`, `2s`, `1m 30s`, and signed where a receiver may ask for nonsense.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidFault;

/// A duration that may be negative, as a receiver may send one in `RetryInfo` or as a date in the past.
///
/// Written as `2s`, `1.5s`, `0s`, `-5s`, `1000000000s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct SignedDuration {
    negative: bool,
    magnitude: Duration,
}

impl SignedDuration {
    /// A negative duration of this length; zero stays zero.
    pub const fn negative(magnitude: Duration) -> Self {
        Self {
            negative: !magnitude.is_zero(),
            magnitude,
        }
    }

    /// Whether the duration is below zero.
    pub const fn is_negative(self) -> bool {
        self.negative
    }

    /// Its length without the sign.
    pub const fn magnitude(self) -> Duration {
        self.magnitude
    }

    /// Whole seconds and the nanoseconds left, both with the sign, as in `google.protobuf.Duration`.
    ///
    /// Saturates at the ends of `i64`.
    pub fn seconds_and_nanos(self) -> (i64, i32) {
        let seconds = i64::try_from(self.magnitude.as_secs()).unwrap_or(i64::MAX);
        // Below 1_000_000_000, so that it always fits.
        let nanos = i32::try_from(self.magnitude.subsec_nanos()).unwrap_or_default();
        if self.negative {
            (-seconds, -nanos)
        } else {
            (seconds, nanos)
        }
    }
}

impl From<Duration> for SignedDuration {
    fn from(magnitude: Duration) -> Self {
        Self {
            negative: false,
            magnitude,
        }
    }
}

impl fmt::Display for SignedDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        write!(f, "{sign}{}", humantime::format_duration(self.magnitude))
    }
}

impl FromStr for SignedDuration {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let magnitude = humantime::parse_duration(magnitude).map_err(|_| {
            InvalidFault::new("duration", text, "text such as `2s`, `1.5s` or `-5s`")
        })?;
        Ok(if negative {
            Self::negative(magnitude)
        } else {
            Self::from(magnitude)
        })
    }
}

impl Serialize for SignedDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SignedDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for SignedDuration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SignedDuration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "a duration that may be negative",
            "examples": ["2s", "1.5s", "0s", "-5s"],
        })
    }
}

/// `#[serde(with = "duration_text")]` for a [`Duration`] such as `1500ms`.
pub(crate) mod duration_text {
    use super::{Deserialize, Deserializer, Duration, Serializer};
    use serde::de::Error as _;

    pub(crate) fn parse(text: &str) -> Result<Duration, String> {
        humantime::parse_duration(text).map_err(|reason| {
            format!("`{text}` is not a duration such as `1500ms` or `2s`: {reason}")
        })
    }

    pub(crate) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(*duration))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The same for an optional [`Duration`].
pub(crate) mod optional_duration_text {
    use super::{Deserialize, Deserializer, Duration, Serializer, duration_text};
    use serde::de::Error as _;

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(crate) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => duration_text::serialize(duration, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Option::<String>::deserialize(deserializer)?
            .map(|text| duration_text::parse(&text).map_err(D::Error::custom))
            .transpose()
    }
}

/// The schema of a duration text that may be null, as if it were not there.
pub(crate) fn optional_duration_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "description": "a duration", "examples": ["1500ms", "2s", "1m 30s"] })
}

/// The schema of a duration text.
pub(crate) fn duration_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "description": "a duration", "examples": ["1500ms", "2s", "1m 30s"] })
}
