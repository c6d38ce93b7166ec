//! When a fault applies.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::timing::{optional_duration_schema, optional_duration_text};
use super::{InvalidFault, OrdinalRange, checked};
use crate::signal::{Protocol, Signal};

/// When a fault applies: every key that is present must match; an empty matcher matches every export request.
///
/// A request that is no export (an unknown path, another method) is matched only by a fault that names its `path`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Matcher {
    /// The attempt number of the same export, 1-based: `1`, `"1..3"`, `"2.."`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<OrdinalRange>,
    /// The n-th request of that signal, 1-based: a number or a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<OrdinalRange>,
    /// Every n-th request of that signal: `3` matches the third, the sixth, ...
    #[serde(
        deserialize_with = "checked::read_every",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<u64>", range(min = 1))]
    pub every: Option<u64>,
    /// The n-th export of that signal, 1-based: a number or a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<OrdinalRange>,
    /// A time window since the collector started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The signal, or a list of signals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<OneOrMany<Signal>>,
    /// The protocol, or a list of protocols.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<OneOrMany<Protocol>>,
    /// The path of the request, without its query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Headers (or gRPC metadata) by name: the value that one of them must have, or null where it must be absent.
    #[serde(
        deserialize_with = "checked::read_headers",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub header: BTreeMap<String, Option<String>>,
    /// Headers that must be absent or have another value.
    #[serde(
        deserialize_with = "checked::read_headers",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub not_header: BTreeMap<String, String>,
    /// Resource attributes that one of the resources of the request must have. Numbers and booleans are compared
    /// as they are written.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub resource: BTreeMap<String, String>,
    /// The n-th connection, 1-based, over both ports: a number or a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<OrdinalRange>,
}

impl Matcher {
    /// The first of its keys that can be judged only when the body has been read.
    pub fn needs_body(&self) -> Option<&'static str> {
        if self.attempt.is_some() {
            Some("attempt")
        } else if self.export.is_some() {
            Some("export")
        } else if !self.resource.is_empty() {
            Some("resource")
        } else {
            None
        }
    }

    /// The first of its keys that asks for more than the connection and the time.
    pub(crate) fn beyond_connection(&self) -> Option<&'static str> {
        let keys = [
            ("attempt", self.attempt.is_some()),
            ("request", self.request.is_some()),
            ("every", self.every.is_some()),
            ("export", self.export.is_some()),
            ("signal", self.signal.is_some()),
            ("protocol", self.protocol.is_some()),
            ("path", self.path.is_some()),
            ("header", !self.header.is_empty()),
            ("not_header", !self.not_header.is_empty()),
            ("resource", !self.resource.is_empty()),
        ];
        keys.into_iter()
            .find_map(|(key, present)| present.then_some(key))
    }

    pub(crate) fn validate(&self) -> Result<(), InvalidFault> {
        let ranges = [
            ("attempt", self.attempt),
            ("request", self.request),
            ("export", self.export),
            ("connection", self.connection),
        ];
        for (key, range) in ranges {
            range.map_or(Ok(()), |range| range.validate(key))?;
        }
        if let Some(every) = self.every {
            checked::positive("every", every)?;
        }
        if let Some(window) = self.window {
            window.validate()?;
        }
        self.header
            .keys()
            .try_for_each(|name| checked::header_name("header", name))?;
        self.not_header
            .keys()
            .try_for_each(|name| checked::header_name("not_header", name))?;
        Ok(())
    }
}

/// A time window since the collector started; `from` is in it, `to` is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "WindowFields")]
#[schemars(!try_from, deny_unknown_fields, default)]
pub struct Window {
    /// Where it starts; default 0s.
    #[serde(
        with = "optional_duration_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(schema_with = "optional_duration_schema")]
    pub from: Option<Duration>,
    /// Where it ends; default never.
    #[serde(
        with = "optional_duration_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(schema_with = "optional_duration_schema")]
    pub to: Option<Duration>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WindowFields {
    #[serde(with = "optional_duration_text")]
    from: Option<Duration>,
    #[serde(with = "optional_duration_text")]
    to: Option<Duration>,
}

impl TryFrom<WindowFields> for Window {
    type Error = InvalidFault;

    fn try_from(WindowFields { from, to }: WindowFields) -> Result<Self, Self::Error> {
        let window = Self { from, to };
        window.validate()?;
        Ok(window)
    }
}

impl Window {
    /// Whether this time since the start of the collector lies in the window.
    pub fn contains(self, at: Duration) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at < to)
    }

    fn validate(self) -> Result<(), InvalidFault> {
        match self.to {
            Some(to) if to <= self.from.unwrap_or_default() => Err(InvalidFault::new(
                "window.to",
                humantime::format_duration(to),
                "a time after `window.from`",
            )),
            _ => Ok(()),
        }
    }
}

/// One value or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T: PartialEq> OneOrMany<T> {
    /// Whether the value is among them.
    pub fn contains(&self, value: &T) -> bool {
        self.0.contains(value)
    }
}

impl<T> From<T> for OneOrMany<T> {
    fn from(value: T) -> Self {
        Self(vec![value])
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            many => many.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrManyVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one value or a list of at least one value")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(text.into_deserializer()).map(OneOrMany::from)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Self::Value, A::Error> {
                use serde::de::Error as _;

                let many: Vec<T> = Vec::deserialize(SeqAccessDeserializer::new(values))?;
                if many.is_empty() {
                    // No request is of none of them: the fault could never fire.
                    return Err(A::Error::invalid_length(0, &self));
                }
                Ok(OneOrMany(many))
            }
        }

        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}
