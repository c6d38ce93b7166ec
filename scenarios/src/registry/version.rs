//! Versions as SDKs write them, and ranges of them.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

/// A range of versions: `>=1.40, <1.45`, `=0.33.1`, `2` (any 2.x.y).
///
/// Syntax and meaning are those of Cargo's version requirements.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct VersionRange(#[schemars(with = "String")] VersionReq);

/// A text that is no range of versions.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is no range of versions, such as `>=1.40, <1.45`")]
#[non_exhaustive]
pub struct VersionRangeError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    #[source]
    pub cause: semver::Error,
}

impl VersionRange {
    /// Whether `version`, as its SDK writes it, is in the range. What cannot be read as a version is in none.
    pub fn contains(&self, version: &str) -> bool {
        lenient_version(version).is_some_and(|version| self.0.matches(&version))
    }
}

impl FromStr for VersionRange {
    type Err = VersionRangeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        VersionReq::parse(text)
            .map(Self)
            .map_err(|cause| VersionRangeError {
                text: text.to_owned(),
                cause,
            })
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The first version in `text`: one to three numbers with dots between them. `None` where there is no number.
///
/// What follows the numbers (`-rc.1`, `b0`, `+incompatible`) does not count: not all ecosystems agree on its meaning.
pub fn lenient_version(text: &str) -> Option<Version> {
    let text = &without_colours(text);
    let from = text.find(|character: char| character.is_ascii_digit())?;
    let mut numbers = text[from..]
        .split('.')
        .map_while(|part| {
            let digits = part
                .find(|character: char| !character.is_ascii_digit())
                .unwrap_or(part.len());
            let number: u64 = part[..digits].parse().ok()?;
            Some((number, digits == part.len()))
        })
        .scan(true, |goes_on, (number, is_whole)| {
            let taken = goes_on.then_some(number);
            *goes_on = is_whole;
            taken
        });
    let major = numbers.next()?;
    let minor = numbers.next().unwrap_or(0);
    let patch = numbers.next().unwrap_or(0);
    Some(Version::new(major, minor, patch))
}

/// `text` without the sequences with which programs colour what they print, some of them also into a pipe.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default();
    std::iter::once(first)
        .chain(parts.map(|part| part.split_once('m').map_or(part, |(_, rest)| rest)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_programs_print_them() {
        for (text, version) in [
            ("Python 3.11.2", Some((3, 11, 2))),
            ("go version go1.24.1 linux/amd64", Some((1, 24, 1))),
            ("v22.3.0", Some((22, 3, 0))),
            ("openjdk 17 2021-09-14", Some((17, 0, 0))),
            ("1.45.0.dev0", Some((1, 45, 0))),
            ("0.66b0", Some((0, 66, 0))),
            ("1.2-rc.1", Some((1, 2, 0))),
            ("\x1b[1mApache Maven 3.8.7\x1b[m", Some((3, 8, 7))),
            ("none", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(
                lenient_version(text),
                version.map(|(major, minor, patch)| Version::new(major, minor, patch)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_range_contains_what_lies_in_it_and_nothing_that_is_no_version() {
        let range: VersionRange = ">=1.40, <1.45".parse().expect("a range");
        assert!(range.contains("1.40.0"));
        assert!(range.contains("v1.44.9"));
        assert!(!range.contains("1.45.0"));
        assert!(!range.contains("unknown"));
        assert!("1.40 or so".parse::<VersionRange>().is_err());
    }
}
