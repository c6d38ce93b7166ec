//! TLS on both ports, with certificates made when the collector starts.

mod authority;
mod handshake;
mod live;
mod server_tls;

pub(crate) use handshake::{UNEXPECTED_PLAIN_TEXT, Unsecured, secure};
pub(crate) use live::LiveTls;
pub use server_tls::{Certificates, ClientAuth, ServerTls};
