use std::fmt;

use super::identity::{ClientAuthorities, ServerIdentity};

/// How both ports of a collector speak TLS.
///
/// The collector makes an authority of its own when it starts, and certificates for itself and for a client:
/// [`MockCollector::certificates`](crate::MockCollector::certificates). It takes others in place of them. Keys that it makes
/// are ECDSA on P-256; TLS 1.2 and 1.3 are spoken. By ALPN the port for OTLP/gRPC takes `h2`, and that for OTLP/HTTP `h2`
/// and `http/1.1`, as the real Collector does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerTls {
    pub(super) client_auth: ClientAuth,
    pub(super) names: Vec<String>,
    pub(super) expired: bool,
    pub(super) identity: Option<ServerIdentity>,
    pub(super) client_authorities: Option<ClientAuthorities>,
}

/// Whether clients have to say who they are (mutual TLS).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// They are not asked.
    #[default]
    None,
    /// They are asked, and may stay silent. What they say has to be true.
    Optional,
    /// Without a certificate of the collector's authority for clients there is no connection.
    Required,
}

impl Default for ServerTls {
    fn default() -> Self {
        Self {
            client_auth: ClientAuth::None,
            names: ["localhost", "127.0.0.1", "::1"]
                .map(str::to_owned)
                .to_vec(),
            expired: false,
            identity: None,
            client_authorities: None,
        }
    }
}

impl ServerTls {
    /// A certificate for `localhost`, `127.0.0.1` and `::1`, valid now and for a long time, and no question who the client is.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether clients have to say who they are. Default: [`ClientAuth::None`].
    #[must_use]
    pub const fn client_auth(mut self, client_auth: ClientAuth) -> Self {
        self.client_auth = client_auth;
        self
    }

    /// The names and addresses that the collector's certificate is for. Default: `localhost`, `127.0.0.1`, `::1`.
    #[must_use]
    pub fn names<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }

    /// The collector's certificate was valid in January 2020 only. Default: it is valid.
    #[must_use]
    pub const fn expired(mut self) -> Self {
        self.expired = true;
        self
    }

    /// The certificate that the collector shows, where no fault asks for another one. Default: it is made at the start.
    ///
    /// [`ServerTls::names`] and [`ServerTls::expired`] are about certificates that are made.
    #[must_use]
    pub fn identity(mut self, identity: ServerIdentity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Who signs the certificates of clients. Default: an authority that is made at the start; where another one is named,
    /// the client's certificate that is made is not taken.
    #[must_use]
    pub fn client_authorities(mut self, authorities: ClientAuthorities) -> Self {
        self.client_authorities = Some(authorities);
        self
    }
}

/// What the clients of a collector that speaks TLS need, in PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificates {
    /// The authority that signed the collector's certificate: what a client has to trust. Where that certificate was not
    /// made here: it, and what came with it.
    pub ca: String,
    /// An authority that has nothing to do with the collector.
    pub other_ca: String,
    /// A client's certificate, signed by the collector's authority for clients.
    pub client_certificate: String,
    /// The key of that certificate: PKCS#8, not encrypted.
    pub client_key: String,
    /// A certificate that says the same and is signed by an authority that the collector does not know.
    pub other_client_certificate: String,
    /// The key of that certificate.
    pub other_client_key: String,
}

/// Shows no keys.
impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates")
            .field("ca", &self.ca)
            .field("client_certificate", &self.client_certificate)
            .finish_non_exhaustive()
    }
}
