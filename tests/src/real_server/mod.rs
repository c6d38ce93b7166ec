//! Servers that nobody here wrote, as processes: started, found ready, watched, and stopped on every way out.

mod builder;
mod error;
mod keeper;
mod last_lines;
mod readiness;
mod server;

pub use builder::ServerBuilder;
pub use error::{ServerError, ServerErrorKind};
pub use keeper::Ended;
pub use readiness::Readiness;
pub use server::{RealServer, Stopped};

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Addresses of the loopback interface on which nothing listens, each with another port.
///
/// Somebody else may take one before the server does: whoever starts it should be ready to try again with others.
///
/// # Errors
///
/// Where the system has none.
pub fn free_addresses<const N: usize>() -> io::Result<[SocketAddr; N]> {
    // All at once, so that none is given twice.
    let listeners: Vec<TcpListener> = (0..N)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .collect::<io::Result<_>>()?;
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N];
    for (address, listener) in addresses.iter_mut().zip(&listeners) {
        *address = listener.local_addr()?;
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests;
