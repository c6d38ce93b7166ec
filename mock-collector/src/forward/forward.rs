//! Where each port of a collector forwards to.

use std::io;
use std::sync::Arc;

use super::dial::Dialler;
use super::upstream::{InvalidUpstream, Upstream};
use crate::journal::Port;
use crate::listen::MemoryConnector;

/// What a collector forwards to: an upstream for each of its two ports.
#[derive(Clone, Debug)]
pub struct Forward {
    grpc: Route,
    http: Route,
    authorities: Option<String>,
}

/// The way from one port.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    /// Over TCP.
    Url(Upstream),
    /// To a collector in this process.
    Memory(Port, MemoryConnector),
}

impl Forward {
    /// What comes over OTLP/gRPC goes to this upstream, and what comes over OTLP/HTTP to the same host: to port 4318 where
    /// this is port 4317, else to the same port.
    pub fn to(upstream: Upstream) -> Self {
        Self {
            http: Route::Url(upstream.for_http()),
            grpc: Route::Url(upstream),
            authorities: None,
        }
    }

    /// To another collector of this process, without sockets: for virtual time.
    pub fn in_memory(connector: MemoryConnector) -> Self {
        Self {
            grpc: Route::Memory(Port::Grpc, connector.clone()),
            http: Route::Memory(Port::Http, connector),
            authorities: None,
        }
    }

    /// What comes over OTLP/HTTP goes to this upstream.
    #[must_use]
    pub fn http(mut self, upstream: Upstream) -> Self {
        self.http = Route::Url(upstream);
        self
    }

    /// The authorities to trust over `https://`, in PEM. Default: those that the system trusts.
    #[must_use]
    pub fn authorities(mut self, pem: impl Into<String>) -> Self {
        self.authorities = Some(pem.into());
        self
    }

    fn routes(&self) -> [&Route; 2] {
        [&self.grpc, &self.http]
    }
}

impl Route {
    fn is_tcp(&self) -> bool {
        match self {
            Self::Url(upstream) => upstream.is_tcp(),
            Self::Memory(..) => false,
        }
    }
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(upstream) => upstream.fmt(f),
            Self::Memory(port, _) => write!(f, "memory ({port})"),
        }
    }
}

/// A way that cannot be meant.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidForward {
    /// The address of an upstream is none.
    #[error(transparent)]
    Upstream(#[from] InvalidUpstream),
    /// One port ends HTTP and the other passes bytes.
    #[error("{grpc} and {http} do not go together: either both are tcp://, or neither is")]
    Mixed {
        /// The upstream for OTLP/gRPC.
        grpc: String,
        /// The upstream for OTLP/HTTP.
        http: String,
    },
    /// The upstream is this very collector.
    #[error(
        "{upstream} is the collector's own port for {port}: requests would go round in circles"
    )]
    Loop {
        /// The upstream.
        upstream: String,
        /// The port that it is.
        port: Port,
    },
    /// Bytes are passed as they are, so that the collector cannot speak TLS as well.
    #[error("tcp:// passes TLS on as it is: the collector cannot end it as well")]
    TlsOverTcp,
    /// The authorities to trust cannot be read.
    #[error("the authorities to trust cannot be used")]
    Authorities(#[source] io::Error),
}

/// The ways of a running collector.
#[derive(Debug)]
pub(crate) struct Forwarder {
    grpc: Arc<Dialler>,
    http: Arc<Dialler>,
    is_tcp: bool,
}

impl Forwarder {
    pub(crate) fn try_new(forward: &Forward) -> Result<Self, InvalidForward> {
        let [grpc_is_tcp, http_is_tcp] = forward.routes().map(Route::is_tcp);
        if grpc_is_tcp != http_is_tcp {
            return Err(InvalidForward::Mixed {
                grpc: forward.grpc.to_string(),
                http: forward.http.to_string(),
            });
        }
        let authorities = forward.authorities.as_deref();
        let dialler = |route: Route| {
            Dialler::try_new(route, authorities)
                .map(Arc::new)
                .map_err(InvalidForward::Authorities)
        };
        Ok(Self {
            is_tcp: grpc_is_tcp,
            grpc: dialler(forward.grpc.clone())?,
            http: dialler(forward.http.clone())?,
        })
    }

    /// Whether bytes are passed, and requests are not looked at.
    pub(crate) const fn is_tcp(&self) -> bool {
        self.is_tcp
    }

    pub(crate) fn dialler(&self, port: Port) -> &Arc<Dialler> {
        match port {
            Port::Grpc => &self.grpc,
            Port::Http => &self.http,
        }
    }
}
