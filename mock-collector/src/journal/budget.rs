//! The memory of a journal is bounded, and says so when it has let go of something.

use std::collections::VecDeque;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::connection::{ConnectionEvent, ConnectionRecord};
use super::entry::Entry;
use super::exchange::Exchange;
use crate::decide::FaultRef;

/// What a journal has let go of to stay within its budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evicted {
    /// Payloads whose bytes are gone; their exchanges are still there.
    pub payloads: u64,
    /// Length of those payloads, in bytes.
    pub payload_bytes: u64,
    /// Entries that are gone altogether.
    pub entries: u64,
}

impl Evicted {
    /// Whether nothing is gone.
    pub const fn is_nothing(self) -> bool {
        self.payloads == 0 && self.entries == 0
    }
}

impl fmt::Display for Evicted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            payloads,
            payload_bytes,
            entries,
        } = self;
        write!(
            f,
            "{payloads} payloads ({payload_bytes} bytes) and {entries} entries evicted by the journal's budget"
        )
    }
}

/// What an exchange costs beside its payload and the headers of its request, in bytes: itself, and an estimate for its
/// answer.
const EXCHANGE_BYTES: usize = size_of::<Exchange>() + 512;

/// What a header costs in a map beside its text, in bytes; an estimate.
const HEADER_BYTES: usize = 112;

/// What a connection event costs beside its text, in bytes.
const CONNECTION_BYTES: usize = size_of::<ConnectionRecord>() + 32;

/// The entries of a journal within a budget: over it, the oldest payloads go first, then the oldest entries.
#[derive(Debug)]
pub(crate) struct Entries {
    list: VecDeque<Entry>,
    /// Entries before this place have no payload any more.
    stripped: usize,
    /// Entries before this place were forgotten by a reset. Their memory goes first, and is not counted as evicted.
    hidden: usize,
    /// How many entries have left the list: the place of its first among all that there ever were, from 0.
    gone: u64,
    used_bytes: usize,
    budget_bytes: usize,
    evicted: Evicted,
}

impl Entries {
    pub(crate) fn new(budget_bytes: usize) -> Self {
        Self {
            list: VecDeque::new(),
            stripped: 0,
            hidden: 0,
            gone: 0,
            used_bytes: 0,
            budget_bytes,
            evicted: Evicted::default(),
        }
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.list.iter().skip(self.hidden)
    }

    /// The place of the first entry of [`Entries::iter`] among all that there ever were, from 0.
    pub(crate) fn first_place(&self) -> u64 {
        self.gone + u64::try_from(self.hidden).unwrap_or(u64::MAX)
    }

    /// Forgets every entry: from now on none of them is shown or counted.
    pub(crate) fn forget(&mut self) {
        self.hidden = self.list.len();
        self.evicted = Evicted::default();
    }

    /// The entries in memory from this place on, of all that there ever were and forgotten ones among them, and the place of
    /// the first of them, from 0.
    pub(crate) fn from(&self, place: u64) -> (u64, impl Iterator<Item = &Entry>) {
        let skipped = usize::try_from(place.saturating_sub(self.gone)).unwrap_or(usize::MAX);
        let skipped = skipped.min(self.list.len());
        (place.max(self.gone), self.list.range(skipped..))
    }

    pub(crate) fn evicted(&self) -> Evicted {
        self.evicted
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.used_bytes += fixed_bytes(&entry) + payload_bytes(&entry);
        self.list.push_back(entry);
        self.shrink();
    }

    fn shrink(&mut self) {
        // The newest entry keeps its payload: a budget smaller than one request is still of use.
        while self.used_bytes > self.budget_bytes && self.stripped + 1 < self.list.len() {
            self.strip_oldest();
        }
        while self.used_bytes > self.budget_bytes && self.list.len() > 1 {
            if let Some(entry) = self.list.pop_front() {
                self.used_bytes = self.used_bytes.saturating_sub(fixed_bytes(&entry));
                self.stripped = self.stripped.saturating_sub(1);
                self.gone += 1;
                if self.hidden > 0 {
                    self.hidden -= 1;
                } else {
                    self.evicted.entries += 1;
                }
            }
        }
    }

    fn strip_oldest(&mut self) {
        if let Some(Entry::Exchange(exchange)) = self.list.get(self.stripped) {
            let bytes = exchange.body.write().take().map_or(0, |body| body.len());
            if bytes > 0 {
                if self.stripped >= self.hidden {
                    self.evicted.payloads += 1;
                    self.evicted.payload_bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
                }
                self.used_bytes = self.used_bytes.saturating_sub(bytes);
            }
        }
        self.stripped += 1;
    }
}

fn fixed_bytes(entry: &Entry) -> usize {
    match entry {
        Entry::Exchange(exchange) => {
            let headers = exchange.request.headers.iter();
            let texts =
                headers.map(|(name, value)| HEADER_BYTES + name.as_str().len() + value.len());
            EXCHANGE_BYTES + exchange.request.target.len() + texts.sum::<usize>()
        }
        Entry::Connection(record) => {
            let faults = record.faults.iter();
            let names = faults.map(|fault| size_of::<FaultRef>() + fault.name.len());
            CONNECTION_BYTES + names.sum::<usize>() + text_bytes(&record.event)
        }
    }
}

/// How much of what a client said or showed is kept with an event.
fn text_bytes(event: &ConnectionEvent) -> usize {
    match event {
        ConnectionEvent::Opened
        | ConnectionEvent::Refused
        | ConnectionEvent::Swallowed
        | ConnectionEvent::Shaped
        | ConnectionEvent::Closed { .. }
        | ConnectionEvent::Reset { .. } => 0,
        ConnectionEvent::Secured(secured) => {
            let texts = [&secured.alpn, &secured.client];
            texts.into_iter().flatten().map(String::len).sum()
        }
        ConnectionEvent::Relayed { upstream, .. } => upstream.len(),
        ConnectionEvent::HandshakeFailed(text)
        | ConnectionEvent::PlainText(text)
        | ConnectionEvent::ProtocolError(text)
        | ConnectionEvent::UpstreamFailed(text) => text.len(),
    }
}

fn payload_bytes(entry: &Entry) -> usize {
    match entry {
        Entry::Exchange(exchange) => exchange.body.read().as_ref().map_or(0, bytes::Bytes::len),
        Entry::Connection(_) => 0,
    }
}
