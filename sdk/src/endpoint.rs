//! Where the receiver is.

use std::fmt;

use http::uri::{Authority, PathAndQuery};

use crate::environment::LOG_TARGET;
use crate::signal::Signal;

/// Plain text or TLS. The scheme of a URL decides it, whatever else is configured.
///
/// Spec: OTLP exporter, "Insecure" and "Endpoint" (MUST).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain text.
    Http,
    /// TLS.
    Https,
}

/// A receiver: scheme, host, port, and for HTTP the request target, kept byte for byte.
///
/// User information and fragments of a URL are left out: they are never sent and never shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    scheme: Scheme,
    host: String,
    port: u16,
    target: PathAndQuery,
}

/// The text is not an endpoint. It says what is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidEndpoint(String);

impl Endpoint {
    /// `http://localhost:4317` for gRPC.
    ///
    /// Spec: OTLP exporter, "Configuration Options" (default).
    pub fn default_grpc() -> Self {
        Self {
            scheme: Scheme::Http,
            host: "localhost".to_owned(),
            port: 4317,
            target: PathAndQuery::from_static("/"),
        }
    }

    /// `http://localhost:4318` with the path of `signal`.
    ///
    /// Spec: OTLP exporter, "Configuration Options" (default).
    pub fn default_http(signal: Signal) -> Self {
        Self {
            port: 4318,
            ..Self::default_grpc()
        }
        .joined(signal)
    }

    /// `http://localhost:9411/api/v2/spans`.
    ///
    /// Spec: environment variables, "Zipkin Exporter" (default).
    #[cfg(feature = "zipkin")]
    pub(crate) fn default_zipkin() -> Self {
        Self {
            port: 9411,
            target: PathAndQuery::from_static("/api/v2/spans"),
            ..Self::default_grpc()
        }
    }

    /// Where a Prometheus on this machine takes remote write: `http://localhost:9090/api/v1/write`.
    #[cfg(feature = "prometheus-remote-write")]
    pub(crate) fn default_remote_write() -> Self {
        Self {
            port: 9090,
            target: PathAndQuery::from_static("/api/v1/write"),
            ..Self::default_grpc()
        }
    }

