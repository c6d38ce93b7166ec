//! What a system under test in this process tells of itself, and what its process shows.

use std::time::Duration;

use indexmap::IndexMap;
use otelbox_mock_collector::{Protocol, fault::Action};
use otelbox_sdk::Statistics;
use serde::{Deserialize, Serialize};

use super::written;

/// What was seen from inside, beside what went over the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inside {
    /// The SDK's own counters after the last step; absent where it tells none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<SdkCounters>,
    /// The most items that were queued after any step.
    pub most_queued: u64,
    /// Tasks that were still there a minute after SUT and receiver were gone.
    pub tasks_left: u64,
    /// What panicked, with its place, whoever caught it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub panics: Vec<String>,
    /// How often each action of the faults fired, by its name.
    pub fired: IndexMap<String, u64>,
}

impl Inside {
    /// Adds what a fault did, under the name of its action and, where that is a modifier, of what came after it.
    pub(super) fn note_fired(&mut self, action: &Action, protocol: Protocol, fired: u64) {
        let name = match action {
            Action::Status(_) if protocol == Protocol::Grpc => "grpc",
            Action::Status(_) => "http",
            other => other.name(),
        };
        *self.fired.entry(name.to_owned()).or_default() += fired;
        if let Some(next) = action.next() {
            self.note_fired(next, protocol, fired);
        }
    }
}

/// The SDK's own counters, those of its reader or processor and of its exporter together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SdkCounters {
    /// Exports begun.
    pub exports: u64,
    /// Exports that the receiver has, partial successes included.
    pub delivered: u64,
    /// Exports given up.
    pub failed: u64,
    /// Exports that were dropped by the caller while they ran.
    pub abandoned: u64,
    /// Requests, retries included.
    pub attempts: u64,
    /// Requests after the first of their export.
    pub retries: u64,
    /// Items lost with an export that failed or was abandoned.
    pub dropped_items: u64,
    /// Items that a receiver rejected in partial successes.
    pub rejected_items: u64,
    /// Items that a reader kept although the receiver may have had them.
    pub possibly_repeated_items: u64,
    /// Items that a processor has queued.
    pub received_items: u64,
    /// Items dropped because the queue was full.
    pub queue_full_items: u64,
    /// Items dropped because they came after the shutdown.
    pub late_items: u64,
    /// Items that were queued and dropped at the end of a processor.
    pub unsent_items: u64,
    /// Items in the queue.
    pub queued_items: u64,
    /// Items that the queue can hold.
    pub queue_capacity: u64,
    /// How long the longest cycle of a reader took.
    #[serde(with = "written::nanos")]
    pub longest_cycle: Duration,
}

impl From<Statistics> for SdkCounters {
    fn from(statistics: Statistics) -> Self {
        Self {
            exports: statistics.exports,
            delivered: statistics.delivered,
            failed: statistics.failed,
            abandoned: statistics.abandoned,
            attempts: statistics.attempts,
            retries: statistics.retries,
            dropped_items: statistics.dropped_items,
            rejected_items: statistics.rejected_items,
            possibly_repeated_items: statistics.possibly_repeated_items,
            received_items: statistics.received_items,
            queue_full_items: statistics.queue_full_items,
            late_items: statistics.late_items,
            unsent_items: statistics.unsent_items,
            queued_items: statistics.queued_items,
            queue_capacity: statistics.queue_capacity,
            longest_cycle: statistics.longest_cycle,
        }
    }
}
