//! What all messages are written with.
#![cfg_attr(
    not(feature = "metrics"),
    expect(dead_code, reason = "only metrics have fields of all kinds")
)]

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A message in its JSON form.
pub(super) struct Json<'a, T: ?Sized>(pub(super) &'a T);

/// A message whose fields are written one after the other.
pub(super) trait Message {
    /// Writes the fields that are not at their default.
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error>;
}

impl<T: Message> Serialize for Json<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = Fields(serializer.serialize_map(None)?);
        self.0.write(&mut fields)?;
        fields.0.end()
    }
}

/// The fields of one message.
pub(super) struct Fields<S>(S);

impl<S: SerializeMap> Fields<S> {
    /// Any value, whatever it is.
    pub(super) fn entry(
        &mut self,
        key: &'static str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), S::Error> {
        self.0.serialize_entry(key, value)
    }

    /// A string.
    pub(super) fn text(&mut self, key: &'static str, value: &str) -> Result<(), S::Error> {
        if value.is_empty() {
            return Ok(());
        }
        self.entry(key, value)
    }

    /// A trace or span id: hex.
    pub(super) fn id(&mut self, key: &'static str, value: &[u8]) -> Result<(), S::Error> {
        if value.is_empty() {
            return Ok(());
        }
        self.entry(key, &Hex(value))
    }

    /// A boolean.
    pub(super) fn flag(&mut self, key: &'static str, value: bool) -> Result<(), S::Error> {
        if !value {
            return Ok(());
        }
        self.entry(key, &true)
    }

    /// An integer of 32 bits, or an enumeration.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        value: impl Into<i64>,
    ) -> Result<(), S::Error> {
        match value.into() {
            0 => Ok(()),
            value => self.entry(key, &value),
        }
    }

    /// An unsigned integer of 64 bits.
    pub(super) fn long(&mut self, key: &'static str, value: u64) -> Result<(), S::Error> {
        if value == 0 {
            return Ok(());
        }
        self.entry(key, &Long(value))
    }

    /// A double whose presence means something.
    pub(super) fn optional_double(
        &mut self,
        key: &'static str,
        value: Option<f64>,
    ) -> Result<(), S::Error> {
        match value {
            None => Ok(()),
            Some(value) => self.entry(key, &Double(value)),
        }
    }

    /// A double. Zero is left out, but minus zero is not.
    pub(super) fn double(&mut self, key: &'static str, value: f64) -> Result<(), S::Error> {
        self.optional_double(key, (value.to_bits() != 0).then_some(value))
    }

    /// A message.
    pub(super) fn message<M: Message>(
        &mut self,
        key: &'static str,
        value: Option<&M>,
    ) -> Result<(), S::Error> {
        match value {
            None => Ok(()),
            Some(value) => self.entry(key, &Json(value)),
        }
    }

    /// A list of messages.
    pub(super) fn messages<M: Message>(
        &mut self,
        key: &'static str,
        values: &[M],
    ) -> Result<(), S::Error> {
        self.list(key, values, Json)
    }

    /// A list of strings.
    pub(super) fn texts(&mut self, key: &'static str, values: &[String]) -> Result<(), S::Error> {
        self.list(key, values, String::as_str)
    }

    /// A list of unsigned integers of 64 bits.
    pub(super) fn longs(&mut self, key: &'static str, values: &[u64]) -> Result<(), S::Error> {
        self.list(key, values, |value| Long(*value))
    }

    /// A list of doubles.
    pub(super) fn doubles(&mut self, key: &'static str, values: &[f64]) -> Result<(), S::Error> {
        self.list(key, values, |value| Double(*value))
    }

    fn list<'a, T, W: Serialize + 'a>(
        &mut self,
        key: &'static str,
        values: &'a [T],
        written: impl Fn(&'a T) -> W,
    ) -> Result<(), S::Error> {
        if values.is_empty() {
            return Ok(());
        }
        self.entry(key, &List { values, written })
    }
}

struct List<'a, T, F> {
    values: &'a [T],
    written: F,
}

impl<'a, T, W: Serialize, F: Fn(&'a T) -> W> Serialize for List<'a, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.values.iter().map(&self.written))
    }
}

/// An integer of 64 bits: a decimal string.
pub(super) struct Long<I>(pub(super) I);

impl<I: std::fmt::Display> Serialize for Long<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A double: a number where JSON has one for it, else a string.
pub(super) struct Double(pub(super) f64);

impl Serialize for Double {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            serializer.serialize_f64(self.0)
        } else if self.0.is_nan() {
            serializer.serialize_str("NaN")
        } else if self.0 > 0.0 {
            serializer.serialize_str("Infinity")
        } else {
            serializer.serialize_str("-Infinity")
        }
    }
}

/// The bytes of a trace or span id: hex.
struct Hex<'a>(&'a [u8]);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use std::fmt::Write;
        let mut text = String::with_capacity(self.0.len() * 2);
        for byte in self.0 {
            write!(text, "{byte:02x}").map_err(serde::ser::Error::custom)?;
        }
        serializer.serialize_str(&text)
    }
}
