//! What became of an export, in a word.

use std::fmt;
use std::time::Duration;

use tracing::Level;

use crate::cell::Seen;
use crate::properties::took;

/// What became of an export, as the SDK tells it. There is no other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The receiver has it.
    Delivered,
    /// The receiver has it but for some items, which it said; they are counted.
    Rejected {
        /// How many, as they are counted.
        items: u64,
    },
    /// The receiver does not have it; counted and logged.
    Dropped,
    /// It was given up, counted and logged, and nobody knows whether the receiver has it.
    PossiblyDelivered,
    /// The SDK did not start, and said why.
    RefusedAtSetUp,
}

/// One row of the table, for one protocol and one signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) attempts: u64,
    pub(super) took: Duration,
    /// How many of the ten items the receiver has.
    pub(super) has: u64,
    /// How many it has twice or more.
    pub(super) repeated: u64,
    /// Whether it denied some that it has.
    pub(super) is_denied: bool,
}

impl Ended {
    pub(super) fn of(seen: &Seen) -> Self {
        let counts = &seen.statistics;
        let is_ambiguous = seen
            .calls
            .iter()
            .flat_map(|called| &called.lost)
            .any(|lost| lost.is_ambiguous);
        let outcome = if seen.refusal.is_some() {
            Outcome::RefusedAtSetUp
        } else if counts.dropped_items + counts.unsent_items > 0 {
            if is_ambiguous {
                Outcome::PossiblyDelivered
            } else {
                Outcome::Dropped
            }
        } else if counts.rejected_items > 0 {
            Outcome::Rejected {
                items: counts.rejected_items,
            }
        } else {
            Outcome::Delivered
        };
        Self {
            outcome,
            attempts: counts.attempts,
            took: took(seen),
            has: seen.truth.items,
            repeated: seen.truth.repeated,
            is_denied: seen.truth.denied > 0,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivered => f.write_str("delivered"),
            Self::Rejected { items } => write!(f, "delivered but for {items} rejected"),
            Self::Dropped => f.write_str("dropped"),
            Self::PossiblyDelivered => f.write_str("dropped, possibly delivered"),
            Self::RefusedAtSetUp => f.write_str("refused at set-up"),
        }
    }
}

/// What the user gets to read of it: the loss, else the first warning, and how many more lines there are.
pub(super) fn told(seen: &Seen) -> String {
    if let Some(refusal) = &seen.refusal {
        return refusal.clone();
    }
    let told: Vec<_> = seen
        .told
        .iter()
        .filter(|line| line.level <= Level::WARN)
        .collect();
    let shown = told
        .iter()
        .find(|line| line.level == Level::ERROR)
        .or_else(|| told.first());
    match shown {
        Some(line) => format!("{}: {}", line.level, line.text),
        None => String::new(),
    }
}
