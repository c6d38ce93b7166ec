//! An OTLP receiver for tests: it takes what an exporter sends, misbehaves on request, and keeps a journal of it all.
//!
//! The model half lives in [`fault`] (what the receiver does other than accept, as values), [`decide()`] (the decision,
//! a pure function), [`journal`] (the evidence), [`ledger`] (what was offered and what was taken), [`payload`] (what was
//! said) and [`json`] (OTLP/JSON of our own).

pub mod clock;
pub mod facts;
pub mod fault;
pub mod journal;
pub mod json;
pub mod ledger;
pub mod payload;
pub mod plan;
pub mod signal;

#[cfg(feature = "control")]
pub mod control;

mod builder;
mod collector;
mod core;
mod decide;
mod draw;
mod forward;
mod listen;
mod receive;
mod resolve;
mod respond;
mod serve;
mod tls;

pub use builder::{MockCollectorBuilder, StartError};
pub use clock::{SystemWallClock, VirtualWallClock, WallClock};
pub use collector::MockCollector;
pub use decide::{Decision, FaultRef, Outcome, decide, decide_connection, record};
pub use fault::{Action, Fault, FaultGuard, FaultStatus, InvalidFault, Matcher};
pub use forward::{Forward, InvalidForward, InvalidUpstream, Upstream, UpstreamFailure};
pub use journal::{
    Accepted, Completion, ConnectionEvent, ConnectionRecord, End, Entry, Exchange, Forwarding,
    Journal, Port, UpstreamOutcome, WaitError, WaitFor,
};
pub use ledger::Ledger;
pub use listen::{MemoryConnector, MemoryStream};
pub use payload::{Payload, PayloadError};
pub use signal::{Protocol, Signal};
pub use tls::{
    Certificates, ClientAuth, ClientAuthorities, InvalidAuthorities, InvalidIdentity,
    ServerIdentity, ServerTls,
};
