//! Crooked clients: the reference SDK with one thing wrong, each the proof that a rule can fail.
//!
//! Every client is made at the public seams of the SDK (retry policy, random source, push exporter) or of a system under
//! test, so that no test-only switch exists in the SDK. A client must fail its rule, and nothing outside `also_fails`.

mod batches;
mod carried;
mod client;
mod deliveries;
mod delivery;
mod items;
mod lifecycle;
mod proof;
mod retries;
mod tls;

pub use client::{CrookedClient, CrookedEntry, CrookedListError, clients};
pub use proof::{Proof, prove};
