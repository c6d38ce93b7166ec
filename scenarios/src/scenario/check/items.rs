//! Numbers of spans and log records.

use std::{borrow::Cow, collections::BTreeSet, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Numbers of spans or log records, both ends included: `0..9`, `7`, or `0..9, 20..29`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemRanges(BTreeSet<u64>);

/// No text names more items; a scenario emits a few thousand.
const MOST: u64 = 1_000_000;

impl ItemRanges {
    /// All the numbers.
    pub fn numbers(&self) -> &BTreeSet<u64> {
        &self.0
    }
}

impl FromIterator<u64> for ItemRanges {
    fn from_iter<I: IntoIterator<Item = u64>>(numbers: I) -> Self {
        Self(numbers.into_iter().collect())
    }
}

/// A text that names no items.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` names no items: write `0..9` (both included), `7`, or several of them with commas"
)]
#[non_exhaustive]
pub struct InvalidItems {
    /// What was written.
    pub text: String,
}

impl FromStr for ItemRanges {
    type Err = InvalidItems;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidItems {
            text: text.to_owned(),
        };
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| invalid());
        let mut numbers = BTreeSet::new();
        for part in text.split(',') {
            let (first, last) = match part.split_once("..") {
                Some((first, last)) => (number(first)?, number(last)?),
                None => (number(part)?, number(part)?),
            };
            if first > last || last > MOST {
                return Err(invalid());
            }
            numbers.extend(first..=last);
        }
        Ok(Self(numbers))
    }
}

impl fmt::Display for ItemRanges {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for number in &self.0 {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == *number => *last = *number,
                Some(_) | None => ranges.push((*number, *number)),
            }
        }
        if ranges.is_empty() {
            return formatter.write_str("none");
        }
        for (index, (first, last)) in ranges.iter().enumerate() {
            if index > 0 {
                formatter.write_str(", ")?;
            }
            if first == last {
                write!(formatter, "{first}")?;
            } else {
                write!(formatter, "{first}..{last}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for ItemRanges {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ItemRanges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemRangesVisitor)
    }
}

struct ItemRangesVisitor;

impl de::Visitor<'_> for ItemRangesVisitor {
    type Value = ItemRanges;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("numbers of items, such as `0..9`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }
}

impl JsonSchema for ItemRanges {
    fn schema_name() -> Cow<'static, str> {
        "Items".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "integer"],
            "description": "Numbers of spans or log records, both ends included: `0..9`, `7`, or `0..9, 20..29`.",
            "examples": ["0..9", "0..9, 20..29"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ranges_and_prints_them_again() {
        for (text, count, shown) in [
            ("0..9", 10, "0..9"),
            ("7", 1, "7"),
            ("0..2, 3, 9..10", 6, "0..3, 9..10"),
        ] {
            let items: ItemRanges = text.parse().expect(text);
            assert_eq!(items.numbers().len(), count, "{text}");
            assert_eq!(items.to_string(), shown, "{text}");
        }
        assert_eq!(ItemRanges::default().to_string(), "none");
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "9..0", "a", "1..", "0..99999999999"] {
            assert!(text.parse::<ItemRanges>().is_err(), "{text}");
        }
    }
}
