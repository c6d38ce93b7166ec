//! What a connection finds out about itself that its HTTP implementation does not tell.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::tls::{Credentials, alert_of};
use crate::export::{AttemptError, ConnectionError, ConnectionErrorKind};

/// The beginning of a TLS alert, in any version of TLS.
const TLS_ALERT: [u8; 2] = [0x15, 0x03];

/// What a connection found out about itself. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Insight(Arc<OnceLock<Finding>>);

#[derive(Debug)]
enum Finding {
    /// This is what the error really was.
    Really(ConnectionError),
    /// This may be why the connection was lost.
    Perhaps(String),
}

impl Insight {
    /// `error`, or what is better known.
    pub(crate) fn or(&self, error: AttemptError) -> AttemptError {
        match (self.0.get(), error) {
            (Some(Finding::Really(known)), _) => AttemptError::Connection(known.clone()),
            (Some(Finding::Perhaps(hint)), AttemptError::Connection(mut lost))
                if lost.kind == ConnectionErrorKind::Lost =>
            {
                lost.message = format!("{}; {hint}", lost.message);
                AttemptError::Connection(lost)
            }
            (_, error) => error,
        }
    }
}

/// A stream that gains insight from what it reads.
pub(crate) struct Insightful<S> {
    stream: S,
    insight: Insight,
    /// Host and port, for people.
    receiver: Arc<str>,
    /// Where TLS is spoken.
    credentials: Option<Arc<Credentials>>,
    has_read: bool,
    has_written: bool,
}

impl<S> Insightful<S> {
    /// The stream, and what it will find out.
    pub(crate) fn new(
        stream: S,
        receiver: Arc<str>,
        credentials: Option<Arc<Credentials>>,
    ) -> (Self, Insight) {
        let insight = Insight::default();
        let stream = Self {
            stream,
            insight: insight.clone(),
            receiver,
            credentials,
            has_read: false,
            has_written: false,
        };
        (stream, insight)
    }

    fn found(&self, finding: Finding) {
        // The first is the cause of all others.
        let _ = self.insight.0.set(finding);
    }

    /// The receiver rejects the handshake after it is over for this side: it has not read a request.
    fn failed(&self, error: &io::Error) {
        let Some(credentials) = &self.credentials else {
            return;
        };
        if let Some(message) = alert_of(error, credentials, &self.receiver) {
            self.found(Finding::Really(ConnectionError {
                kind: ConnectionErrorKind::Tls,
                message,
                request_sent: false,
            }));
        }
    }

    /// What came first tells whether the receiver speaks TLS where plain text is spoken to it.
    fn read_first(&mut self, bytes: &[u8]) {
        self.has_read = true;
        let receiver = &self.receiver;
        if self.credentials.is_some() {
            return;
        }
        if bytes.starts_with(&TLS_ALERT) {
            self.found(Finding::Really(ConnectionError {
                kind: ConnectionErrorKind::Protocol,
                message: format!(
                    "{receiver} speaks TLS; give the endpoint https:// instead of http://"
                ),
                request_sent: false,
            }));
        } else if bytes.is_empty() && self.has_written {
            self.found(Finding::Perhaps(format!(
                "{receiver} ended it without a word: if it speaks TLS, the endpoint begins with https://"
            )));
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Insightful<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut self.stream).poll_read(cx, buffer));
        match &result {
            Ok(()) if !self.has_read => self.read_first(&buffer.filled()[before..]),
            Ok(()) => {}
            Err(error) => self.failed(error),
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
        self.has_written = true;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.has_written = true;
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
