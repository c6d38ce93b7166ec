//! How attempts of the same export are recognised.

use std::collections::{HashMap, VecDeque};
use std::fmt;

use serde::{Serialize, Serializer};
use xxhash_rust::xxh3::xxh3_128;

use crate::signal::Signal;

/// A hash of the decompressed bytes of a payload. Not cryptographic: it tells payloads apart, it does not prove anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity(u128);

impl Identity {
    /// The identity of these bytes.
    pub fn of(plain: &[u8]) -> Self {
        Self(xxh3_128(plain))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Unacknowledged exports that are remembered for each signal. More than that many abandoned exports, and the oldest is
/// forgotten: sent again, it counts as a new export.
const REMEMBERED: usize = 16_384;

/// The exports of one journal that may still be retried.
///
/// A request is a retry if its bytes are those of an earlier request of the same signal that was not acknowledged
/// (decision 9 of the design). Bytes that were acknowledged and come again are a new export, and a repetition.
#[derive(Debug, Default)]
pub(crate) struct Exports {
    by_signal: HashMap<Signal, SignalExports>,
}

#[derive(Debug, Default)]
struct SignalExports {
    ordinal: u64,
    open: HashMap<Identity, OpenExport>,
    order: VecDeque<Identity>,
}

#[derive(Debug)]
struct OpenExport {
    ordinal: u64,
    attempts: u32,
    has_ended: bool,
}

impl Exports {
    /// The export and the attempt that a request with these bytes is.
    pub(crate) fn attempt(&mut self, signal: Signal, identity: Identity) -> (u64, u32) {
        let exports = self.by_signal.entry(signal).or_default();
        if let Some(known) = exports.open.get_mut(&identity) {
            known.attempts = known.attempts.saturating_add(1);
            return (known.ordinal, known.attempts);
        }
        exports.ordinal += 1;
        exports.open.insert(
            identity,
            OpenExport {
                ordinal: exports.ordinal,
                attempts: 1,
                has_ended: false,
            },
        );
        exports.order.push_back(identity);
        exports.forget_oldest();
        (exports.ordinal, 1)
    }

    /// An attempt has ended; whether it is the first of its export that has.
    ///
    /// Once it was acknowledged, the same bytes are a new export.
    pub(crate) fn ended(&mut self, signal: Signal, identity: Identity, acknowledged: bool) -> bool {
        let Some(exports) = self.by_signal.get_mut(&signal) else {
            return false;
        };
        let open = exports.open.get_mut(&identity);
        let first = open.is_some_and(|open| !std::mem::replace(&mut open.has_ended, true));
        if acknowledged {
            exports.open.remove(&identity);
        }
        first
    }
}

impl SignalExports {
    fn forget_oldest(&mut self) {
        // Acknowledged exports leave their identity in the order: they are swept when they reach its front.
        while let Some(oldest) = self.order.front() {
            if self.open.contains_key(oldest) && self.open.len() <= REMEMBERED {
                break;
            }
            self.open.remove(oldest);
            self.order.pop_front();
        }
    }
}
