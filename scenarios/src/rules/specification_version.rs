//! Releases of the OpenTelemetry specification.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A release of the OpenTelemetry specification, such as `1.60.0`. Ordered by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecificationVersion {
    major: u32,
    minor: u32,
    patch: u32,
}

/// A text that is not a release of the specification.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a release of the specification: write `1.60.0`")]
#[non_exhaustive]
pub struct InvalidSpecificationVersion {
    /// What was written.
    pub text: String,
}

impl FromStr for SpecificationVersion {
    type Err = InvalidSpecificationVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidSpecificationVersion {
            text: text.to_owned(),
        };
        let numbers: Vec<u32> = text
            .split('.')
            .map(|part| part.parse().map_err(|_| invalid()))
            .collect::<Result<_, _>>()?;
        match numbers[..] {
            [major, minor, patch] => Ok(Self {
                major,
                minor,
                patch,
            }),
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for SpecificationVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            major,
            minor,
            patch,
        } = self;
        write!(formatter, "{major}.{minor}.{patch}")
    }
}

impl Serialize for SpecificationVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SpecificationVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl JsonSchema for SpecificationVersion {
    fn schema_name() -> Cow<'static, str> {
        "SpecificationVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A release of the OpenTelemetry specification.",
            "examples": ["1.60.0"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_ordered_by_number_not_by_letter() {
        let version = |text: &str| text.parse::<SpecificationVersion>().expect(text);
        assert!(version("1.9.0") < version("1.10.0"));
        assert!(version("1.60.0") < version("1.60.1"));
        assert_eq!(version("1.60.0").to_string(), "1.60.0");
        for text in ["", "1.60", "1.60.0.1", "v1.60.0", "1.-1.0"] {
            assert!(text.parse::<SpecificationVersion>().is_err(), "{text}");
        }
    }
}
