use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, Interest, ReadBuf,
};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};

use super::memory::Link;
use super::shape::Shape;
use crate::fault::Conditions;

/// How long a connection that the collector closed is read on, so that the client sees the end of the stream and
/// not a reset that unread bytes would cause. Our choice; Go's `net/http` waits half a second.
const LINGER: Duration = Duration::from_millis(500);

/// The collector's end of a connection.
#[derive(Debug)]
pub(crate) enum ServerStream {
    Tcp(TcpStream),
    Memory(DuplexStream, Arc<Link>),
}

impl ServerStream {
    /// Ends the connection so that the client sees a reset.
    pub(crate) fn reset(self) {
        match self {
            Self::Tcp(stream) => {
                // Closing with a linger time of zero sends RST. If the option cannot be set, the connection is gone.
                let _ = stream.set_zero_linger();
            }
            Self::Memory(stream, link) => {
                link.reset();
                drop(stream);
            }
        }
    }

    /// Waits until the client has ended its sending side or the connection, without reading what it sends.
    pub(crate) async fn client_left(&self) {
        match self {
            Self::Memory(_, link) => link.client_left().await,
            Self::Tcp(stream) => {
                while let Ok(ready) = stream.ready(Interest::READABLE | Interest::ERROR).await {
                    if ready.is_read_closed() || ready.is_error() {
                        return;
                    }
                    // What has come is left where it is; to wait for more, the readiness has to be used up.
                    let _ = stream.try_io(Interest::READABLE, || {
                        Err::<(), _>(io::ErrorKind::WouldBlock.into())
                    });
                }
            }
        }
    }

    /// Ends the connection so that the client sees the end of the stream.
    pub(crate) async fn close(mut self) {
        if matches!(self, Self::Memory(..)) || self.shutdown().await.is_err() {
            return;
        }
        let mut discarded = [0; 4096];
        let drained = async { while !matches!(self.read(&mut discarded).await, Ok(0) | Err(_)) {} };
        // Either the client has closed its side as well, or it does not care.
        let _ = tokio::time::timeout(LINGER, drained).await;
    }
}

impl AsyncRead for ServerStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Memory(stream, _) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for ServerStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Memory(stream, _) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Memory(stream, _) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            Self::Memory(stream, _) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Memory(stream, _) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Memory(stream, _) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// Why the collector ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A fault resets it.
    Reset,
    /// A fault closes it.
    Closed,
    /// The collector goes away, for a while or for ever.
    Stopped,
}

/// What is known about a connection's bytes while an HTTP implementation owns its stream.
#[derive(Debug, Default)]
pub(crate) struct WireState {
    has_read: AtomicBool,
    began_with_tls: AtomicBool,
    ended_by_peer: AtomicBool,
    reset_by_peer: AtomicBool,
    half_closed: AtomicBool,
    loses_bytes: AtomicBool,
    end_when_flushed: AtomicBool,
    cause: OnceLock<Cause>,
    end: Notify,
}

impl WireState {
    /// Whether the client sent anything at all.
    pub(crate) fn has_read(&self) -> bool {
        self.has_read.load(Ordering::Relaxed)
    }

    /// Whether what the client sent first was the beginning of a TLS handshake.
    pub(crate) fn began_with_tls(&self) -> bool {
        self.began_with_tls.load(Ordering::Relaxed)
    }

    fn has_read_bytes(&self, bytes: &[u8]) {
        if !self.has_read.swap(true, Ordering::Relaxed) {
            // A record of a handshake, in any version of TLS.
            let tls = bytes.starts_with(&[0x16, 0x03]);
            self.began_with_tls.store(tls, Ordering::Relaxed);
        }
    }

    /// Whether the client has ended the connection, or it broke.
    pub(crate) fn ended_by_peer(&self) -> bool {
        self.ended_by_peer.load(Ordering::Relaxed)
    }

    /// Whether the client has ended the connection by a reset.
    pub(crate) fn reset_by_peer(&self) -> bool {
        self.reset_by_peer.load(Ordering::Relaxed)
    }

