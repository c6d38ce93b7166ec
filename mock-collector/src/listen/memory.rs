use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::sync::{Notify, mpsc};

use super::ServerStream;
use crate::core::Core;
use crate::journal::Port;

/// How many bytes each direction of a connection holds before the writer has to wait.
const BUFFER_BYTES: usize = 64 * 1024;

/// Makes the client's side of in-memory connections to one collector.
///
/// This is what stands in for TCP in virtual time: on a paused current-thread runtime nothing waits for the kernel, so
/// every time is exact. A plain duplex stream can neither refuse nor reset; these connections can.
///
/// Clones connect to the same collector. A connector outlives its collector; it then refuses all connections.
#[derive(Clone, Debug)]
pub struct MemoryConnector {
    core: Arc<Core>,
    grpc: mpsc::UnboundedSender<ServerStream>,
    http: mpsc::UnboundedSender<ServerStream>,
}

impl MemoryConnector {
    /// A connector, and the accept queues of the two ports, gRPC first.
    pub(crate) fn new(
        core: Arc<Core>,
    ) -> (
        Self,
        mpsc::UnboundedReceiver<ServerStream>,
        mpsc::UnboundedReceiver<ServerStream>,
    ) {
        let (grpc, grpc_dialled) = mpsc::unbounded_channel();
        let (http, http_dialled) = mpsc::unbounded_channel();
        (Self { core, grpc, http }, grpc_dialled, http_dialled)
    }

    /// Connects to a port of the collector. Waits while a fault swallows connections.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::ConnectionRefused`] while the collector is down, refuses connections, or is no more.
    pub async fn connect(&self, port: Port) -> io::Result<MemoryStream> {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        self.core.while_swallowing(port).await;
        if self.core.refuses_connection(port) {
            return Err(refused());
        }
        let (client, server) = duplex(BUFFER_BYTES);
        let link = Arc::new(Link::default());
        let dialled = ServerStream::Memory(server, Arc::clone(&link));
        let queue = match port {
            Port::Grpc => &self.grpc,
            Port::Http => &self.http,
        };
        queue.send(dialled).map_err(|_| refused())?;
        Ok(MemoryStream {
            stream: client,
            link,
        })
    }
}

/// What the two ends of an in-memory connection share.
#[derive(Debug, Default)]
pub(crate) struct Link {
    reset: AtomicBool,
    client_left: Notify,
}

impl Link {
    /// From now on the client's end fails with [`io::ErrorKind::ConnectionReset`].
    pub(crate) fn reset(&self) {
        self.reset.store(true, Ordering::Release);
    }

    /// Waits until the client's end has ended its sending side, or is no more: for who does not read.
    pub(crate) async fn client_left(&self) {
        self.client_left.notified().await;
    }

    fn is_reset(&self) -> bool {
        self.reset.load(Ordering::Acquire)
    }
}

/// The client's end of an in-memory connection.
///
/// Reads and writes fail with [`io::ErrorKind::ConnectionReset`] after the collector has reset the connection. What was
/// sent before a reset can still be read, as on Linux.
#[derive(Debug)]
pub struct MemoryStream {
    stream: DuplexStream,
    link: Arc<Link>,
}

impl MemoryStream {
    fn write_result<T>(&self, result: io::Result<T>) -> io::Result<T> {
        match result {
            Err(_) if self.link.is_reset() => Err(io::ErrorKind::ConnectionReset.into()),
            result => result,
        }
    }
}

impl AsyncRead for MemoryStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() == before && buffer.remaining() > 0 && self.link.is_reset() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for MemoryStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes));
        Poll::Ready(self.write_result(result))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, slices));
        Poll::Ready(self.write_result(result))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = ready!(Pin::new(&mut self.stream).poll_flush(cx));
        Poll::Ready(self.write_result(result))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.link.client_left.notify_one();
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for MemoryStream {
    fn drop(&mut self) {
        self.link.client_left.notify_one();
    }
}
