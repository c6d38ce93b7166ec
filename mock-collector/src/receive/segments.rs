//! Memory for bodies.
//!
//! A journal keeps bodies and lets go of the oldest: allocated one by one, each costs fresh pages from the kernel. So
//! they are cut off large segments, and a segment is used again when nothing in it is kept any more.

use std::collections::VecDeque;

use bytes::BytesMut;
use parking_lot::Mutex;

/// The size of the first segment: a receiver that lives for one test needs no more. Each further one is twice as large.
const FIRST_BYTES: usize = 64 * 1024;

/// The size at which segments stop growing.
const LARGEST_BYTES: usize = 4 * 1024 * 1024;

/// A body may take this part of a segment at most, so that little is wasted at a segment's end; a larger body gets
/// memory of its own.
const LARGEST_PART: usize = 8;

/// The segments of one collector.
#[derive(Debug, Default)]
pub(crate) struct Segments(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    current: Segment,
    /// The oldest comes first: it is the first that nothing is kept of any more, unless somebody holds on to a body.
    full: VecDeque<Segment>,
}

#[derive(Debug, Default)]
struct Segment {
    /// What is left of it: it has a capacity, and no length.
    free: BytesMut,
    size: usize,
}

impl Segments {
    /// An empty buffer that has room for so many bytes.
    pub(crate) fn buffer(&self, length: usize) -> BytesMut {
        if length > LARGEST_BYTES / LARGEST_PART {
            return BytesMut::with_capacity(length);
        }
        let mut state = self.0.lock();
        if state.current.free.capacity() < length {
            state.next_segment(length);
        }
        let free = &mut state.current.free;
        let after = free.split_off(length);
        std::mem::replace(free, after)
    }
}

impl State {
    fn next_segment(&mut self, length: usize) {
        let full = std::mem::take(&mut self.current);
        let least = (full.size * 2)
            .max(length * LARGEST_PART)
            .clamp(FIRST_BYTES, LARGEST_BYTES);
        if full.size > 0 {
            self.full.push_back(full);
        }
        self.current = self.reclaimed(length).unwrap_or_else(|| Segment {
            free: BytesMut::with_capacity(least),
            size: least,
        });
    }

    /// A full segment of which nothing is kept any more.
    fn reclaimed(&mut self, length: usize) -> Option<Segment> {
        let place = self.full.iter_mut().position(|segment| {
            segment.size >= length * LARGEST_PART && segment.free.try_reclaim(segment.size)
        })?;
        self.full.remove(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body of so many bytes.
    fn body(segments: &Segments, length: usize) -> bytes::Bytes {
        let mut buffer = segments.buffer(length);
        assert_eq!((buffer.len(), buffer.capacity()), (0, length));
        buffer.resize(length, 7);
        buffer.freeze()
    }

    fn count(segments: &Segments) -> usize {
        segments.0.lock().full.len() + 1
    }

    #[test]
    fn a_segment_is_used_again_when_all_its_bodies_are_gone() {
        let segments = Segments::default();
        let first = body(&segments, 8 * 1024);
        let place = first.as_ptr();
        let others: Vec<_> = (1..8).map(|_| body(&segments, 8 * 1024)).collect();
        let in_the_second = body(&segments, 8 * 1024);
        drop(others);
        // The first body is still there: its bytes are nobody else's.
        let rest: Vec<_> = (1..17).map(|_| body(&segments, 8 * 1024)).collect();
        assert_eq!(count(&segments), 3);
        assert!(first.iter().all(|byte| *byte == 7));
        drop((first, in_the_second, rest));
        let used_again: Vec<_> = (0..64)
            .map(|_| body(&segments, 8 * 1024).as_ptr())
            .collect();
        assert!(used_again.contains(&place));
        assert_eq!(count(&segments), 3);
    }

    #[test]
    fn a_body_too_large_for_a_segment_has_memory_of_its_own() {
        let segments = Segments::default();
        let large = body(&segments, LARGEST_BYTES);
        assert_eq!((count(&segments), large.len()), (1, LARGEST_BYTES));
        assert_eq!(segments.0.lock().current.size, 0);
        // One that fits gets a segment of which it is a small part.
        drop(body(&segments, LARGEST_BYTES / LARGEST_PART));
        assert_eq!(segments.0.lock().current.size, LARGEST_BYTES);
    }

    #[test]
    fn no_bytes_take_no_memory() {
        let segments = Segments::default();
        assert_eq!(body(&segments, 0).len(), 0);
        assert_eq!(segments.0.lock().current.size, 0);
    }
}
