//! Crooked clients: the reference SDK with one thing wrong, each the proof that a rule can fail. And straightforward
//! clients: the reference SDK with something different that is free, each the proof that a rule does not blame for it.
//!
//! Rare clients are crooked where several things come together: the catalogue misses them, and `otelbox explore` does not.
//!
//! Most are data, a [`Deviation`]; what needs code is made at the public seams of the SDK (retry policy, exporter,
//! connector) or of a system under test, so that no test-only switch exists in the SDK. A crooked client must fail its
//! rule, and nothing outside `also_fails`; a straightforward one must fail nothing at the level MUST.

mod carried;
mod client;
mod coverage;
mod deliveries;
mod delivery;
mod deviation;
mod examine;
mod idle;
mod items;
mod list;
mod payloads;
mod proof;
mod rare;
mod straightforward;
mod tls;

pub use client::{CrookedClient, CrookedEntry, clients};
pub use coverage::{KillState, KilledRule, killed_rules};
pub use deviation::Deviation;
pub use list::CrookedListError;
pub use proof::{Proof, prove};
pub use rare::{RareClient, RareEntry, rare_clients};
pub use straightforward::{
    Acquittal, StraightforwardClient, StraightforwardEntry, acquit, straightforward_clients,
};
