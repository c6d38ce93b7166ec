//! Where connections come from.

use std::io;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};

use super::insight::Insight;
use super::tls::{Credentials, secured};
use crate::endpoint::Endpoint;
use crate::export::{ConnectionError, ConnectionErrorKind};

/// A byte stream in both directions.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for S {}

/// Any [`Stream`].
pub type BoxedStream = Box<dyn Stream>;

/// Where a connection goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// A host name or an address, an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether TLS will be spoken on the stream. The connector gives the stream below TLS.
    pub tls: bool,
}

/// Makes connections. [`TcpConnector`] is the ordinary one; one over in-memory streams makes the whole client run in
/// virtual time.
///
/// An error of the kind [`io::ErrorKind::ConnectionRefused`] says that nobody listens there, and one of the kind
/// [`io::ErrorKind::NotFound`] that the name of the host cannot be resolved.
pub trait Connector: Send + Sync + 'static {
    /// A new stream to `target`.
    fn connect<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, io::Result<BoxedStream>>;
}

/// Connections over TCP, with `TCP_NODELAY`.
#[derive(Clone, Copy, Debug, Default)]
pub struct TcpConnector;

impl Connector for TcpConnector {
    fn connect<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, io::Result<BoxedStream>> {
        Box::pin(async move {
            let addresses: Vec<_> = lookup_host((target.host.as_str(), target.port))
                .await
                .map_err(|error| io::Error::new(io::ErrorKind::NotFound, error))?
                .collect();
            let stream = TcpStream::connect(addresses.as_slice()).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as BoxedStream)
        })
    }
}

/// Makes connections to one endpoint, TLS included.
pub(crate) struct Dialer {
    connector: Arc<dyn Connector>,
    target: Target,
    /// Host and port, for people.
    receiver: Arc<str>,
    tls: Option<Arc<Credentials>>,
}

impl Dialer {
    /// Connections to `endpoint`; `tls` is used where its scheme asks for it.
    pub(crate) fn new(
        connector: Arc<dyn Connector>,
        endpoint: &Endpoint,
        tls: Option<Credentials>,
    ) -> Self {
        Self {
            connector,
            target: Target {
                host: endpoint.host().to_owned(),
                port: endpoint.port(),
                tls: endpoint.is_tls(),
            },
            receiver: endpoint.host_and_port().into(),
            tls: tls.map(Arc::new),
        }
    }

    /// A new connection, and what it will find out about itself.
    pub(crate) async fn dial(&self) -> Result<(BoxedStream, Insight), ConnectionError> {
        let stream = self
            .connector
            .connect(&self.target)
            .await
            .map_err(|error| {
                let kind = match error.kind() {
                    io::ErrorKind::ConnectionRefused => ConnectionErrorKind::Refused,
                    io::ErrorKind::NotFound => ConnectionErrorKind::UnknownName,
                    _ => ConnectionErrorKind::NotConnected,
                };
                not_sent(kind, error.to_string())
            })?;
        let receiver = Arc::clone(&self.receiver);
        let Some(tls) = &self.tls else {
            return Ok((stream, Insight::default()));
        };
        secured(stream, tls, &self.target.host, receiver).await
    }
}

fn not_sent(kind: ConnectionErrorKind, message: String) -> ConnectionError {
    ConnectionError {
        kind,
        message,
        request_sent: false,
    }
}
