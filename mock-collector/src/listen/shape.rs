use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::{Cause, ServerStream, WireState};
use crate::fault::{Conditions, Direction, EndBy, Slice};

/// How the bytes of one connection pass, where faults have them not pass as they come.
#[derive(Debug)]
pub(super) struct Shape {
    received: Way,
    sent: Way,
    slices: Option<Slices>,
    /// How many bytes are sent before the sending side ends.
    half_close: Option<u64>,
    /// What was received and is not due yet.
    held: BytesMut,
    /// Whether the HTTP implementation must not end the sending side: it is ended later.
    keeps_open: bool,
}

/// One direction of a connection.
#[derive(Debug, Default)]
struct Way {
    pace: Option<Pace>,
    limit: Option<Limit>,
}

/// So many bytes, and then the end.
#[derive(Debug)]
struct Limit {
    left: u64,
    by: EndBy,
}

impl Shape {
    /// The shape that these conditions ask for, where they ask for one.
    pub(super) fn of(conditions: &Conditions) -> Option<Box<Self>> {
        if !conditions.shape_bytes() {
            return None;
        }
        let limit = |direction| {
            let close = conditions.close_after?;
            (close.direction == direction).then_some(Limit {
                left: close.bytes,
                by: close.by,
            })
        };
        Some(Box::new(Self {
            received: Way {
                pace: conditions.received_per_second.map(Pace::new),
                limit: limit(Direction::Received),
            },
            sent: Way {
                pace: conditions.sent_per_second.map(Pace::new),
                limit: limit(Direction::Sent),
            },
            slices: conditions.slice.map(Slices::new),
            half_close: conditions.half_close.map(|close| close.after_bytes),
            held: BytesMut::new(),
            keeps_open: conditions.slow_close.is_some(),
        }))
    }

    /// Reads what is due.
    pub(super) fn poll_read(
        &mut self,
        stream: &mut ServerStream,
        state: &WireState,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // At once where nothing is sent before it. That it cannot be done yet keeps nobody from reading.
        let _ = self.poll_half_close(stream, state, cx);
        if self.held.is_empty() {
            if self.received.is_over() {
                return Poll::Pending;
            }
            let mut storage = [0; LONGEST_READ];
            let most = self.received.most(buffer.remaining().min(LONGEST_READ));
            let mut read = ReadBuf::new(&mut storage[..most]);
            ready!(Pin::new(stream).poll_read(cx, &mut read))?;
            self.held.extend_from_slice(read.filled());
            self.received.take(self.held.len());
        }
        ready!(self.received.poll_due(cx));
        let length = self.held.len().min(buffer.remaining());
        buffer.put_slice(&self.held[..length]);
        self.held.advance(length);
        self.received.pass(length, state);
        Poll::Ready(Ok(()))
    }

    /// Writes what may leave now.
    pub(super) fn poll_write(
        &mut self,
        stream: &mut ServerStream,
        state: &WireState,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if self.half_close == Some(0) {
            ready!(self.poll_half_close(stream, state, cx))?;
            // Sent to nobody, so that the HTTP implementation goes on to read.
            state.lose_bytes();
            return Poll::Ready(Ok(bytes.len()));
        }
        if self.sent.is_over() {
            return Poll::Pending;
        }
        let mut most = self.sent.most(bytes.len());
        if let Some(slices) = &mut self.slices {
            ready!(slices.poll_pause(cx));
            most = most.min(slices.left);
        }
        if let Some(before) = self.half_close {
            most = most.min(length_of(before));
        }
        self.sent.take(most);
        ready!(self.sent.poll_due(cx));
        let written = ready!(Pin::new(&mut *stream).poll_write(cx, &bytes[..most]))?;
        self.sent.pass(written, state);
        if let Some(slices) = &mut self.slices {
            slices.pass(written);
        }
        if let Some(before) = &mut self.half_close {
            *before -= written as u64;
        }
        // If it cannot be done yet, it is when the next bytes are to be written or read.
        let _ = self.poll_half_close(stream, state, cx);
        Poll::Ready(Ok(written))
    }

