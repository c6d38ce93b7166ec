//! The table of texts of a request.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::ops::Range;

use prost::encoding::{WireType, encode_key, encode_varint};

/// The field of the request that holds texts.
const SYMBOLS: u32 = 4;

/// Texts, each once, written as they come; the first is empty.
///
/// Spec: Remote-Write 2.0, "Symbols" (MUST).
pub(super) struct Symbols {
    bytes: Vec<u8>,
    /// Where each text is in `bytes`.
    texts: Vec<Range<usize>>,
    /// The places of texts, by their hash. Where two texts have one hash, the second is under the next that is free.
    places: HashMap<u64, u32>,
    hasher: RandomState,
}

impl Default for Symbols {
    fn default() -> Self {
        let mut symbols = Self {
            bytes: Vec::new(),
            texts: Vec::new(),
            places: HashMap::new(),
            hasher: RandomState::new(),
        };
        symbols.place("");
        symbols
    }
}

impl Symbols {
    /// The place of `text`, which is often at `likely`.
    pub(super) fn place_like(&mut self, likely: u32, text: &str) -> u32 {
        if self.holds(likely, text) {
            return likely;
        }
        self.place(text)
    }

    /// The place of `text`.
    pub(super) fn place(&mut self, text: &str) -> u32 {
        let mut hash = self.hasher.hash_one(text);
        while let Some(place) = self.places.get(&hash) {
            if self.holds(*place, text) {
                return *place;
            }
            hash = hash.wrapping_add(1);
        }
        // More than that would have filled the memory before.
        let place = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        encode_key(SYMBOLS, WireType::LengthDelimited, &mut self.bytes);
        encode_varint(text.len() as u64, &mut self.bytes);
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text.as_bytes());
        self.texts.push(start..self.bytes.len());
        self.places.insert(hash, place);
        place
    }

    /// The table, as the beginning of a request.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn holds(&self, place: u32, text: &str) -> bool {
        self.texts
            .get(place as usize)
            .is_some_and(|range| self.bytes[range.clone()] == *text.as_bytes())
    }
}
