//! Checks a protobuf body and counts its items without decoding it.
//!
//! A decode costs about 500 ns and eight allocations a data point; this walk allocates nothing. It accepts what prost
//! accepts, and nothing else: a property test holds one against the other.

use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;

use super::PayloadError;
use super::shape::{self, Field, Shape};
use crate::signal::Signal;

/// How deep messages may nest, as in prost.
const DEPTH: u32 = 100;

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
        let (number, wire_type) = key(&mut rest)?;
        if number == wanted && wire_type == LENGTH_DELIMITED {
            each(delimited(&mut rest)?)?;
        } else {
            skip(&mut rest, number, wire_type, DEPTH)?;
        }
    }
    Ok(())
}

struct Malformed(&'static str);

type Walked<T> = Result<T, Malformed>;

const VARINT: u8 = 0;
const SIXTY_FOUR_BIT: u8 = 1;
const LENGTH_DELIMITED: u8 = 2;
const START_GROUP: u8 = 3;
const END_GROUP: u8 = 4;
const THIRTY_TWO_BIT: u8 = 5;

fn message(mut rest: &[u8], shape: &Shape, depth: u32, items: &mut u64) -> Walked<()> {
    while !rest.is_empty() {
        let (number, wire_type) = key(&mut rest)?;
        match (shape.field(number), wire_type) {
            (Field::Varint | Field::Varints, VARINT) => drop(varint(&mut rest)?),
            (Field::Fixed32, THIRTY_TWO_BIT) => drop(take(&mut rest, 4)?),
            (Field::Fixed64 | Field::Fixed64s, SIXTY_FOUR_BIT) => drop(take(&mut rest, 8)?),
            (Field::Varints, LENGTH_DELIMITED) => {
                let mut packed = delimited(&mut rest)?;
                while !packed.is_empty() {
                    varint(&mut packed)?;
                }
            }
            (Field::Fixed64s, LENGTH_DELIMITED) => {
                if !delimited(&mut rest)?.len().is_multiple_of(8) {
                    return Err(Malformed("packed numbers of the wrong length"));
                }
            }
            (Field::Text, LENGTH_DELIMITED) => {
                text(delimited(&mut rest)?)?;
            }
            (Field::Bytes, LENGTH_DELIMITED) => drop(delimited(&mut rest)?),
            (Field::Message(inner), LENGTH_DELIMITED) => {
                message(delimited(&mut rest)?, inner, deeper(depth)?, items)?;
            }
            (Field::Item(inner), LENGTH_DELIMITED) => {
                *items += 1;
                message(delimited(&mut rest)?, inner, deeper(depth)?, items)?;
            }
            (Field::Unknown, wire_type) => skip(&mut rest, number, wire_type, depth)?,
            _ => return Err(Malformed("a field has the wrong wire type")),
        }
    }
    Ok(())
}

/// Skips a field that is not known.
fn skip(rest: &mut &[u8], number: u32, wire_type: u8, depth: u32) -> Walked<()> {
    if depth == 0 {
        return Err(Malformed("nested too deeply"));
    }
    match wire_type {
        VARINT => drop(varint(rest)?),
        SIXTY_FOUR_BIT => drop(take(rest, 8)?),
        THIRTY_TWO_BIT => drop(take(rest, 4)?),
        LENGTH_DELIMITED => drop(delimited(rest)?),
        START_GROUP => loop {
            let (inner, wire_type) = key(rest)?;
            if wire_type != END_GROUP {
                skip(rest, inner, wire_type, depth - 1)?;
            } else if inner == number {
                break;
            } else {
                return Err(Malformed("a group ends that was not open"));
            }
        },
        _ => return Err(Malformed("a group ends that was not open")),
    }
    Ok(())
}

fn deeper(depth: u32) -> Walked<u32> {
    depth.checked_sub(1).ok_or(Malformed("nested too deeply"))
}

/// The number and the wire type of the next field. Most stand in one byte.
#[inline]
fn key(rest: &mut &[u8]) -> Walked<(u32, u8)> {
    let key = match rest.split_first() {
        Some((&byte, left)) if byte < 0x80 => {
            *rest = left;
            u32::from(byte)
        }
        _ => u32::try_from(long_varint(rest)?)
            .map_err(|_| Malformed("a field number is too large"))?,
    };
    let wire_type = (key & 7) as u8;
    let number = key >> 3;
    if number == 0 {
        return Err(Malformed("field number 0"));
    }
    if wire_type > THIRTY_TWO_BIT {
        return Err(Malformed("an unknown wire type"));
    }
    Ok((number, wire_type))
}

/// A number. Most stand in one byte.
#[inline]
fn varint(rest: &mut &[u8]) -> Walked<u64> {
    match rest.split_first() {
        Some((&byte, left)) if byte < 0x80 => {
            *rest = left;
            Ok(u64::from(byte))
        }
        _ => long_varint(rest),
    }
}

fn long_varint(rest: &mut &[u8]) -> Walked<u64> {
    let mut value = 0;
    for (index, byte) in rest.iter().take(10).enumerate() {
        // The tenth byte has room for one bit.
        if index == 9 && *byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *rest = &rest[index + 1..];
            return Ok(value);
        }
    }
    Err(Malformed("a number ends early or is too long"))
}

/// Checks that a string is UTF-8. Most are ASCII and short: eight bytes at a time are enough for them.
#[inline]
fn text(bytes: &[u8]) -> Walked<()> {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    let (words, tail) = bytes.as_chunks::<8>();
    let words = words
        .iter()
        .fold(0, |bits, word| bits | u64::from_ne_bytes(*word));
    let tail = tail.iter().fold(0, |bits, byte| bits | byte);
    if words & HIGH_BITS == 0 && tail < 0x80 {
        return Ok(());
    }
    std::str::from_utf8(bytes)
        .map(drop)
        .map_err(|_| Malformed("a string is not UTF-8"))
}

#[inline]
fn delimited<'a>(rest: &mut &'a [u8]) -> Walked<&'a [u8]> {
    let length = usize::try_from(varint(rest)?).map_err(|_| Malformed("a length is too large"))?;
    take(rest, length)
}

#[inline]
fn take<'a>(rest: &mut &'a [u8], length: usize) -> Walked<&'a [u8]> {
    let (taken, left) = rest
        .split_at_checked(length)
        .ok_or(Malformed("it ends early"))?;
    *rest = left;
    Ok(taken)
}
