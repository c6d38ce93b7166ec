use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a client sends first when it speaks HTTP/2 without having asked.
///
/// Spec: RFC 9113, section 3.4.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream whose first bytes can be looked at before they are read.
#[derive(Debug)]
pub(crate) struct Sniffed<S> {
    stream: S,
    sniffed: Bytes,
}

impl<S: AsyncRead + Unpin> Sniffed<S> {
    pub(crate) const fn new(stream: S) -> Self {
        Self {
            stream,
            sniffed: Bytes::new(),
        }
    }

    /// Whether the client speaks HTTP/2. Reads as much as it takes to know, and leaves it to be read again.
    pub(crate) async fn speaks_http2(&mut self) -> io::Result<bool> {
        let mut seen = BytesMut::with_capacity(HTTP2_PREFACE.len());
        while seen.len() < HTTP2_PREFACE.len() && HTTP2_PREFACE.starts_with(&seen) {
            let read = self.read_some(HTTP2_PREFACE.len() - seen.len()).await?;
            if read.is_empty() {
                break;
            }
            seen.extend_from_slice(&read);
        }
        let http2 = seen == HTTP2_PREFACE;
        self.sniffed = seen.freeze();
        Ok(http2)
    }

    /// What the client sent first, as much of it as came at once, up to 64 bytes; it is left to be read again. Empty, if
    /// the client ended the stream.
    pub(crate) async fn first_bytes(&mut self) -> io::Result<Bytes> {
        self.sniffed = self.read_some(64).await?;
        Ok(self.sniffed.clone())
    }

    async fn read_some(&mut self, most: usize) -> io::Result<Bytes> {
        let mut storage = [0; 64];
        let mut buffer = ReadBuf::new(&mut storage[..most.min(64)]);
        poll_fn(|cx| Pin::new(&mut self.stream).poll_read(cx, &mut buffer)).await?;
        Ok(Bytes::copy_from_slice(buffer.filled()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Sniffed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.sniffed.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
        }
        let length = self.sniffed.len().min(buffer.remaining());
        buffer.put_slice(&self.sniffed[..length]);
        self.sniffed.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Sniffed<S> {
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
