//! An entry of the journal.

use std::sync::Arc;
use std::time::Duration;

use super::connection::ConnectionRecord;
use super::exchange::Exchange;

/// An entry of the journal, in the order in which they were made.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A request and its answer.
    Exchange(Arc<Exchange>),
    /// Something that happened to a connection.
    Connection(Arc<ConnectionRecord>),
}

impl Entry {
    /// When, since the collector started: of an exchange, when its headers were complete.
    pub fn at(&self) -> Duration {
        match self {
            Self::Exchange(exchange) => exchange.received_at,
            Self::Connection(record) => record.at,
        }
    }
}
