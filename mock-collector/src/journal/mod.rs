//! The journal: the append-only list of exchanges and connection events of one run.

mod budget;
mod completion;
mod connection;
mod entry;
mod exchange;
mod forwarding;
mod identity;
#[expect(
    clippy::module_inception,
    reason = "one noun per file, and this one is called so"
)]
mod journal;
mod normalized;
mod normalizer;
mod record;
mod request;
mod timeline;
mod totals;
mod wait;

pub use budget::Evicted;
pub use completion::{Completion, End, SentAnswer};
pub use connection::{ConnectionEvent, ConnectionRecord, Peer, Port, SecuredConnection};
pub use entry::Entry;
pub use exchange::{Accepted, Exchange};
pub use forwarding::{Forwarding, UpstreamOutcome};
pub use identity::Identity;
pub use journal::{DEFAULT_BUDGET_BYTES, Journal};
pub use normalized::{
    NormalizedAnswer, NormalizedConnection, NormalizedEntry, NormalizedExchange, NormalizedFault,
    NormalizedRequest,
};
pub use record::{ExchangeHandle, OpenExchange, SeenBody};
pub use request::{BodyError, ReceivedRequest, RequestBody, RequestHead};
pub use timeline::Timeline;
pub use totals::Totals;
pub use wait::{WaitError, WaitErrorKind, WaitFor};
