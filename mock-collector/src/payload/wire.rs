//! The protobuf wire format: keys, numbers, lengths, and what is skipped.
//!
//! Every function takes what is left of a message and returns what is left after it: so the place stays in a register.

/// How deep messages may nest, as in prost.
pub(super) const DEPTH: u32 = 100;

pub(super) const VARINT: u8 = 0;
pub(super) const SIXTY_FOUR_BIT: u8 = 1;
pub(super) const LENGTH_DELIMITED: u8 = 2;
const START_GROUP: u8 = 3;
const END_GROUP: u8 = 4;
pub(super) const THIRTY_TWO_BIT: u8 = 5;

/// The bytes are no protobuf message; the text says why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Malformed(pub(super) &'static str);

pub(super) type Walked<T> = Result<T, Malformed>;

/// The number of a field and its wire type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) number: u32,
    pub(super) wire_type: u8,
}

/// The key of the next field.
#[inline]
pub(super) fn key(rest: &[u8]) -> Walked<(Key, &[u8])> {
    let (key, rest) = varint(rest)?;
    let key = u32::try_from(key).map_err(|_| Malformed("a field number is too large"))?;
    let key = Key {
        number: key >> 3,
        wire_type: (key & 7) as u8,
    };
    if key.number == 0 {
        return Err(Malformed("field number 0"));
    }
    if key.wire_type > THIRTY_TWO_BIT {
        return Err(Malformed("an unknown wire type"));
    }
    Ok((key, rest))
}

/// A number. Most stand in one byte, and most lengths of messages in two.
#[inline]
pub(super) fn varint(rest: &[u8]) -> Walked<(u64, &[u8])> {
    match rest {
        [byte, rest @ ..] if *byte < 0x80 => Ok((u64::from(*byte), rest)),
        [low, high, rest @ ..] if *high < 0x80 => {
            Ok((u64::from(low & 0x7f) | u64::from(*high) << 7, rest))
        }
        _ => long_varint(rest),
    }
}

#[inline(never)]
fn long_varint(rest: &[u8]) -> Walked<(u64, &[u8])> {
    let mut value = 0;
    for (index, byte) in rest.iter().take(10).enumerate() {
        // The tenth byte has room for one bit.
        if index == 9 && *byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, &rest[index + 1..]));
        }
    }
    Err(Malformed("a number ends early or is too long"))
}

/// What stands after its length.
#[inline]
pub(super) fn delimited(rest: &[u8]) -> Walked<(&[u8], &[u8])> {
    let (length, rest) = varint(rest)?;
    let length = usize::try_from(length).map_err(|_| Malformed("a length is too large"))?;
    take(rest, length)
}

/// So many bytes.
#[inline]
pub(super) fn take(rest: &[u8], length: usize) -> Walked<(&[u8], &[u8])> {
    rest.split_at_checked(length)
        .ok_or(Malformed("it ends early"))
}

/// Skips a field that is not known.
pub(super) fn skip(rest: &[u8], key: Key, depth: u32) -> Walked<&[u8]> {
    let depth = deeper(depth)?;
    Ok(match key.wire_type {
        VARINT => varint(rest)?.1,
        SIXTY_FOUR_BIT => take(rest, 8)?.1,
        THIRTY_TWO_BIT => take(rest, 4)?.1,
        LENGTH_DELIMITED => delimited(rest)?.1,
        START_GROUP => skip_group(rest, key.number, depth)?,
        _ => return Err(Malformed("a group ends that was not open")),
    })
}

fn skip_group(mut rest: &[u8], number: u32, depth: u32) -> Walked<&[u8]> {
    loop {
        let (inner, after) = key(rest)?;
        if inner.wire_type != END_GROUP {
            rest = skip(after, inner, depth)?;
        } else if inner.number == number {
            return Ok(after);
        } else {
            return Err(Malformed("a group ends that was not open"));
        }
    }
}

/// The depth that is left inside a message.
#[inline]
pub(super) fn deeper(depth: u32) -> Walked<u32> {
    depth.checked_sub(1).ok_or(Malformed("nested too deeply"))
}
