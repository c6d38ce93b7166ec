//! TLS on both ports, with certificates made when the collector starts, or with those of somebody else.

mod authority;
mod handshake;
mod identity;
mod live;
mod server_tls;

pub(crate) use handshake::{UNEXPECTED_PLAIN_TEXT, Unsecured, secure};
pub use identity::{ClientAuthorities, InvalidAuthorities, InvalidIdentity, ServerIdentity};
pub(crate) use live::LiveTls;
pub use server_tls::{Certificates, ClientAuth, ServerTls};
