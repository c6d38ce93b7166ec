//! The ledger: what was offered to the collector, and what it took.
//!
//! It is computed from the journal when asked for. What the system under test was asked to emit is not known here: the
//! runner holds one against the other. Whoever shows it all the time keeps a [`RunningLedger`].

mod entry;
#[expect(
    clippy::module_inception,
    reason = "one noun per file, and this one is called so"
)]
mod ledger;
mod running;
mod stream;

pub use entry::SignalEntry;
pub use ledger::Ledger;
pub use running::RunningLedger;
pub use stream::{StreamEntry, StreamKey, StreamKind, Total};
