//! Strings, and the attributes that are made of them: nearly always short and ASCII.

use super::wire::{Malformed, Walked};

/// Checks that a string is UTF-8.
#[inline]
pub(super) fn check(bytes: &[u8]) -> Walked<()> {
    if is_ascii(bytes) {
        return Ok(());
    }
    std::str::from_utf8(bytes)
        .map(drop)
        .map_err(|_| Malformed("a string is not UTF-8"))
}

/// Whether all bytes are ASCII. For short strings the standard library's function costs more than the look itself.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    let Some(last) = bytes.last_chunk() else {
        return bytes.iter().fold(0, |bits, byte| bits | byte) < 0x80;
    };
    let (words, _) = bytes.as_chunks();
    // The last word may overlap the one before: so there is no tail.
    let bits = words.iter().fold(u64::from_ne_bytes(*last), |bits, word| {
        bits | u64::from_ne_bytes(*word)
    });
    bits & HIGH_BITS == 0
}

/// Whether these bytes are a `KeyValue` of a key and a text in their usual order, all of it short and ASCII.
///
/// Then it is in order, and there is nothing more to look at. If all its bytes are ASCII, its lengths take one byte
/// each and its texts are UTF-8: one look at the bytes and seven at the structure are enough.
#[inline]
pub(super) fn is_plain_attribute(bytes: &[u8]) -> bool {
    is_ascii(bytes) && has_plain_structure(bytes).is_some()
}

#[inline]
fn has_plain_structure(bytes: &[u8]) -> Option<()> {
    /// Field 1, length-delimited: the key of a `KeyValue`, the text of an `AnyValue`.
    const FIRST: u8 = 0x0a;
    /// Field 2, length-delimited: the value of a `KeyValue`.
    const VALUE: u8 = 0x12;

    let [FIRST, key_length, key_and_rest @ ..] = bytes else {
        return None;
    };
    let [VALUE, value_length, FIRST, text_length, text @ ..] =
        key_and_rest.get(usize::from(*key_length)..)?
    else {
        return None;
    };
    let fits = usize::from(*text_length) == text.len() && *value_length == *text_length + 2;
    fits.then_some(())
}
