//! Spans and log records: offered, accepted, lost, repeated.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    judge::payload::{ItemKey, item_keys},
    run::{Accepted, EmissionKind, Recording},
};

/// What became of the spans or log records of a cell. Numbers are counted for each worker by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ItemAccount {
    /// Items that the steps asked for.
    pub(crate) offered: u64,
    /// Items that were accepted, each once; without those that a partial success rejected.
    pub(crate) accepted: u64,
    /// Items that were accepted again.
    pub(crate) repeated: u64,
    /// Items that partial successes rejected.
    pub(crate) rejected: u64,
    /// The numbers of all items that came in accepted payloads.
    pub(crate) numbers: BTreeSet<u64>,
}

/// The account of `recording`.
pub(crate) fn account(recording: &Recording) -> ItemAccount {
    let workers = recording
        .cell
        .configuration
        .workers
        .as_ref()
        .map_or(1, |workers| workers.len().max(1)) as u64;
    let offered: u64 = recording
        .items
        .iter()
        .filter(|emitted| emitted.kind == EmissionKind::Offered)
        // A recording may say anything.
        .map(|emitted| emitted.numbers.end.saturating_sub(emitted.numbers.start))
        .fold(0, u64::saturating_add);
    let mut taken: BTreeMap<ItemKey, u64> = BTreeMap::new();
    let (mut unnumbered, mut rejected_once) = (0_u64, 0);
    let mut rejected = 0_u64;
    for exchange in recording.attempts() {
        let items = exchange.items.unwrap_or_default();
        let refused = match exchange.accepted {
            Accepted::No => continue,
            Accepted::All => 0,
            Accepted::Partial { rejected } => u64::try_from(rejected).unwrap_or(0).min(items),
        };
        rejected = refused.saturating_add(rejected);
        if refused == items && items > 0 {
            continue;
        }
        let keys = item_keys(exchange);
        unnumbered = items
            .saturating_sub(keys.len() as u64)
            .saturating_add(unnumbered);
        // Which of them were rejected nobody says.
        if keys.iter().all(|key| !taken.contains_key(key)) {
            rejected_once = refused.saturating_add(rejected_once);
        }
        for key in keys {
            *taken.entry(key).or_default() += 1;
        }
    }
    ItemAccount {
        offered: offered.saturating_mul(workers),
        accepted: unnumbered
            .saturating_add(taken.len() as u64)
            .saturating_sub(rejected_once),
        repeated: taken.values().map(|count| count - 1).sum(),
        rejected,
        numbers: taken.into_keys().map(|(_, number)| number).collect(),
    }
}
