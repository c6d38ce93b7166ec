//! Connections to an upstream.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::failure::UpstreamFailure;
use super::forward::Route;
use super::trust;
use super::upstream::{Scheme, Upstream};

/// How long an upstream may take to accept a connection; as grpc-go's minimum for a connection attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// Makes connections to one upstream.
pub(crate) struct Dialler {
    route: Route,
    /// For HTTP/1.1 and for HTTP/2, where the upstream speaks TLS.
    tls: Option<[Arc<ClientConfig>; 2]>,
}

/// A stream to an upstream.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// The version of HTTP that is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Http {
    One,
    Two,
}

impl Dialler {
    pub(super) fn try_new(route: Route, authorities: Option<&str>) -> io::Result<Self> {
        let speaks_tls =
            matches!(&route, Route::Url(upstream) if upstream.scheme() == Scheme::Https);
        let tls = speaks_tls.then(|| trust::config(authorities)).transpose()?;
        let tls = tls.map(|config| {
            [&b"http/1.1"[..], b"h2"].map(|protocol| {
                let mut config = config.clone();
                config.alpn_protocols = vec![protocol.to_vec()];
                Arc::new(config)
            })
        });
        Ok(Self { route, tls })
    }

    pub(crate) const fn route(&self) -> &Route {
        &self.route
    }

    /// A stream on which this version of HTTP can be spoken.
    pub(super) async fn dial(&self, http: Http) -> Result<Box<dyn Stream>, UpstreamFailure> {
        match (&self.route, &self.tls) {
            (Route::Memory(port, connector), _) => {
                let stream = connector.connect(*port).await;
                Ok(Box::new(stream.map_err(|error| unreachable(&error))?))
            }
            (Route::Url(upstream), None) => Ok(Box::new(tcp(upstream).await?)),
            (Route::Url(upstream), Some([one, two])) => {
                let config = match http {
                    Http::One => one,
                    Http::Two => two,
                };
                let name = ServerName::try_from(upstream.host().to_owned())
                    .map_err(|error| UpstreamFailure::Tls(error.to_string()))?;
                let stream = tcp(upstream).await?;
                let secured = TlsConnector::from(Arc::clone(config)).connect(name, stream);
                let secured = secured
                    .await
                    .map_err(|error| UpstreamFailure::Tls(error.to_string()))?;
                Ok(Box::new(secured))
            }
        }
    }

    /// A stream of bytes, whatever is spoken on it; `None` to a collector in this process.
    pub(super) async fn dial_tcp(&self) -> Result<Option<TcpStream>, UpstreamFailure> {
        match &self.route {
            Route::Url(upstream) => tcp(upstream).await.map(Some),
            Route::Memory(..) => Ok(None),
        }
    }
}

/// Shows no certificates.
impl fmt::Debug for Dialler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialler")
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}

async fn tcp(upstream: &Upstream) -> Result<TcpStream, UpstreamFailure> {
    let connecting = TcpStream::connect((upstream.host(), upstream.port()));
    let stream = timeout(CONNECT_TIMEOUT, connecting)
        .await
        .map_err(|_| UpstreamFailure::ConnectTimeout(CONNECT_TIMEOUT))?
        .map_err(|error| unreachable(&error))?;
    // What a proxy holds back would look like a delay of the upstream. If the option cannot be set, the connection is gone.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

fn unreachable(error: &io::Error) -> UpstreamFailure {
    UpstreamFailure::Unreachable(error.to_string())
}
