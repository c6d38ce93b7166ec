//! A JSON object and where it stands.

use std::fmt;

use serde_json::{Map, Value};

use super::Decoded;
use crate::payload::PayloadError;

/// Where a value stands, for errors.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("request"),
            Self::Key(parent, key) => write!(f, "{parent}.{key}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

impl Path<'_> {
    /// An error at this place.
    pub(super) fn expected(&self, what: &str, found: &Value) -> PayloadError {
        let found = match found {
            Value::Null => "null".to_owned(),
            Value::Bool(_) | Value::Number(_) => found.to_string(),
            Value::String(text) => format!(
                "\"{}\"",
                text.chars().take(40).collect::<String>().escape_debug()
            ),
            Value::Array(_) => "an array".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        };
        PayloadError::Json(format!("{self}: expected {what}, found {found}"))
    }
}

/// A JSON object whose keys are read by name; the others are ignored.
pub(super) struct Object<'a> {
    map: &'a Map<String, Value>,
    pub(super) path: &'a Path<'a>,
}

impl<'a> Object<'a> {
    pub(super) fn of(value: &'a Value, path: &'a Path<'a>) -> Decoded<Self> {
        match value {
            Value::Object(map) => Ok(Self { map, path }),
            other => Err(path.expected("an object", other)),
        }
    }

    /// The value of a key; `null` is as good as absent.
    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// The value of a key, read by `read`, if it is there.
    pub(super) fn optional<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Value, &Path<'_>) -> Decoded<T>,
    ) -> Decoded<Option<T>> {
        self.value(key)
            .map(|value| read(value, &Path::Key(self.path, key)))
            .transpose()
    }

    /// The same, or the default of its type.
    pub(super) fn scalar<T: Default>(
        &self,
        key: &str,
        read: impl FnOnce(&Value, &Path<'_>) -> Decoded<T>,
    ) -> Decoded<T> {
        Ok(self.optional(key, read)?.unwrap_or_default())
    }

    /// The message under a key, if it is there.
    pub(super) fn message<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Object<'_>) -> Decoded<T>,
    ) -> Decoded<Option<T>> {
        self.optional(key, |value, path| read(&Object::of(value, path)?))
    }

    /// The list under a key; absent, it is empty.
    pub(super) fn list<T>(
        &self,
        key: &str,
        mut read: impl FnMut(&Value, &Path<'_>) -> Decoded<T>,
    ) -> Decoded<Vec<T>> {
        let list = self.optional(key, |value, path| match value {
            Value::Array(values) => values
                .iter()
                .enumerate()
                .map(|(index, value)| read(value, &Path::Index(path, index)))
                .collect(),
            other => Err(path.expected("an array", other)),
        })?;
        Ok(list.unwrap_or_default())
    }

    /// The list of messages under a key.
    pub(super) fn messages<T>(
        &self,
        key: &str,
        mut read: impl FnMut(&Object<'_>) -> Decoded<T>,
    ) -> Decoded<Vec<T>> {
        self.list(key, |value, path| read(&Object::of(value, path)?))
    }

    /// Refuses an object that has more than one of these keys: they are the choices of one field.
    pub(super) fn at_most_one(&self, keys: &[&str]) -> Decoded<()> {
        let mut present = keys.iter().filter(|key| self.value(key).is_some());
        match (present.next(), present.next()) {
            (Some(one), Some(other)) => Err(PayloadError::Json(format!(
                "{}: `{one}` and `{other}` exclude each other",
                self.path
            ))),
            _ => Ok(()),
        }
    }
}