    /// Ends the sending side when it is time for it.
    fn poll_half_close(
        &mut self,
        stream: &mut ServerStream,
        state: &WireState,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if self.half_close != Some(0) || state.is_half_closed() {
            return Poll::Ready(Ok(()));
        }
        ready!(Pin::new(stream).poll_shutdown(cx))?;
        state.half_close();
        Poll::Ready(Ok(()))
    }

    /// Whether the HTTP implementation must not end the sending side now.
    pub(super) const fn keeps_open(&self) -> bool {
        self.keeps_open
    }
}

/// How much is read at once.
const LONGEST_READ: usize = 16 * 1024;

impl Way {
    /// How many of so many bytes may pass at once.
    fn most(&self, bytes: usize) -> usize {
        let paced = self.pace.as_ref().map_or(bytes, |pace| pace.most(bytes));
        let limit = self.limit.as_ref();
        limit.map_or(paced, |limit| paced.min(length_of(limit.left)))
    }

    /// Whether nothing passes any more.
    fn is_over(&self) -> bool {
        self.limit.as_ref().is_some_and(|limit| limit.left == 0)
    }

    /// Takes so many bytes that are to pass when they are due.
    fn take(&mut self, bytes: usize) {
        if let Some(pace) = &mut self.pace {
            pace.take(bytes);
        }
    }

    /// Waits until the bytes that were taken are due.
    fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.pace {
            Some(pace) => pace.poll_due(cx),
            None => Poll::Ready(()),
        }
    }

    /// So many bytes have passed; ends the connection where they were the last.
    fn pass(&mut self, bytes: usize, state: &WireState) {
        if let Some(pace) = &mut self.pace {
            pace.pass(bytes);
        }
        if let Some(limit) = &mut self.limit {
            limit.left = limit.left.saturating_sub(bytes as u64);
            if limit.left == 0 {
                state.end(match limit.by {
                    EndBy::Close => Cause::Closed,
                    EndBy::Reset => Cause::Reset,
                });
            }
        }
    }
}

/// A bandwidth: n bytes are due n / rate after they were taken, or after those before them were due.
#[derive(Debug)]
struct Pace {
    bytes_per_second: u64,
    /// When all that has passed was due.
    free_at: Option<Instant>,
    /// How many bytes have been taken and not passed.
    taken: usize,
    due: Option<Pin<Box<Sleep>>>,
}

/// How many times a second bytes pass, where there are enough of them.
const PASSES_PER_SECOND: u64 = 100;

impl Pace {
    const fn new(bytes_per_second: u64) -> Self {
        Self {
            bytes_per_second,
            free_at: None,
            taken: 0,
            due: None,
        }
    }

    fn most(&self, bytes: usize) -> usize {
        if self.taken > 0 {
            return self.taken.min(bytes);
        }
        let at_once = self.bytes_per_second.div_ceil(PASSES_PER_SECOND);
        bytes.min(length_of(at_once))
    }

    fn take(&mut self, bytes: usize) {
        if self.taken > 0 || bytes == 0 {
            return;
        }
        let now = Instant::now();
        let from = self.free_at.map_or(now, |free_at| free_at.max(now));
        let due = from + self.lasts(bytes);
        self.taken = bytes;
        self.free_at = Some(due);
        self.due = Some(Box::pin(sleep_until(due)));
    }

    fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(due) = &mut self.due {
            ready!(due.as_mut().poll(cx));
            self.due = None;
        }
        Poll::Ready(())
    }

    /// What was taken and has not passed, because the kernel did not take it, is due already.
    fn pass(&mut self, bytes: usize) {
        self.taken = self.taken.saturating_sub(bytes);
    }

    fn lasts(&self, bytes: usize) -> Duration {
        let nanos = u128::from(bytes as u64) * 1_000_000_000 / u128::from(self.bytes_per_second);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// Pieces with a pause after each.
#[derive(Debug)]
struct Slices {
    slice: Slice,
    /// How much of this piece may still leave.
    left: usize,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Slices {
    fn new(slice: Slice) -> Self {
        Self {
            left: length_of(slice.bytes),
            slice,
            pause: None,
        }
    }

    fn poll_pause(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        Poll::Ready(())
    }

    fn pass(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
        if self.left == 0 {
            self.left = length_of(self.slice.bytes);
            self.pause = Some(Box::pin(sleep_until(Instant::now() + self.slice.every)));
        }
    }
}

fn length_of(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
