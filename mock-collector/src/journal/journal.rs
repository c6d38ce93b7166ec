//! The append-only list of exchanges and connection events of one run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

use super::budget::{Entries, Evicted};
use super::completion::Completion;
use super::connection::{ConnectionEvent, ConnectionRecord, Port};
use super::entry::Entry;
use super::exchange::Exchange;
use super::identity::{Exports, Identity};
use super::record::OpenExchange;
use super::request::RequestHead;
use super::totals::Totals;
use super::wait::WaitFor;
use crate::clock::{SystemWallClock, WallClock};
use crate::decide::FaultRef;
use crate::ledger::Ledger;
use crate::signal::{Protocol, Signal};

/// The default budget, in bytes.
pub const DEFAULT_BUDGET_BYTES: usize = 64 * 1024 * 1024;

/// The append-only list of exchanges and connection events of one run. Clones share it.
#[derive(Clone, Debug)]
pub struct Journal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    started: Instant,
    wall_clock: Arc<dyn WallClock>,
    started_unix_nano: u64,
    state: Mutex<State>,
    connections: AtomicU64,
    stopped: AtomicBool,
    /// Counts changes; whoever waits for something looks again when it changes.
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    entries: Entries,
    exports: Exports,
    exchanges: u64,
    /// Exchanges up to this ordinal were forgotten by a reset: how they end counts for nothing.
    forgotten_to: u64,
    totals: Totals,
}

impl Default for Journal {
    fn default() -> Self {
        Self::new(DEFAULT_BUDGET_BYTES, Arc::new(SystemWallClock))
    }
}

impl Journal {
    /// An empty journal that starts now, keeps about so many bytes, and reads this wall clock.
    pub fn new(budget_bytes: usize, wall_clock: Arc<dyn WallClock>) -> Self {
        Self(Arc::new(Inner {
            started: Instant::now(),
            started_unix_nano: wall_clock.now_unix_nano(),
            wall_clock,
            state: Mutex::new(State {
                entries: Entries::new(budget_bytes),
                exports: Exports::default(),
                exchanges: 0,
                forgotten_to: 0,
                totals: Totals::default(),
            }),
            connections: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            changes: watch::Sender::new(0),
        }))
    }

    /// Time since the collector started.
    pub fn elapsed(&self) -> Duration {
        self.0.started.elapsed()
    }

    /// The moment at which the collector started, in tokio's time.
    pub fn started(&self) -> Instant {
        self.0.started
    }

    /// The wall clock at the start, in nanoseconds since the Unix epoch.
    pub fn started_unix_nano(&self) -> u64 {
        self.0.started_unix_nano
    }

    /// The wall clock.
    pub fn wall_clock(&self) -> &Arc<dyn WallClock> {
        &self.0.wall_clock
    }

    /// The ordinal for a new connection, 1-based.
    pub fn next_connection(&self) -> u64 {
        self.0.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// How many connections have been given an ordinal.
    pub fn connection_count(&self) -> u64 {
        self.0.connections.load(Ordering::Relaxed)
    }

    /// Appends what happened to a connection.
    pub fn connection(&self, connection: u64, port: Port, event: ConnectionEvent) {
        self.connection_by(Vec::new(), connection, port, event);
    }

    /// The same for something that these faults made happen.
    pub fn connection_by(
        &self,
        faults: Vec<FaultRef>,
        connection: u64,
        port: Port,
        event: ConnectionEvent,
    ) {
        let record = ConnectionRecord {
            at: self.elapsed(),
            connection,
            port,
            event,
            faults,
        };
        self.0
            .state
            .lock()
            .entries
            .push(Entry::Connection(Arc::new(record)));
        self.changed();
    }

    /// Starts to record a request whose headers are complete.
    pub fn receive(
        &self,
        connection: u64,
        signal: Option<Signal>,
        protocol: Option<Protocol>,
        head: impl Into<Arc<RequestHead>>,
    ) -> OpenExchange {
        OpenExchange::new(self.clone(), connection, signal, protocol, head.into())
    }

    /// From now on, exchanges that are dropped end as ones whose collector was stopped.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Relaxed);
        self.changed();
    }

