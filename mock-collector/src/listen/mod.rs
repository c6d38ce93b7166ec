//! Where connections come from: TCP ports, and in-memory streams for virtual time.
//!
//! Both kinds end in a [`Wire`], so that all that follows is the same code on both.

mod interposed;
mod listener;
mod memory;
mod pings;
mod shape;
mod sniffed;
mod tcp;
mod wire;

pub(crate) use interposed::{Interposed, Interposition};
pub(crate) use listener::Listener;
pub use memory::{MemoryConnector, MemoryStream};
pub(crate) use sniffed::Sniffed;
pub(crate) use tcp::TcpPort;
pub(crate) use wire::{Cause, ServerStream, Wire, WireState};
