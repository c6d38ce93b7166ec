//! TLS: whom to trust, who the client is, and what is said when it does not come about.
//!
//! Files are looked at again for each new connection, so that certificates rotated on disk are taken up without a
//! restart.

mod credentials;
mod explain;
mod stream;
#[cfg_attr(not(feature = "native-roots"), path = "../absent/system.rs")]
mod system;
mod watched;

pub(crate) use credentials::{Credentials, Identity, NamedPem};
pub(crate) use stream::secured;
