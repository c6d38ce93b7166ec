//! The SDK's own counters.

use std::time::Duration;

/// What an exporter and a reader or processor have done so far. Every count only ever rises, but for `queued_items`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Exports begun.
    pub exports: u64,
    /// Exports that the receiver has, partial successes included.
    pub delivered: u64,
    /// Exports that the receiver took in part, or commented on.
    pub partial_successes: u64,
    /// Exports given up.
    pub failed: u64,
    /// Exports that were dropped by the caller while they ran.
    pub abandoned: u64,
    /// Requests on the wire, retries included.
    pub attempts: u64,
    /// Requests on the wire after the first of their export.
    pub retries: u64,
    /// Items (data points, spans, log records) that were lost because their export failed or was abandoned.
    pub dropped_items: u64,
    /// Items that a receiver rejected in partial successes (of each never less than none, nor more than it
    /// carried, whatever the receiver says).
    pub rejected_items: u64,
    /// Exports that were given up and whose data a reader kept for its next export.
    pub carried_exports: u64,
    /// Items that a reader collected and kept because their export was given up, each counted once.
    pub carried_items: u64,
    /// Items that a reader kept although the receiver may have had them, each time that it did.
    pub possibly_repeated_items: u64,
    /// Items that were lost because there was no room to keep them, or because they could not be merged. They are among
    /// `dropped_items`.
    pub carry_overflow_items: u64,
    /// Bytes of encoded messages, each export counted once, before compression.
    pub encoded_bytes: u64,
    /// Bytes of bodies handed to connections, each attempt counted, after compression.
    pub sent_bytes: u64,
    /// Cycles of collecting and sending that a reader has ended.
    pub cycles: u64,
    /// Cycles that started late, because the one before them had not ended.
    pub late_cycles: u64,
    /// Items (spans, log records) that a processor has queued.
    pub received_items: u64,
    /// Items dropped because the queue of a processor was full.
    pub queue_full_items: u64,
    /// Items dropped because they came after the shutdown of a processor.
    pub late_items: u64,
    /// Items that were queued and dropped at the end of a processor, because the time for its shutdown was over before
    /// their turn, or its runtime ended.
    pub unsent_items: u64,
    /// Items in the queue of a processor now.
    pub queued_items: u64,
    /// Items that the queue of a processor can hold.
    pub queue_capacity: u64,
    /// How long all cycles took together.
    pub cycle_time: Duration,
    /// How long the longest cycle took.
    pub longest_cycle: Duration,
}

impl Statistics {
    /// Both together.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        Self {
            exports: self.exports + other.exports,
            delivered: self.delivered + other.delivered,
            partial_successes: self.partial_successes + other.partial_successes,
            failed: self.failed + other.failed,
            abandoned: self.abandoned + other.abandoned,
            attempts: self.attempts + other.attempts,
            retries: self.retries + other.retries,
            dropped_items: self.dropped_items + other.dropped_items,
            rejected_items: self.rejected_items + other.rejected_items,
            carried_exports: self.carried_exports + other.carried_exports,
            carried_items: self.carried_items + other.carried_items,
            possibly_repeated_items: self.possibly_repeated_items + other.possibly_repeated_items,
            carry_overflow_items: self.carry_overflow_items + other.carry_overflow_items,
            encoded_bytes: self.encoded_bytes + other.encoded_bytes,
            sent_bytes: self.sent_bytes + other.sent_bytes,
            cycles: self.cycles + other.cycles,
            late_cycles: self.late_cycles + other.late_cycles,
            received_items: self.received_items + other.received_items,
            queue_full_items: self.queue_full_items + other.queue_full_items,
            late_items: self.late_items + other.late_items,
            unsent_items: self.unsent_items + other.unsent_items,
            queued_items: self.queued_items + other.queued_items,
            queue_capacity: self.queue_capacity + other.queue_capacity,
            cycle_time: self.cycle_time + other.cycle_time,
            longest_cycle: self.longest_cycle.max(other.longest_cycle),
        }
    }
}

/// Counters that are shared by those who count and read by anyone.
#[derive(Debug, Default)]
pub struct Counters(parking_lot::Mutex<Statistics>);

impl Counters {
    /// All zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the counts. Several counts change together or not at all.
    pub fn count(&self, change: impl FnOnce(&mut Statistics)) {
        change(&mut self.0.lock());
    }

    /// The counts now.
    pub fn snapshot(&self) -> Statistics {
        *self.0.lock()
    }
}
