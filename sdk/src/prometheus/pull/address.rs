//! Where to listen.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};

use crate::config_error::ConfigError;
use crate::environment::Environment;

const HOST: &str = "OTEL_EXPORTER_PROMETHEUS_HOST";
const PORT: &str = "OTEL_EXPORTER_PROMETHEUS_PORT";
const DEFAULT_HOST: &str = "localhost";
const DEFAULT_PORT: u16 = 9464;

/// Where to listen, as far as it was said in code.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
}

impl Wanted {
    /// Listens there: on the first address of the host on which it can, those of IPv4 first.
    pub(super) fn listen(self, environment: &Environment) -> Result<TcpListener, ConfigError> {
        let host = self
            .host
            .or_else(|| environment.get(HOST).map(|host| host.trim().to_owned()))
            .unwrap_or_else(|| DEFAULT_HOST.to_owned());
        let port = self.port.or_else(|| port(environment));
        let port = port.unwrap_or(DEFAULT_PORT);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        listen(host, port).map_err(|source| ConfigError::Listen {
            address: if host.contains(':') {
                format!("[{host}]:{port}")
            } else {
                format!("{host}:{port}")
            },
            option: "OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT, with_host and with_port",
            source,
        })
    }
}

fn port(environment: &Environment) -> Option<u16> {
    environment.parsed(&[PORT], "a port, 0 (any) to 65535", DEFAULT_PORT, |text| {
        text.parse().ok()
    })
}

fn listen(host: &str, port: u16) -> io::Result<TcpListener> {
    let mut addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match TcpListener::bind(address) {
            Ok(listener) => {
                listener.set_nonblocking(true)?;
                return Ok(listener);
            }
            // Beside a program that has the port on one address, clients would not know whom they reach on another.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    fn wanted(environment: &Environment) -> Result<TcpListener, ConfigError> {
        Wanted::default().listen(environment)
    }

    #[test]
    fn a_port_that_is_taken_is_an_error_that_names_it_and_the_variables() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = taken.local_addr().expect("an address").port().to_string();
        let environment = Environment::empty().with(PORT, port.clone());
        let error = wanted(&environment).expect_err("it is taken");
        assert_eq!(
            error.to_string(),
            format!(
                "cannot listen on localhost:{port} (OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT, \
                 with_host and with_port)"
            )
        );
        let source = error.source().expect("a cause").to_string();
        assert!(source.contains("in use"), "{source}");
    }

    #[test]
    fn code_wins_over_the_environment() {
        let environment = Environment::empty()
            .with(HOST, "host.invalid")
            .with(PORT, "1");
        let in_code = Wanted {
            host: Some("127.0.0.1".to_owned()),
            port: Some(0),
        };
        let listener = in_code.listen(&environment).expect("a port");
        let address = listener.local_addr().expect("an address");
        assert_eq!(address.ip().to_string(), "127.0.0.1");
        assert_ne!(address.port(), 1);
    }

    #[test]
    fn a_host_without_an_address_is_an_error() {
        let environment = Environment::empty().with(HOST, "256.256.256.256");
        let error = wanted(&environment).expect_err("no host");
        assert!(matches!(error, ConfigError::Listen { .. }), "{error:?}");
    }

    #[test]
    fn a_port_that_is_none_is_a_warning_and_the_default() {
        for text in ["", "65536", "-1", "http"] {
            let environment = Environment::empty().with(PORT, text);
            assert_eq!(port(&environment), None, "{text}");
        }
        assert_eq!(port(&Environment::empty().with(PORT, " 9465 ")), Some(9465));
    }
}
