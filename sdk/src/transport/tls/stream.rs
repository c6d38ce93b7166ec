//! TLS on a stream.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsConnector;

use super::credentials::Credentials;
use super::explain::{alert_of, explain};
use crate::export::{ConnectionError, ConnectionErrorKind};
use crate::transport::BoxedStream;
use crate::transport::insight::Insight;

/// `stream` to `host`, with TLS, and what it will find out about itself. `receiver` is who it is, for people.
pub(crate) async fn secured(
    stream: BoxedStream,
    credentials: &Arc<Credentials>,
    host: &str,
    receiver: Arc<str>,
) -> Result<(BoxedStream, Insight), ConnectionError> {
    let failed = |message| ConnectionError {
        kind: ConnectionErrorKind::Tls,
        message,
        request_sent: false,
    };
    let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(error.to_string()))?;
    let stream = TlsConnector::from(credentials.config())
        .connect(name, stream)
        .await
        .map_err(|error| failed(explain(&error, credentials, host, &receiver)))?;
    let (stream, insight) = Insightful::new(stream, receiver, Arc::clone(credentials));
    Ok((Box::new(stream), insight))
}

/// A stream with TLS that gains insight from how it fails.
struct Insightful<S> {
    stream: S,
    insight: Insight,
    /// Host and port, for people.
    receiver: Arc<str>,
    credentials: Arc<Credentials>,
}

impl<S> Insightful<S> {
    /// The stream, and what it will find out.
    fn new(stream: S, receiver: Arc<str>, credentials: Arc<Credentials>) -> (Self, Insight) {
        let insight = Insight::default();
        let stream = Self {
            stream,
            insight: insight.clone(),
            receiver,
            credentials,
        };
        (stream, insight)
    }

    /// The receiver rejects the handshake: it has not read a request.
    fn failed(&self, error: &io::Error) {
        if let Some(message) = alert_of(error, &self.credentials, &self.receiver) {
            self.insight.0.get_or_init(|| ConnectionError {
                kind: ConnectionErrorKind::Tls,
                message,
                request_sent: false,
            });
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Insightful<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let result = ready!(Pin::new(&mut self.stream).poll_read(cx, buffer));
        if let Err(error) = &result {
            self.failed(error);
        }
        Poll::Ready(result)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Insightful<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