    /// A gRPC receiver: `host:port`, or a URL whose scheme decides about TLS. Without a scheme `insecure` decides, and
    /// TLS is the default. A path has no meaning in OTLP/gRPC: it is left out, with a warning.
    ///
    /// Spec: OTLP exporter, "Endpoint (OTLP/gRPC)" and "Insecure" (MUST).
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`] where the text is neither.
    pub fn grpc(text: &str, insecure: bool) -> Result<Self, InvalidEndpoint> {
        let mut endpoint = if text.contains("://") {
            Self::from_url(text)?
        } else {
            let scheme = if insecure {
                Scheme::Http
            } else {
                Scheme::Https
            };
            let (host, port) = split_authority(text)?;
            let Some(port) = port else {
                return Err(InvalidEndpoint(
                    "the port is missing: a gRPC endpoint is host:port or a URL".to_owned(),
                ));
            };
            Self {
                scheme,
                host,
                port,
                ..Self::default_grpc()
            }
        };
        if endpoint.target != "/" {
            let without_path = Self {
                target: PathAndQuery::from_static("/"),
                ..endpoint.clone()
            };
            tracing::warn!(
                target: LOG_TARGET,
                endpoint = endpoint.to_string(),
                "a gRPC endpoint has no path: {} is left out; use {}",
                endpoint.target,
                without_path
            );
            endpoint = without_path;
        }
        Ok(endpoint)
    }

    /// An HTTP receiver by its base URL, to which the path of `signal` is appended.
    ///
    /// Spec: OTLP exporter, "Endpoint URLs for OTLP/HTTP" (2) (MUST).
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`] where the text is not a URL with the scheme `http` or `https`.
    pub fn http_base(text: &str, signal: Signal) -> Result<Self, InvalidEndpoint> {
        Ok(Self::http_url(text)?.joined(signal))
    }

    /// An HTTP receiver by the URL of the signal itself, to which nothing is appended.
    ///
    /// Spec: OTLP exporter, "Endpoint URLs for OTLP/HTTP" (1) (MUST).
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`] where the text is not a URL with the scheme `http` or `https`.
    pub fn http_url(text: &str) -> Result<Self, InvalidEndpoint> {
        if text.contains("://") {
            return Self::from_url(text);
        }
        let shown = without_user_information(text);
        Err(InvalidEndpoint(format!(
            "the scheme is missing: http://{shown}, or https://{shown} where the receiver has TLS"
        )))
    }

    /// Plain text or TLS.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether the connection is made with TLS.
    pub const fn is_tls(&self) -> bool {
        matches!(self.scheme, Scheme::Https)
    }

    /// Whether there is TLS, for descriptions.
    pub(crate) const fn tls_words(&self) -> &'static str {
        if self.is_tls() { "enabled" } else { "disabled" }
    }

    /// The host: a name or an address, an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        self.host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(&self.host)
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Path and query of a request, as they go on the wire.
    pub const fn target(&self) -> &PathAndQuery {
        &self.target
    }

    /// `host:port`, for people.
    pub fn host_and_port(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// What the `Host` header and `:authority` say: the port is left out where the scheme implies it.
    pub fn authority(&self) -> String {
        match (self.scheme, self.port) {
            (Scheme::Http, 80) | (Scheme::Https, 443) => self.host.clone(),
            _ => self.host_and_port(),
        }
    }

    fn from_url(text: &str) -> Result<Self, InvalidEndpoint> {
        let invalid = |reason: String| InvalidEndpoint(reason);
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| invalid("the scheme is missing".to_owned()))?;
        let (scheme, default_port) = if scheme.eq_ignore_ascii_case("http") {
            (Scheme::Http, 80)
        } else if scheme.eq_ignore_ascii_case("https") {
            (Scheme::Https, 443)
        } else {
            return Err(invalid(format!(
                "the scheme {scheme:?} is not http or https"
            )));
        };
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let (host, port) = split_authority(authority)?;
        let target = match target.as_bytes().first() {
            None => "/".to_owned(),
            Some(b'?') => format!("/{target}"),
            Some(_) => target.to_owned(),
        };
        let target = PathAndQuery::try_from(target.as_str())
            .map_err(|error| invalid(format!("path: {error}")))?;
        Ok(Self {
            scheme,
            host,
            port: port.unwrap_or(default_port),
            target,
        })
    }

    fn joined(mut self, signal: Signal) -> Self {
        let path = self.target.path();
        let slash = if path.ends_with('/') { "" } else { "/" };
        let mut joined = format!("{path}{slash}{}", signal.http_path());
        if let Some(query) = self.target.query() {
            joined.push('?');
            joined.push_str(query);
        }
        if let Ok(target) = PathAndQuery::try_from(joined) {
            self.target = target;
        }
        self
    }
}

/// The whole URL.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}:{}", self.host, self.port)?;
        match self.target.as_str() {
            "/" => Ok(()),
            target => f.write_str(target),
        }
    }
}

/// Splits `user@host:port`, dropping the user.
fn split_authority(text: &str) -> Result<(String, Option<u16>), InvalidEndpoint> {
    let text = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let text = text.strip_suffix(':').unwrap_or(text);
    let authority = Authority::try_from(text)
        .map_err(|error| InvalidEndpoint(format!("host and port: {error}")))?;
    let host = authority.host();
    if host.is_empty() {
        return Err(InvalidEndpoint("the host is missing".to_owned()));
    }
    let port = match text.strip_prefix(host) {
        None | Some("") => None,
        Some(port) => match port.strip_prefix(':').map(str::parse) {
            Some(Ok(port)) if port != 0 => Some(port),
            _ => {
                return Err(InvalidEndpoint(
                    "the port is not a number from 1 to 65535".to_owned(),
                ));
            }
        },
    };
    Ok((host.to_owned(), port))
}

/// `text` with the user information of a URL cut out, so that it can be shown.
pub(crate) fn without_user_information(text: &str) -> String {
    let start = text.find("://").map_or(0, |index| index + 3);
    let (scheme, rest) = text.split_at(start);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match (authority.rsplit_once('@'), rest.rsplit_once('@')) {
        (Some((_, host)), _) => format!("{scheme}***@{host}{path}"),
        // A password with a slash in it, or a URL whose scheme is misspelt: better too much is cut than too little.
        (None, Some((_, host))) => format!("{scheme}***@{host}"),
        (None, None) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base(text: &str) -> String {
        Endpoint::http_base(text, Signal::Metrics).map_or_else(
            |error| error.to_string(),
            |endpoint| endpoint.target().to_string(),
        )
    }

    fn as_is(text: &str) -> String {
        Endpoint::http_url(text).map_or_else(
            |error| error.to_string(),
            |endpoint| endpoint.target().to_string(),
        )
    }

    #[test]
    fn the_path_of_the_signal_is_appended_to_a_base_and_to_nothing_else() {
        assert_eq!(base("http://h:4318"), "/v1/metrics");
        assert_eq!(base("http://h:4318/"), "/v1/metrics");
        assert_eq!(base("http://h:4318/a/b"), "/a/b/v1/metrics");
        assert_eq!(base("http://h:4318/a/b/"), "/a/b/v1/metrics");
        assert_eq!(base("http://h:4318/v1/metrics/"), "/v1/metrics/v1/metrics");
        assert_eq!(base("http://h:4318/a?key=1"), "/a/v1/metrics?key=1");
        assert_eq!(as_is("http://h:4318"), "/");
        assert_eq!(as_is("http://h:4318/custom"), "/custom");
        assert_eq!(as_is("http://h:4318?key=1"), "/?key=1");
    }

    #[test]
    fn paths_stay_byte_for_byte() {
        assert_eq!(as_is("http://h/v1/metrics/"), "/v1/metrics/");
        assert_eq!(as_is("http://h/A%2Fb//c"), "/A%2Fb//c");
        assert_eq!(as_is("http://h//x"), "//x");
        assert_eq!(base("http://h/x//y/"), "/x//y/v1/metrics");
        assert_eq!(base("http://h/A%2Fb/"), "/A%2Fb/v1/metrics");
    }

    #[test]
    fn a_url_without_a_port_has_the_port_of_its_scheme() {
        let port = |text| Endpoint::http_url(text).map(|endpoint| endpoint.port());
        assert_eq!(port("http://h/x"), Ok(80));
        assert_eq!(port("https://h:/x"), Ok(443));
        assert_eq!(port("HTTPS://h:4318"), Ok(4318));
    }

    #[test]
    fn the_scheme_decides_about_tls_and_insecure_only_without_one() {
        let tls = |text, insecure| Endpoint::grpc(text, insecure).map(|endpoint| endpoint.is_tls());
        assert_eq!(tls("https://h:4317", true), Ok(true));
        assert_eq!(tls("http://h:4317", false), Ok(false));
        assert_eq!(tls("h:4317", false), Ok(true));
        assert_eq!(tls("h:4317", true), Ok(false));
    }

    #[test]
    fn hosts_may_be_ipv6_literals() {
        let endpoint = Endpoint::grpc("[::1]:4317", true).expect("an endpoint");
        assert_eq!((endpoint.host(), endpoint.port()), ("::1", 4317));
        assert_eq!(endpoint.authority(), "[::1]:4317");
    }

    #[test]
    fn user_information_is_neither_kept_nor_shown() {
        let endpoint = Endpoint::http_url("http://user:secret@h:1/x").expect("an endpoint");
        assert_eq!(endpoint.to_string(), "http://h:1/x");
        assert!(!format!("{endpoint:?}").contains("secret"));
        assert_eq!(
            without_user_information("http://user:se@cret@h:x/@y"),
            "http://***@h:x/@y"
        );
        for text in [
            "http://user:sec/ret@h",
            "http:/user:sec/ret@h",
            "user:secret@h",
        ] {
            let shown = without_user_information(text);
            assert!(!shown.contains("ret") && !shown.contains("user"), "{shown}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let grpc = |text| Endpoint::grpc(text, false).map_err(|error| error.to_string());
        assert!(grpc("collector").is_err_and(|text| text.contains("port is missing")));
        assert!(grpc("collector:99999").is_err_and(|text| text.contains("65535")));
        assert!(grpc("unix:///socket").is_err_and(|text| text.contains("unix")));
        assert!(grpc("").is_err());
        assert!(as_is("localhost:4318").contains("http://localhost:4318, or https://"));
        assert!(as_is("http:///v1").contains("host"));
        assert!(as_is("http://h/a b").contains("path"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*", insecure: bool) {
            let _ = Endpoint::grpc(&text, insecure);
            let _ = Endpoint::http_url(&text);
            let _ = Endpoint::http_base(&text, Signal::Logs);
            let _ = without_user_information(&text);
        }

        #[test]
        fn a_path_of_ordinary_characters_is_kept(path in "(/[A-Za-z0-9._~%!$&'()*+,;=:@-]{0,8}){1,5}") {
            prop_assert_eq!(as_is(&format!("http://h:1{path}")), path);
        }
    }
}