    /// Whether the collector was stopped.
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Relaxed)
    }

    /// Every entry that is still there, in order.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.state.lock().entries.iter().cloned().collect()
    }

    /// The entries from this place on that are still there, in order, and the place of the first of them: for whoever
    /// follows the journal and tells each entry once. A reset takes nothing away from what is told.
    ///
    /// Places count all entries that there ever were, from 0. So a first place beyond the one that was asked for says how
    /// many are gone ([`Journal::evicted`]), and the place to go on from is the first plus the number of entries.
    pub fn entries_from(&self, place: u64) -> (u64, Vec<Entry>) {
        let state = self.0.state.lock();
        let (first, entries) = state.entries.from(place);
        (first, entries.cloned().collect())
    }

    /// Every entry that is still there, in order, each with its place: the how manieth of this journal it is, 1-based. No
    /// two entries have the same place, also where the journal was reset between them.
    pub fn placed_entries(&self) -> Vec<(u64, Entry)> {
        let state = self.0.state.lock();
        let places = state.entries.first_place() + 1..;
        places.zip(state.entries.iter().cloned()).collect()
    }

    /// Forgets everything so far, for a test that is to begin as if nothing had arrived.
    ///
    /// Entries, totals and evictions are gone, and exports are numbered from 1 again. Requests in progress belong to
    /// what is forgotten. Time goes on, and so do the ordinals of exchanges and connections: no two ever have the same.
    pub fn reset(&self) {
        let mut state = self.0.state.lock();
        state.entries.forget();
        state.exports = Exports::default();
        state.totals = Totals::default();
        state.forgotten_to = state.exchanges;
        drop(state);
        self.changed();
    }

    /// Every exchange that is still there, in order.
    pub fn exchanges(&self) -> Vec<Arc<Exchange>> {
        let exchange = |entry: &Entry| match entry {
            Entry::Exchange(exchange) => Some(Arc::clone(exchange)),
            Entry::Connection(_) => None,
        };
        self.0
            .state
            .lock()
            .entries
            .iter()
            .filter_map(exchange)
            .collect()
    }

    /// Every connection event that is still there, in order.
    pub fn connections(&self) -> Vec<Arc<ConnectionRecord>> {
        let record = |entry: &Entry| match entry {
            Entry::Exchange(_) => None,
            Entry::Connection(record) => Some(Arc::clone(record)),
        };
        self.0
            .state
            .lock()
            .entries
            .iter()
            .filter_map(record)
            .collect()
    }

    /// What was let go of to stay within the budget. Where it is not nothing, counts over the journal are too low.
    pub fn evicted(&self) -> Evicted {
        self.0.state.lock().entries.evicted()
    }

    /// Counts over everything that has ended, exact even where entries were evicted.
    pub fn totals(&self) -> Totals {
        self.0.state.lock().totals
    }

    /// What was offered and what was taken, as it stands now.
    pub fn ledger(&self) -> Ledger {
        Ledger::of(self)
    }

    /// A wait for something to arrive.
    pub fn wait_for(&self) -> WaitFor {
        WaitFor::new(self.clone())
    }

    /// Tells of every change; its value is another after each.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    pub(super) fn attempt(&self, signal: Signal, identity: Identity) -> (u64, u32) {
        self.0.state.lock().exports.attempt(signal, identity)
    }

    pub(super) fn append(&self, exchange: impl FnOnce(u64) -> Exchange) -> Arc<Exchange> {
        let exchange = {
            let mut state = self.0.state.lock();
            state.exchanges += 1;
            let exchange = Arc::new(exchange(state.exchanges));
            state.entries.push(Entry::Exchange(Arc::clone(&exchange)));
            exchange
        };
        self.changed();
        exchange
    }

    pub(super) fn complete(&self, exchange: &Exchange, completion: Completion) {
        let acknowledged = completion.is_acknowledged(exchange.protocol);
        if exchange.completion.set(completion).is_err() {
            // Only its handle completes an exchange, and only once.
            return;
        }
        let mut state = self.0.state.lock();
        if exchange.ordinal <= state.forgotten_to {
            drop(state);
            self.changed();
            return;
        }
        let first = match (exchange.signal, exchange.identity) {
            (Some(signal), Some(identity)) => state.exports.ended(signal, identity, acknowledged),
            _ => false,
        };
        state.totals.ended(exchange, first);
        drop(state);
        self.changed();
    }

    fn changed(&self) {
        self.0
            .changes
            .send_modify(|changes| *changes = changes.wrapping_add(1));
    }
}
