//! A layer between an HTTP implementation and its stream: writes that the implementation knows nothing of, and slowness.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep};

/// What is asked of the layer of one connection.
#[derive(Debug, Default)]
pub(crate) struct Interposition {
    /// Whether anything is: if not, the layer costs nothing.
    active: AtomicBool,
    wishes: Mutex<Wishes>,
    flushed: Notify,
}

#[derive(Debug, Default)]
struct Wishes {
    /// To be written where the HTTP implementation has just written all that it holds: between two frames, or before an
    /// answer.
    extra: Bytes,
    /// How long to wait after each byte.
    every_byte: Option<Duration>,
    /// Whether somebody waits until all is written.
    awaited: bool,
}

impl Interposition {
    /// Writes `bytes` as soon as the HTTP implementation has written all that it holds.
    pub(crate) async fn write(&self, bytes: Bytes) {
        self.wish(|wishes| wishes.extra = bytes).await;
    }

    /// Waits until the HTTP implementation has written all that was handed to it.
    pub(crate) async fn flushed(&self) {
        self.wish(|_| {}).await;
    }

    async fn wish(&self, change: impl FnOnce(&mut Wishes)) {
        {
            let mut wishes = self.wishes.lock();
            change(&mut wishes);
            wishes.awaited = true;
        }
        self.active.store(true, Ordering::Release);
        // The HTTP implementation runs in the same task: it has to be asked to flush.
        tokio::task::yield_now().await;
        self.flushed.notified().await;
    }

    /// Writes `bytes` after what the HTTP implementation holds, in the same flush; nobody waits for it.
    pub(crate) fn append(&self, bytes: Bytes) {
        self.wishes.lock().extra = bytes;
        self.active.store(true, Ordering::Release);
    }

    /// From now on, waits this long after each byte; `None` ends that.
    pub(crate) fn slow_down(&self, every_byte: Option<Duration>) {
        self.wishes.lock().every_byte = every_byte;
        self.active.store(true, Ordering::Release);
    }
}

/// A stream with the layer around it.
#[derive(Debug)]
pub(crate) struct Interposed<S> {
    stream: S,
    shared: Arc<Interposition>,
    /// What was taken from the HTTP implementation and is written slowly. It is taken at once, so that the implementation
    /// goes on to read.
    held: BytesMut,
    pause: Option<Pin<Box<Sleep>>>,
}

/// How much is held: more than any answer that is to come slowly.
const HELD_BYTES: usize = 64 * 1024;

impl<S: AsyncWrite + Unpin> Interposed<S> {
    pub(crate) fn new(stream: S, shared: Arc<Interposition>) -> Self {
        Self {
            stream,
            shared,
            held: BytesMut::new(),
            pause: None,
        }
    }

    fn is_active(&self) -> bool {
        self.shared.active.load(Ordering::Acquire)
    }

    /// Writes what is held, each byte when it is time for it.
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.held.is_empty() {
            let every_byte = self.shared.wishes.lock().every_byte;
            if every_byte.is_some()
                && let Some(pause) = &mut self.pause
            {
                ready!(pause.as_mut().poll(cx));
            }
            self.pause = None;
            let bytes = if every_byte.is_some() {
                &self.held[..1]
            } else {
                &self.held
            };
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
            self.held.advance(written);
            self.pause = every_byte.map(|every| Box::pin(sleep(every)));
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write_extra(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let extra = self.shared.wishes.lock().extra.clone();
            if extra.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &extra))?;
            self.shared.wishes.lock().extra.advance(written);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Interposed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Interposed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_active()
            && (self.shared.wishes.lock().every_byte.is_some() || !self.held.is_empty())
        {
            if self.held.len() >= HELD_BYTES {
                ready!(self.poll_held(cx))?;
            }
            self.held.extend_from_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_active() {
            let first = slices.iter().find(|slice| !slice.is_empty());
            return self.poll_write(cx, first.map_or(&[], |slice| slice));
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_active() {
            ready!(self.poll_held(cx))?;
            ready!(self.poll_write_extra(cx))?;
        }
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        if self.is_active() && std::mem::take(&mut self.shared.wishes.lock().awaited) {
            self.shared.flushed.notify_one();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
