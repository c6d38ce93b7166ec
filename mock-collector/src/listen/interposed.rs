//! A layer between an HTTP implementation and its stream: writes that the implementation knows nothing of, and slowness.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};

use super::pings::PingFilter;

/// What is asked of the layer of one connection.
#[derive(Debug, Default)]
pub(crate) struct Interposition {
    /// Whether anything is: if not, the layer costs nothing.
    active: AtomicBool,
    /// Whether the HTTP implementation has written, or was about to, since it has flushed.
    unflushed: AtomicBool,
    wishes: Mutex<Wishes>,
}

#[derive(Debug, Default)]
struct Wishes {
    /// To be written where the HTTP implementation has just written all that it holds: between two frames, or before an
    /// answer.
    extra: BytesMut,
    /// How long to wait after each byte.
    every_byte: Option<Duration>,
    /// Who waits until all is written.
    waiting: Vec<oneshot::Sender<()>>,
}

impl Interposition {
    /// Writes `bytes` as soon as the HTTP implementation has written all that it holds.
    pub(crate) async fn write(&self, bytes: Bytes) {
        let waiting = self.wish(|wishes| wishes.extra.extend_from_slice(&bytes));
        // The HTTP implementation runs in the same task: it has to be asked to flush.
        tokio::task::yield_now().await;
        fulfilled(waiting).await;
    }

    /// Waits until the HTTP implementation has written all that was handed to it. Whoever waits hears of it at once, before
    /// the connection can end with what was written last.
    pub(crate) async fn flushed(&self) {
        let waiting = self.wish(|_| {});
        poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::Ready(())
        })
        .await;
        fulfilled(waiting).await;
    }

    /// The same where the HTTP implementation has come as far as it can: then it may have done so before.
    pub(crate) async fn drained(&self) {
        if self.unflushed.load(Ordering::Acquire) {
            self.flushed().await;
        }
    }

    fn wish(&self, change: impl FnOnce(&mut Wishes)) -> oneshot::Receiver<()> {
        let (flushed, waiting) = oneshot::channel();
        {
            let mut wishes = self.wishes.lock();
            change(&mut wishes);
            wishes.waiting.push(flushed);
        }
        self.active.store(true, Ordering::Release);
        waiting
    }

    /// Writes `bytes` after what the HTTP implementation holds, in the same flush; nobody waits for it.
    pub(crate) fn append(&self, bytes: &[u8]) {
        self.wishes.lock().extra.extend_from_slice(bytes);
        self.active.store(true, Ordering::Release);
    }

    /// From now on, waits this long after each byte; `None` ends that.
    pub(crate) fn slow_down(&self, every_byte: Option<Duration>) {
        self.wishes.lock().every_byte = every_byte;
        self.active.store(true, Ordering::Release);
    }
}

async fn fulfilled(waiting: oneshot::Receiver<()>) {
    if waiting.await.is_err() {
        // The connection is no more, and whoever waits here will not be for long.
        std::future::pending::<()>().await;
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
    /// Whether a part of what the implementation knows nothing of was written: the rest of it has to come next.
    extra_begun: bool,
    /// What is kept from the HTTP implementation, where something is.
    unheard: Option<Box<Unheard>>,
}

/// Keeps PING frames from an HTTP implementation, which would acknowledge them.
#[derive(Debug, Default)]
struct Unheard {
    filter: PingFilter,
    /// What was read and is to be heard.
    heard: BytesMut,
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
            extra_begun: false,
            unheard: None,
        }
    }

    /// The same, whose PING frames the HTTP implementation does not hear.
    pub(crate) fn without_pings(mut self) -> Self {
        self.unheard = Some(Box::default());
        self
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
            let mut wishes = self.shared.wishes.lock();
            if wishes.extra.is_empty() {
                self.extra_begun = false;
                return Poll::Ready(Ok(()));
            }
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &wishes.extra))?;
            wishes.extra.advance(written);
            self.extra_begun = true;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Interposed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        match &mut this.unheard {
            None => Pin::new(&mut this.stream).poll_read(cx, buffer),
            Some(unheard) => unheard.poll_read(Pin::new(&mut this.stream), cx, buffer),
        }
    }
}

/// How much is read at once where something is kept from the HTTP implementation.
const LONGEST_READ: usize = 16 * 1024;

impl Unheard {
    fn poll_read<S: AsyncRead>(
        &mut self,
        mut stream: Pin<&mut S>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.heard.is_empty() {
            let mut storage = [0; LONGEST_READ];
            let mut read = ReadBuf::new(&mut storage);
            ready!(stream.as_mut().poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.filter.filter(read.filled(), &mut self.heard);
        }
        let length = self.heard.len().min(buffer.remaining());
        buffer.put_slice(&self.heard[..length]);
        self.heard.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Interposed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.shared.unflushed.store(true, Ordering::Release);
        if self.extra_begun {
            ready!(self.poll_write_extra(cx))?;
        }
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
        self.shared.unflushed.store(true, Ordering::Release);
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
        self.shared.unflushed.store(false, Ordering::Release);
        if self.is_active() {
            let waiting = std::mem::take(&mut self.shared.wishes.lock().waiting);
            for waiting in waiting {
                // Who does not wait any more does not mind.
                let _ = waiting.send(());
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
