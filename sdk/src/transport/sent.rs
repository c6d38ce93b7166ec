//! Whether a request has left.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether anything of a request may have reached the receiver. It outlives the future of the attempt, so that one that is
/// dropped at its deadline can be accounted for: a receiver that was never connected to has nothing.
#[derive(Debug, Default)]
pub(crate) struct Sent(AtomicBool);

impl Sent {
    /// An attempt begins, with nothing sent.
    pub(crate) fn forget(&self) {
        self.0.store(false, Ordering::Release);
    }

    /// The request is handed to a connection.
    pub(crate) fn note(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the request was handed to a connection.
    pub(crate) fn is_noted(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
