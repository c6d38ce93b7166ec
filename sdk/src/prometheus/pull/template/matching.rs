//! Which points of two collections are of the same series.

use std::collections::HashMap;
use std::ptr;

use opentelemetry::{Array, KeyValue, Value};

use crate::metrics::Attributes;

/// For each of `new` the one of `known` that has the same attributes; `None` unless that is each of them, once.
///
/// Mostly they are in the same order. Where they are not, as those of observable instruments, which the SDK collects in another
/// order each time, they are looked for.
pub(super) fn counterparts<P: Attributes>(known: &[&P], new: &[&P]) -> Option<Vec<usize>> {
    if known.len() != new.len() {
        return None;
    }
    let mut pairs = known.iter().zip(new);
    if pairs.all(|(known, new)| are_same(known.attributes(), new.attributes())) {
        return Some((0..known.len()).collect());
    }
    let mut places: HashMap<Vec<&KeyValue>, usize> = known
        .iter()
        .enumerate()
        .map(|(place, point)| (sorted(*point), place))
        .collect();
    new.iter()
        .map(|point| {
            let (attributes, place) = places.remove_entry(&sorted(*point))?;
            let is_same = are_same(attributes, sorted(*point));
            is_same.then_some(place)
        })
        .collect()
}

/// In the order in which a batch has them.
fn sorted(point: &impl Attributes) -> Vec<&KeyValue> {
    let mut attributes: Vec<&KeyValue> = point.attributes().collect();
    attributes.sort_by(|one, two| one.key.cmp(&two.key));
    attributes
}

/// Whether all texts of both are the same.
pub(super) fn are_same<'a>(
    one: impl IntoIterator<Item = &'a KeyValue>,
    other: impl IntoIterator<Item = &'a KeyValue>,
) -> bool {
    let is_same = |one: &KeyValue, other: &KeyValue| {
        is_same_text(one.key.as_str(), other.key.as_str())
            && is_same_value(&one.value, &other.value)
    };
    let mut other = other.into_iter();
    one.into_iter()
        .all(|one| other.next().is_some_and(|other| is_same(one, other)))
        && other.next().is_none()
}

/// A text that is static is in the same place in both, and need not be read.
fn is_same_text(one: &str, other: &str) -> bool {
    ptr::eq(one, other) || one == other
}

/// Numbers are compared by their bits: the two zeros are different texts.
fn is_same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => is_same_text(one.as_str(), other.as_str()),
        (Value::F64(one), Value::F64(other)) => one.to_bits() == other.to_bits(),
        (Value::Array(Array::F64(one)), Value::Array(Array::F64(other))) => {
            let bits = |numbers: &[f64]| numbers.iter().map(|one| one.to_bits()).collect();
            let (one, other): (Vec<u64>, Vec<u64>) = (bits(one), bits(other));
            one == other
        }
        (one, other) => one == other,
    }
}