    fn failed(&self, error: &io::Error) {
        self.ended_by_peer.store(true, Ordering::Relaxed);
        if error.kind() == io::ErrorKind::ConnectionReset {
            self.reset_by_peer.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the collector has ended its sending side and reads on.
    pub(crate) fn is_half_closed(&self) -> bool {
        self.half_closed.load(Ordering::Relaxed)
    }

    pub(super) fn half_close(&self) {
        self.half_closed.store(true, Ordering::Relaxed);
    }

    /// Whether bytes were sent after the sending side had ended, so that they reach nobody: nor does what comes after them.
    pub(crate) fn loses_bytes(&self) -> bool {
        self.loses_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn lose_bytes(&self) {
        self.loses_bytes.store(true, Ordering::Relaxed);
    }

    /// Why the collector ends the connection, where it does.
    pub(crate) fn cause(&self) -> Option<Cause> {
        self.cause.get().copied()
    }

    /// Asks whoever serves the connection to end it at once. The first cause counts.
    pub(crate) fn end(&self, cause: Cause) {
        let _ = self.cause.set(cause);
        self.end.notify_one();
    }

    /// Asks whoever serves the connection to close it when all that was handed to the HTTP implementation before now has
    /// been written.
    pub(crate) fn close_when_flushed(&self) {
        let _ = self.cause.set(Cause::Closed);
        self.end_when_flushed.store(true, Ordering::Relaxed);
    }

    /// Waits until the connection is to be ended.
    pub(crate) async fn ended(&self) {
        self.end.notified().await;
    }
}

/// A connection's stream as an HTTP implementation sees it.
///
/// It notes what passes, and gives the stream back when the HTTP implementation is dropped, so that the connection can
/// then be ended in the way that was decided: by a reset, or by an end of stream.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: Option<ServerStream>,
    /// How bytes pass, where they do not pass as they come.
    shape: Option<Box<Shape>>,
    state: Arc<WireState>,
    give_back: Option<oneshot::Sender<ServerStream>>,
}

impl Wire {
    /// Wraps a stream; the receiver yields it again when the wire is dropped.
    pub(crate) fn new(
        stream: ServerStream,
        conditions: &Conditions,
        state: Arc<WireState>,
    ) -> (Self, oneshot::Receiver<ServerStream>) {
        let (give_back, returned) = oneshot::channel();
        let wire = Self {
            stream: Some(stream),
            shape: Shape::of(conditions),
            state,
            give_back: Some(give_back),
        };
        (wire, returned)
    }

    fn stream(&mut self) -> io::Result<Pin<&mut ServerStream>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(gone)
    }
}

fn gone() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let this = &mut *self;
        let stream = this.stream.as_mut().ok_or_else(gone)?;
        let result = ready!(match &mut this.shape {
            None => Pin::new(stream).poll_read(cx, buffer),
            Some(shape) => shape.poll_read(stream, &this.state, cx, buffer),
        });
        let read = buffer.filled().len() - before;
        if let Err(error) = &result {
            self.state.failed(error);
        } else if read == 0 {
            self.state.ended_by_peer.store(true, Ordering::Relaxed);
        } else {
            self.state.has_read_bytes(&buffer.filled()[before..]);
        }
        Poll::Ready(result)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let stream = this.stream.as_mut().ok_or_else(gone)?;
        let result = ready!(match &mut this.shape {
            None => Pin::new(stream).poll_write(cx, bytes),
            Some(shape) => shape.poll_write(stream, &this.state, cx, bytes),
        });
        if let Err(error) = &result {
            self.state.failed(error);
        }
        Poll::Ready(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.shape.is_some() {
            let first = slices.iter().find(|slice| !slice.is_empty());
            return self.poll_write(cx, first.map_or(&[], |slice| slice));
        }
        let result = ready!(self.stream()?.poll_write_vectored(cx, slices));
        if let Err(error) = &result {
            self.state.failed(error);
        }
        Poll::Ready(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream
            .as_ref()
            .is_some_and(ServerStream::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = ready!(self.stream()?.poll_flush(cx));
        // HTTP implementations flush after they have written all that they hold.
        if self.state.end_when_flushed.swap(false, Ordering::Relaxed) {
            self.state.end.notify_one();
        }
        Poll::Ready(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.shape.as_ref().is_some_and(|shape| shape.keeps_open()) {
            return Poll::Ready(Ok(()));
        }
        self.stream()?.poll_shutdown(cx)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if let (Some(stream), Some(give_back)) = (self.stream.take(), self.give_back.take()) {
            // Nobody waits for it where the whole collector was dropped: then the stream closes here.
            let _ = give_back.send(stream);
        }
    }
}
