//! What a journal has seen, counted as it happens: exact even where entries were evicted.

use serde::Serialize;

use super::exchange::Exchange;
use crate::signal::Signal;

/// Counts over everything that a journal has seen, whatever it has let go of since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Requests that have ended, exports or not.
    pub attempts: u64,
    /// Exports of which an attempt has ended.
    pub exports: u64,
    accepted: [u64; Signal::ALL.len()],
}

impl Totals {
    /// Items of this signal that were accepted, repetitions included.
    pub const fn accepted(&self, signal: Signal) -> u64 {
        self.accepted[place(signal)]
    }

    /// Counts an exchange that has ended; `first` is whether it is the first of its export.
    pub(super) fn ended(&mut self, exchange: &Exchange, first: bool) {
        self.attempts += 1;
        self.exports += u64::from(first);
        if let Some(signal) = exchange.signal {
            self.accepted[place(signal)] += exchange.accepted_items();
        }
    }
}

const fn place(signal: Signal) -> usize {
    match signal {
        Signal::Metrics => 0,
        Signal::Traces => 1,
        Signal::Logs => 2,
        Signal::Profiles => 3,
    }
}
