//! Where the real Collector is.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use http::uri::Authority;

/// The address of an upstream: `http://collector:4317`, `https://otlp.example.com`, `tcp://collector:4317`.
///
/// `http` and `https` have the ports 80 and 443 where none is named; `tcp` needs one. There is no path: requests keep
/// theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    scheme: Scheme,
    host: String,
    port: u16,
    authority: Authority,
}

/// What is spoken with an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// HTTP in plain text.
    Http,
    /// HTTP over TLS.
    Https,
    /// Whatever the client speaks.
    Tcp,
}

/// The port of OTLP/gRPC.
const GRPC_PORT: u16 = 4317;

/// The port of OTLP/HTTP.
const HTTP_PORT: u16 = 4318;

impl Upstream {
    /// The upstream for OTLP/HTTP where only the one for OTLP/gRPC was named: port 4317 becomes 4318, any other stays.
    ///
    /// Our choice: a Collector has two ports, and a gateway that has one serves both protocols there.
    #[must_use]
    pub fn for_http(&self) -> Self {
        if self.port != GRPC_PORT {
            return self.clone();
        }
        let authority = format!("{}:{HTTP_PORT}", self.host_text());
        Self {
            port: HTTP_PORT,
            // Another port makes no other host of it.
            authority: authority.parse().unwrap_or_else(|_| self.authority.clone()),
            ..self.clone()
        }
    }

    /// Whether bytes are passed and requests are not looked at.
    pub fn is_tcp(&self) -> bool {
        self.scheme == Scheme::Tcp
    }

    pub(crate) const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// A name, or an address without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Host and port as they were given: what requests say in `host` or `:authority`.
    pub(crate) const fn authority(&self) -> &Authority {
        &self.authority
    }

    fn host_text(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        }
    }
}

impl Scheme {
    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Tcp => "tcp",
        }
    }

    const fn default_port(self) -> Option<u16> {
        match self {
            Self::Http => Some(80),
            Self::Https => Some(443),
            Self::Tcp => None,
        }
    }
}

impl FromStr for Upstream {
    type Err = InvalidUpstream;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |expected| InvalidUpstream {
            text: text.to_owned(),
            expected,
        };
        let uri: Uri = text
            .parse()
            .map_err(|_| invalid("a URL such as http://collector:4317"))?;
        let scheme = [Scheme::Http, Scheme::Https, Scheme::Tcp]
            .into_iter()
            .find(|scheme| uri.scheme_str() == Some(scheme.name()))
            .ok_or_else(|| invalid("a URL that begins with http://, https:// or tcp://"))?;
        let authority = uri
            .authority()
            .filter(|authority| !authority.host().is_empty())
            .ok_or_else(|| invalid("a URL with a host"))?;
        if authority.as_str().contains('@') {
            return Err(invalid(
                "a URL without a name and password: requests keep their own headers",
            ));
        }
        if uri.query().is_some() || !matches!(uri.path(), "" | "/") {
            return Err(invalid("a URL without a path: requests keep theirs"));
        }
        let host = authority.host();
        // `port_u16` is `None` for what is no port, too.
        let says_port = authority.as_str().len() > host.len();
        let port = match (authority.port_u16(), scheme.default_port()) {
            (Some(0), _) => return Err(invalid("a port from 1 to 65535")),
            (None, _) if says_port => return Err(invalid("a port from 1 to 65535")),
            (Some(port), _) | (None, Some(port)) => port,
            (None, None) => return Err(invalid("a URL with a port, as in tcp://collector:4317")),
        };
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        Ok(Self {
            scheme,
            host: bare.unwrap_or(host).to_owned(),
            port,
            authority: authority.clone(),
        })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.authority)
    }
}

/// A text that is no address of an upstream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no upstream: expected {expected}")]
pub struct InvalidUpstream {
    text: String,
    expected: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Upstream {
        text.parse().expect("an upstream")
    }

    #[test]
    fn scheme_host_and_port_are_read() {
        for (text, scheme, host, port) in [
            ("http://collector:4317", Scheme::Http, "collector", 4317),
            ("http://127.0.0.1", Scheme::Http, "127.0.0.1", 80),
            ("https://otlp.example/", Scheme::Https, "otlp.example", 443),
            ("tcp://[::1]:4317", Scheme::Tcp, "::1", 4317),
        ] {
            let upstream = parsed(text);
            assert_eq!(
                (upstream.scheme(), upstream.host(), upstream.port()),
                (scheme, host, port)
            );
            assert_eq!(upstream.to_string(), text.trim_end_matches('/'));
        }
    }

    #[test]
    fn http_goes_to_the_next_port_of_a_collector_and_to_the_same_of_a_gateway() {
        for (grpc, http) in [
            ("http://collector:4317", "http://collector:4318"),
            ("tcp://[::1]:4317", "tcp://[::1]:4318"),
            ("https://otlp.example", "https://otlp.example"),
            ("http://collector:5000", "http://collector:5000"),
        ] {
            assert_eq!(parsed(grpc).for_http().to_string(), http);
        }
    }

    #[test]
    fn what_cannot_be_meant_is_no_upstream() {
        for text in [
            "",
            "collector:4317",
            "collector",
            "grpc://collector:4317",
            "http://",
            "http://:4317",
            "http://collector:0",
            "http://collector:99999",
            "http://collector:",
            "http://user:secret@collector:4317",
            "http://collector:4318/v1/metrics",
            "http://collector:4318?a=b",
            "tcp://collector",
        ] {
            assert!(Upstream::from_str(text).is_err(), "{text}");
        }
    }
}
