//! Checks a protobuf body and counts its items without decoding it.
//!
//! A decode costs about 500 ns and eight allocations a data point; this walk takes about 30 ns and allocates nothing. It
//! accepts what prost accepts, and nothing else: a property test holds one against the other.

use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;

use super::PayloadError;
use super::shape::{self, Field, Shape};
use super::text;
use super::wire::{
    DEPTH, LENGTH_DELIMITED, Malformed, SIXTY_FOUR_BIT, THIRTY_TWO_BIT, VARINT, Walked, deeper,
    delimited, key, skip, take, varint,
};
use crate::signal::Signal;

/// Counts the items of a body.
pub(super) fn count(signal: Signal, plain: &[u8]) -> Result<u64, PayloadError> {
    let shape = match signal {
        Signal::Metrics => &shape::METRICS,
        Signal::Traces => &shape::TRACES,
        Signal::Logs => &shape::LOGS,
        Signal::Profiles => &shape::PROFILES,
    };
    let mut items = 0;
    message(plain, shape, DEPTH, &mut items)
        .map_err(|Malformed(what)| PayloadError::Protobuf(what.to_owned()))?;
    Ok(items)
}

/// The resources of a body that was found to be in order, without the rest of it.
///
/// In every signal they are field 1 of each element of field 1.
pub(super) fn resources(plain: &[u8]) -> Vec<Resource> {
    let mut found = Vec::new();
    // What is out of order was refused before: it has no resources.
    let _ = each_message(plain, 1, |element| {
        let mut resource = Resource::default();
        each_message(element, 1, |part| {
            resource
                .merge(part)
                .map_err(|_| Malformed("a resource cannot be decoded"))
        })?;
        found.push(resource);
        Ok(())
    });
    found
}

/// Calls `each` for every message in the field with this number.
fn each_message<'a>(
    mut rest: &'a [u8],
    wanted: u32,
    mut each: impl FnMut(&'a [u8]) -> Walked<()>,
) -> Walked<()> {
    while !rest.is_empty() {
        let (key, after) = key(rest)?;
        rest = if key.number == wanted && key.wire_type == LENGTH_DELIMITED {
            let (inside, after) = delimited(after)?;
            each(inside)?;
            after
        } else {
            skip(after, key, DEPTH)?
        };
    }
    Ok(())
}

/// The order of the questions is that of how often they are answered with yes.
fn message(mut rest: &[u8], shape: &Shape, depth: u32, items: &mut u64) -> Walked<()> {
    while let Some((&key, after)) = rest.split_first() {
        let (number, wire_type) = (key >> 3, key & 7);
        rest = if key >= LONG_KEY {
            any_field(rest, shape, depth, items)?
        } else if wire_type == SIXTY_FOUR_BIT && shape.has_fixed64(number) {
            take(after, 8)?.1
        } else if wire_type == LENGTH_DELIMITED && number != 0 {
            let (inside, after) = delimited(after)?;
            let field = shape.field(u32::from(number));
            content(inside, field, depth, items)?;
            match field {
                Field::Attribute => plain_attributes(after, key, depth),
                _ => after,
            }
        } else if wire_type == VARINT && shape.has_varint(number) {
            varint(after)?.1
        } else {
            any_field(rest, shape, depth, items)?
        };
    }
    Ok(())
}

/// A key that takes several bytes starts with such a byte.
const LONG_KEY: u8 = 0x80;

/// A field as `message` does not expect it: of four bytes, not known, or with a key of several bytes.
#[inline(never)]
fn any_field<'a>(rest: &'a [u8], shape: &Shape, depth: u32, items: &mut u64) -> Walked<&'a [u8]> {
    let (key, rest) = key(rest)?;
    match (shape.field(key.number), key.wire_type) {
        (Field::Unknown, _) => skip(rest, key, depth),
        (field, LENGTH_DELIMITED) => {
            let (inside, rest) = delimited(rest)?;
            content(inside, field, depth, items)?;
            Ok(rest)
        }
        (Field::Varint | Field::Varints, VARINT) => Ok(varint(rest)?.1),
        (Field::Fixed32, THIRTY_TWO_BIT) => Ok(take(rest, 4)?.1),
        (Field::Fixed64 | Field::Fixed64s, SIXTY_FOUR_BIT) => Ok(take(rest, 8)?.1),
        _ => Err(WRONG_WIRE_TYPE),
    }
}

/// What stands in a length-delimited field.
#[expect(
    clippy::inline_always,
    reason = "called twice, it would be a call within every field"
)]
#[inline(always)]
fn content(inside: &[u8], field: Field, depth: u32, items: &mut u64) -> Walked<()> {
    match field {
        Field::Message(shape) => message(inside, shape, deeper(depth)?, items),
        Field::Item(shape) => {
            *items += 1;
            message(inside, shape, deeper(depth)?, items)
        }
        Field::Attribute => attribute(inside, depth, items),
        Field::Text => text::check(inside),
        Field::Bytes => Ok(()),
        Field::Fixed64s if inside.len().is_multiple_of(8) => Ok(()),
        Field::Fixed64s => Err(Malformed("packed numbers of the wrong length")),
        Field::Varints => varints(inside),
        Field::Unknown => deeper(depth).map(drop),
        Field::Varint | Field::Fixed32 | Field::Fixed64 => Err(WRONG_WIRE_TYPE),
    }
}

const WRONG_WIRE_TYPE: Malformed = Malformed("a field has the wrong wire type");

/// A plain attribute goes two levels down: to its value, and to the text of that.
const PLAIN_DEPTH: u32 = 2;

#[inline]
fn attribute(inside: &[u8], depth: u32, items: &mut u64) -> Walked<()> {
    if depth >= PLAIN_DEPTH && text::is_plain_attribute(inside) {
        return Ok(());
    }
    message(inside, &shape::KEY_VALUE, deeper(depth)?, items)
}

/// Attributes come in a row: skips those that are plain and have this key.
#[inline]
fn plain_attributes(mut rest: &[u8], key: u8, depth: u32) -> &[u8] {
    while depth >= PLAIN_DEPTH
        && let [next, length, after @ ..] = rest
        && *next == key
        && *length < 0x80
        && let Some((inside, after)) = after.split_at_checked(usize::from(*length))
        && text::is_plain_attribute(inside)
    {
        rest = after;
    }
    rest
}

fn varints(mut rest: &[u8]) -> Walked<()> {
    while !rest.is_empty() {
        rest = varint(rest)?.1;
    }
    Ok(())
}
