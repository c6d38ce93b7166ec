//! For how long something is kept.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// For how long a fault is kept: `500ms`, `30s`, `2m`; at least a millisecond, at most a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeToLive(pub(super) Duration);

const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

impl<'de> Deserialize<'de> for TimeToLive {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let duration =
            read(&String::deserialize(deserializer)?, "30s").map_err(D::Error::custom)?;
        if !(SHORTEST..=LONGEST).contains(&duration) {
            return Err(D::Error::custom("a time to live is from 1ms to 24h"));
        }
        Ok(Self(duration))
    }
}

impl JsonSchema for TimeToLive {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "TimeToLive".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^([1-9][0-9]{0,4}ms|[1-9][0-9]{0,3}s|[1-9][0-9]{0,2}m|[1-9]h|1[0-9]h|2[0-4]h)$",
            "examples": ["500ms", "30s", "2m"],
        })
    }
}

/// How long a request waits for what it asks for: `5s`; at most a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Patience(pub(super) Duration);

const MOST_PATIENT: Duration = Duration::from_secs(60);

impl<'de> Deserialize<'de> for Patience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let duration = read(&String::deserialize(deserializer)?, "5s").map_err(D::Error::custom)?;
        if duration > MOST_PATIENT {
            return Err(D::Error::custom("at most 60s; ask again after that"));
        }
        Ok(Self(duration))
    }
}

impl JsonSchema for Patience {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Patience".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(0s|[1-9][0-9]{0,3}ms|[1-9]s|[1-5][0-9]s|60s)$",
            "examples": ["5s", "500ms"],
        })
    }
}

fn read(text: &str, example: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; write it as {example}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_have_bounds() {
        let live = |text: &str| serde_json::from_value::<TimeToLive>(text.into()).is_ok();
        assert_eq!(["1ms", "30s", "24h"].map(live), [true; 3]);
        assert_eq!(
            ["0s", "25h", "", "30", "-1s", "soon", "999y"].map(live),
            [false; 7]
        );
        let patience = |text: &str| serde_json::from_value::<Patience>(text.into()).is_ok();
        assert_eq!(["0s", "5s", "60s", "1m"].map(patience), [true; 4]);
        assert_eq!(["61s", "1h", "", "5"].map(patience), [false; 4]);
    }
}
