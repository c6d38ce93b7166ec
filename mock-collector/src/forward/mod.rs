//! The way to a real Collector: what the receiver takes is forwarded, and what the Collector answers goes back.
//!
//! Two kinds of proxy. One ends HTTP on both sides ([`Upstream`] `http://`, `https://`): it forwards each request whose
//! decision takes the payload, on a connection of its own to the upstream for each connection of a client, with the
//! client's version of HTTP. One request here is at most one request there: nothing is sent again on the client's behalf.
//! The other (`tcp://`) passes bytes, TLS included, and knows nothing of requests.

mod dial;
mod failure;
mod fields;
#[expect(
    clippy::module_inception,
    reason = "one noun per file, and this one is called so"
)]
mod forward;
mod http1;
mod http2;
mod link;
mod loops;
mod relay;
mod trust;
mod upstream;
mod verdict;
mod whole;

pub use failure::UpstreamFailure;
pub use forward::{Forward, InvalidForward};
pub use upstream::{InvalidUpstream, Upstream};

pub(crate) use forward::Forwarder;
pub(crate) use link::{Link, Outgoing};
pub(crate) use relay::{Relayed, relay};
pub(crate) use verdict::accepted;
pub(crate) use whole::Whole;
