//! The ledger of one signal.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

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
