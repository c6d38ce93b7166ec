//! Where a value stands in a file: a second reading that keeps places and forgets types.
//!
//! Only used once something is known to be wrong, so that the types of scenarios stay free of places.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

use super::{Place, SourceFile};

/// A step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// The value of this key.
    Name(String),
    /// The n-th element, 0 being the first.
    Index(usize),
}

impl From<&str> for Key {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<usize> for Key {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// The way to a value from the top of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Way(Vec<Key>);

impl Way {
    /// One step further.
    #[must_use]
    pub(crate) fn to(&self, key: impl Into<Key>) -> Self {
        let mut keys = self.0.clone();
        keys.push(key.into());
        Self(keys)
    }
}

/// The place of the value of `key` at the top of `file`.
pub(crate) fn place_of_key(file: &SourceFile, key: &str) -> Option<Place> {
    Places::of(&file.text).find(&Way::default().to(key))
}

/// The places of all values of one file.
pub(crate) struct Places<'a> {
    text: &'a str,
    top: Option<Spanned<Node>>,
}

impl<'a> Places<'a> {
    /// Reads `text` for places.
    pub(crate) fn of(text: &'a str) -> Self {
        Self {
            text,
            top: serde_saphyr::from_str(text).ok(),
        }
    }

    /// The place of the value at the end of `way`, or of the nearest value on the way that is there.
    pub(crate) fn find(&self, way: &Way) -> Option<Place> {
        let mut here = self.top.as_ref()?;
        for key in &way.0 {
            let next = match (&here.value, key) {
                (Node::Map(entries), Key::Name(name)) => entries
                    .iter()
                    .find(|(key, _)| key.value == *name)
                    .map(|(_, value)| value),
                (Node::List(elements), Key::Index(index)) => elements.get(*index),
                _ => None,
            };
            match next {
                Some(next) => here = next,
                None => break,
            }
        }
        Place::in_text(here.referenced, self.text)
    }

    /// The place of the key itself at the end of `way`.
    pub(crate) fn find_key(&self, way: &Way) -> Option<Place> {
        let (Key::Name(last), before) = way.0.split_last()? else {
            return self.find(way);
        };
        let mut here = self.top.as_ref()?;
        for key in before {
            here = match (&here.value, key) {
                (Node::Map(entries), Key::Name(name)) => {
                    &entries.iter().find(|(key, _)| key.value == *name)?.1
                }
                (Node::List(elements), Key::Index(index)) => elements.get(*index)?,
                _ => return None,
            };
        }
        match &here.value {
            Node::Map(entries) => entries
                .iter()
                .find(|(key, _)| key.value == *last)
                .and_then(|(key, _)| Place::in_text(key.referenced, self.text)),
            _ => None,
        }
    }
}

enum Node {
    Scalar,
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(Node::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_values_and_keys_by_line_and_column() {
        let places = Places::of("id: a\nexpect:\n  - rule: X\n    attempts: { count: 2 }\n");
        let rule = Way::default().to("expect").to(0).to("rule");
        let found = |place: Option<Place>| {
            place.map(|place| (place.line, place.column, place.length_bytes))
        };
        assert_eq!(found(places.find(&rule)), Some((3, 11, 1)));
        assert_eq!(found(places.find_key(&rule)), Some((3, 5, 4)));
        let count = Way::default().to("expect").to(0).to("attempts").to("count");
        assert_eq!(found(places.find(&count)), Some((4, 24, 1)));
    }
}
