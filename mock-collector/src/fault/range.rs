//! Ranges of ordinals: attempts, requests, exports, connections.

use std::fmt;
use std::ops::{RangeFrom, RangeInclusive};
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidFault;

const EXPECTED: &str = "a number from 1, an inclusive range `1..3`, or `2..`";

/// A number or an inclusive range of 1-based ordinals.
///
/// Written as `1`, `"1..3"` (first to third) or `"2.."` (from the second on).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrdinalRange {
    first: u64,
    last: Option<u64>,
}

impl OrdinalRange {
    /// Whether the ordinal lies in the range.
    pub fn contains(self, ordinal: u64) -> bool {
        ordinal >= self.first && self.last.is_none_or(|last| ordinal <= last)
    }

    /// The first ordinal of the range.
    pub const fn first(self) -> u64 {
        self.first
    }

    /// The last ordinal of the range, or `None` where it has no end.
    pub const fn last(self) -> Option<u64> {
        self.last
    }

    /// Checks that the range starts at 1 or later and is not empty.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] that names `key`.
    pub(crate) fn validate(self, key: &str) -> Result<(), InvalidFault> {
        if self.first == 0 || self.last.is_some_and(|last| last < self.first) {
            return Err(InvalidFault::new(key, self, EXPECTED));
        }
        Ok(())
    }
}

impl From<u64> for OrdinalRange {
    fn from(ordinal: u64) -> Self {
        Self {
            first: ordinal,
            last: Some(ordinal),
        }
    }
}

impl From<RangeInclusive<u64>> for OrdinalRange {
    fn from(range: RangeInclusive<u64>) -> Self {
        Self {
            first: *range.start(),
            last: Some(*range.end()),
        }
    }
}

impl From<RangeFrom<u64>> for OrdinalRange {
    fn from(range: RangeFrom<u64>) -> Self {
        Self {
            first: range.start,
            last: None,
        }
    }
}

impl fmt::Display for OrdinalRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            Some(last) if last == self.first => write!(f, "{last}"),
            Some(last) => write!(f, "{}..{last}", self.first),
            None => write!(f, "{}..", self.first),
        }
    }
}

impl FromStr for OrdinalRange {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidFault::new("range", text, EXPECTED);
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| invalid());
        let range = match text.split_once("..") {
            None => Self::from(number(text)?),
            Some((first, "")) => Self {
                first: number(first)?,
                last: None,
            },
            Some((first, last)) => Self {
                first: number(first)?,
                last: Some(number(last)?),
            },
        };
        range.validate("range")?;
        Ok(range)
    }
}

impl Serialize for OrdinalRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.last == Some(self.first) {
            serializer.serialize_u64(self.first)
        } else {
            serializer.collect_str(self)
        }
    }
}

impl<'de> Deserialize<'de> for OrdinalRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RangeVisitor;

        impl Visitor<'_> for RangeVisitor {
            type Value = OrdinalRange;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_u64<E: serde::de::Error>(self, ordinal: u64) -> Result<Self::Value, E> {
                if ordinal == 0 {
                    return Err(E::invalid_value(Unexpected::Unsigned(ordinal), &self));
                }
                Ok(ordinal.into())
            }

            fn visit_i64<E: serde::de::Error>(self, ordinal: i64) -> Result<Self::Value, E> {
                let unsigned = u64::try_from(ordinal)
                    .map_err(|_| E::invalid_value(Unexpected::Signed(ordinal), &self))?;
                self.visit_u64(unsigned)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                text.parse()
                    .map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(RangeVisitor)
    }
}

impl JsonSchema for OrdinalRange {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OrdinalRange".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "a 1-based number or an inclusive range",
            "anyOf": [
                { "type": "integer", "minimum": 1 },
                { "type": "string", "pattern": "^[1-9][0-9]*(\\.\\.([1-9][0-9]*)?)?$" },
            ],
            "examples": [1, "1..3", "2.."],
        })
    }
}
