//! The control API: the faults, journal and ledger of a running collector over HTTP, on a port of its own, and a page that
//! shows them.
//!
//! It is for test suites in any language and for people; [`openapi()`] describes every operation. What a client adds it
//! can add for a time only (`ttl`, guards), so that a client that dies leaves nothing behind.
//!
//! Who may ask: on the loopback interface everybody on the machine, but no web page of another site and nobody by way of
//! a name that was bent to lead here; elsewhere, or where a [`ControlToken`] is set, only who knows that.

mod faults;
mod gate;
mod guards;
mod health;
mod input;
mod journal;
mod leases;
mod ledger;
mod long_poll;
mod openapi;
mod operation;
mod page;
mod payloads;
mod problem;
mod receiver;
mod server;
mod service;
mod settings;
mod shared;
mod switches;
mod time_to_live;
mod token;
mod view;

pub use openapi::openapi;
pub use server::{Control, ControlError};
pub use service::ControlService;
pub use settings::{ControlSettings, NeedsToken};
pub use token::{ControlToken, InvalidToken};
