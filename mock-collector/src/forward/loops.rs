//! Whether a collector would forward to itself.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use tokio::net::lookup_host;

use super::forward::{Forwarder, InvalidForward, Route};
use crate::collector::Addresses;
use crate::journal::Port;

impl Forwarder {
    /// Whether an upstream is one of the ports that the collector has bound.
    ///
    /// A host that is not known yet is none of them. A loop through another proxy is not seen: nothing is added to
    /// requests by which it could be.
    ///
    /// # Errors
    ///
    /// [`InvalidForward::Loop`].
    pub(crate) async fn check_loops(&self, own: Addresses) -> Result<(), InvalidForward> {
        for from in Port::ALL {
            let Route::Url(upstream) = self.dialler(from).route() else {
                continue;
            };
            let known = lookup_host((upstream.host(), upstream.port())).await;
            for address in known.into_iter().flatten() {
                for (port, bound) in [(Port::Grpc, own.grpc), (Port::Http, own.http)] {
                    if is_reached_by(bound, address) {
                        return Err(InvalidForward::Loop {
                            upstream: upstream.to_string(),
                            port,
                        });
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether who connects to `address` arrives at what is bound to `bound`.
fn is_reached_by(bound: SocketAddr, address: SocketAddr) -> bool {
    let same_host = || {
        let address = address.ip().to_canonical();
        if bound.ip().is_unspecified() {
            is_of_this_machine(address)
        } else {
            address.is_unspecified() && bound.ip().is_loopback()
                || address == bound.ip().to_canonical()
        }
    };
    bound.port() == address.port() && same_host()
}

/// Only an address of this machine can be bound.
fn is_of_this_machine(address: IpAddr) -> bool {
    address.is_loopback() || address.is_unspecified() || UdpSocket::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_of_the_machine_lead_to_a_port_that_is_bound_to_any() {
        for (bound, address, expected) in [
            ("127.0.0.1:4317", "127.0.0.1:4317", true),
            ("127.0.0.1:4317", "0.0.0.0:4317", true),
            ("127.0.0.1:4317", "[::ffff:127.0.0.1]:4317", true),
            ("127.0.0.1:4317", "127.0.0.1:4318", false),
            ("127.0.0.1:4317", "127.0.0.2:4317", false),
            ("0.0.0.0:4317", "127.0.0.1:4317", true),
            ("0.0.0.0:4317", "127.9.9.9:4317", true),
            ("[::]:4317", "[::1]:4317", true),
            // Of the addresses that are kept for documentation, no machine has one.
            ("0.0.0.0:4317", "192.0.2.1:4317", false),
        ] {
            let parse = |text: &str| text.parse().expect("an address");
            assert_eq!(
                is_reached_by(parse(bound), parse(address)),
                expected,
                "{bound} {address}"
            );
        }
    }
}
