//! An OTLP receiver for tests: it takes what an exporter sends, misbehaves on request, and keeps a journal of it all.
//!
//! The model half lives in [`fault`] (what the receiver does other than accept, as values), [`decide()`] (the decision,
//! a pure function), [`journal`] (the evidence), [`payload`] (what was said) and [`json`] (OTLP/JSON of our own).

pub mod clock;
pub mod facts;
pub mod fault;
pub mod journal;
pub mod json;
pub mod payload;
pub mod plan;
pub mod signal;

mod builder;
mod collector;
mod core;
mod decide;
mod listen;
mod receive;
mod respond;
mod serve;

pub use builder::{MockCollectorBuilder, StartError};
pub use collector::MockCollector;
pub use decide::{Decision, FaultRef, Outcome, decide, decide_connection};
pub use journal::Port;
pub use listen::{MemoryConnector, MemoryStream};
pub use signal::{Protocol, Signal};
