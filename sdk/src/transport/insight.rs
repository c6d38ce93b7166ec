//! What a connection finds out about itself that its HTTP implementation does not tell: TLS 1.3 rejects a client's
//! certificate after the handshake is over for the client.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::tls::{Credentials, alert_of};
use crate::export::{AttemptError, ConnectionError, ConnectionErrorKind};

/// What a connection found out about itself. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Insight(Arc<OnceLock<ConnectionError>>);

impl Insight {
    /// `error`, or what is better known.
    pub(crate) fn or(&self, error: AttemptError) -> AttemptError {
        match self.0.get() {
            Some(known) => AttemptError::Connection(known.clone()),
            None => error,
        }
    }
}

/// A stream with TLS that gains insight from how it fails.
pub(crate) struct Insightful<S> {
    stream: S,
    insight: Insight,
    /// Host and port, for people.
    receiver: Arc<str>,
    credentials: Arc<Credentials>,
}

impl<S> Insightful<S> {
    /// The stream, and what it will find out.
    pub(crate) fn new(
        stream: S,
        receiver: Arc<str>,
        credentials: Arc<Credentials>,
    ) -> (Self, Insight) {
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
