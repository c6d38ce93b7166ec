//! The ledger of one signal.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::journal::{Accepted, Exchange};

/// What one signal's exports came to. Items are data points, spans, log records or profiles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SignalEntry {
    /// Exports: different payloads, and payloads that came again after they had been acknowledged.
    pub exports: u64,
    /// Requests, retries included.
    pub attempts: u64,
    /// Items of different payloads, each payload once.
    pub offered: u64,
    /// Items that were taken, each payload once.
    pub accepted: u64,
    /// Items that were rejected in a partial success, each payload once.
    pub rejected: u64,
    /// Items that were taken again: the same bytes, accepted once more.
    pub repeated: u64,
    /// For spans and log records that carry the attribute `otelbox.item`: how often each value was taken.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub by_item: BTreeMap<String, u64>,
}

impl SignalEntry {
    /// Items that were offered and never taken.
    pub fn refused(&self) -> u64 {
        self.offered.saturating_sub(self.accepted)
    }
}

/// How far a payload has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Taken {
    /// No attempt has been counted.
    #[default]
    Offered,
    /// It was counted, and nothing of it was taken.
    Seen,
    /// It was taken, all of it or a part.
    Accepted,
}

impl SignalEntry {
    /// Counts an attempt, whatever becomes of it.
    pub(super) fn offer(&mut self, exchange: &Exchange, taken: &mut Taken) {
        self.attempts += 1;
        if exchange.attempt == 1 {
            self.exports += 1;
        }
        if *taken == Taken::Offered {
            // The first attempt of this payload: later ones find it seen.
            *taken = Taken::Seen;
            self.offered += exchange.items().unwrap_or_default();
        }
    }

    /// Counts what was taken of an attempt that was counted before: whether it had been taken already, `None` where
    /// nothing was taken.
    pub(super) fn take(&mut self, exchange: &Exchange, taken: &mut Taken) -> Option<bool> {
        if exchange.accepted() == Accepted::No {
            return None;
        }
        let repeated = *taken == Taken::Accepted;
        *taken = Taken::Accepted;
        let accepted_items = exchange.accepted_items();
        if repeated {
            self.repeated += accepted_items;
        } else {
            self.accepted += accepted_items;
            self.rejected += exchange.items().unwrap_or_default() - accepted_items;
        }
        Some(repeated)
    }
}
