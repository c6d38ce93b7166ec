//! The ledger's counts, kept while exchanges come in.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::entry::{SignalEntry, Taken};
use crate::journal::{Exchange, Identity};
use crate::signal::Signal;

/// The counts of a [`Ledger`](super::Ledger), kept while exchanges come in: for whoever shows them all the time.
///
/// It reads no payload, so `by_item` stays empty, and it does not lose what the journal lets go of. Each exchange is
/// entered twice: when it has begun and when it has ended. Its numbers are those of the ledger of a journal that has let go
/// of nothing. (But for one payload of which an attempt was taken in part and another, that ended earlier and began later,
/// wholly: here the first to end counts, there the first to begin.)
#[derive(Debug)]
pub struct RunningLedger {
    signals: BTreeMap<Signal, SignalEntry>,
    payloads: HashMap<(Signal, Identity), Taken>,
    order: VecDeque<(Signal, Identity)>,
    remembered: usize,
    forgotten: u64,
}

impl Default for RunningLedger {
    fn default() -> Self {
        Self::remembering(REMEMBERED)
    }
}

impl RunningLedger {
    /// An empty one that remembers so many different payloads, over all signals; default 262144.
    ///
    /// What comes again after it was forgotten is counted as if it had never come ([`RunningLedger::forgotten`]).
    pub fn remembering(payloads: usize) -> Self {
        Self {
            signals: BTreeMap::new(),
            payloads: HashMap::new(),
            order: VecDeque::new(),
            remembered: payloads,
            forgotten: 0,
        }
    }

    /// Enters an attempt that was read to its end; what is no export is passed over.
    pub fn begun(&mut self, exchange: &Exchange) {
        let (Some(signal), Some(identity)) = (exchange.signal, exchange.identity) else {
            return;
        };
        let payload = (signal, identity);
        let taken = self.payloads.entry(payload).or_default();
        if *taken == Taken::Offered {
            self.order.push_back(payload);
        }
        let entry = self.signals.entry(signal).or_default();
        entry.offer(exchange, taken);
        while self.order.len() > self.remembered {
            if let Some(oldest) = self.order.pop_front() {
                self.payloads.remove(&oldest);
                self.forgotten += 1;
            }
        }
    }

    /// Enters what became of an attempt that was entered with [`RunningLedger::begun`].
    pub fn ended(&mut self, exchange: &Exchange) {
        let (Some(signal), Some(identity)) = (exchange.signal, exchange.identity) else {
            return;
        };
        let entry = self.signals.entry(signal).or_default();
        match self.payloads.get_mut(&(signal, identity)) {
            Some(taken) => entry.take(exchange, taken),
            // Forgotten while the attempt went on.
            None => entry.take(exchange, &mut Taken::Seen),
        };
    }

    /// The signals of which something came.
    pub fn signals(&self) -> &BTreeMap<Signal, SignalEntry> {
        &self.signals
    }

    /// Payloads that are not remembered any more. Where it is not 0, a repetition of an old payload may have been counted
    /// as offered and accepted anew; attempts and exports are exact.
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

/// Payloads that are remembered: some 25 MB.
const REMEMBERED: usize = 262_144;
