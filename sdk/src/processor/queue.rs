//! What waits to be exported.

use std::collections::VecDeque;
use std::ops::Range;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::report::Scope;

/// A bounded queue of numbered items. Who adds to it never waits; one task takes from it.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    capacity: usize,
    batch: usize,
    /// There is something to look at.
    wake: Notify,
    /// Something was dropped.
    dropped: Notify,
}

struct State<T> {
    items: VecDeque<T>,
    open: bool,
    reported: u64,
    counts: Counts,
}

/// Every item is counted once on its way in, and once on its way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Items that were queued. The last one has this number.
    pub(super) received: u64,
    /// Items that are delivered or lost. The last one has this number.
    pub(super) settled: u64,
    /// Items that found the queue full.
    pub(super) full: u64,
    /// Items that came after the shutdown.
    pub(super) late: u64,
    /// Items that were queued and never taken.
    pub(super) unsent: u64,
    /// Items that are in the queue now.
    pub(super) queued: u64,
}

impl<T> Queue<T> {
    /// An open queue for `capacity` items, that wakes its task for the first one and for each `batch`.
    pub(super) fn new(capacity: usize, batch: usize) -> Self {
        Self {
            state: Mutex::new(State {
                items: VecDeque::new(),
                open: true,
                reported: 0,
                counts: Counts::default(),
            }),
            capacity,
            batch,
            wake: Notify::new(),
            dropped: Notify::new(),
        }
    }

    /// Adds `item`, or drops it where there is no room or nobody to take it.
    pub(super) fn push(&self, item: T) {
        let mut state = self.state.lock();
        if !state.open {
            state.counts.late += 1;
            return;
        }
        if state.items.len() >= self.capacity {
            state.counts.full += 1;
            drop(state);
            self.dropped.notify_one();
            return;
        }
        state.items.push_back(item);
        state.counts.received += 1;
        let length = state.items.len();
        drop(state);
        if length == 1 || length == self.batch {
            self.wake.notify_one();
        }
    }

    /// Takes the oldest items, a batch at most, and tells which they are.
    pub(super) fn take(&self) -> (Vec<T>, Range<u64>) {
        let mut state = self.state.lock();
        let number = state.items.len().min(self.batch);
        let items: Vec<_> = state.items.drain(..number).collect();
        let first = state.counts.settled;
        (items, first..first + number as u64)
    }

    /// What was taken up to number `end` is delivered or lost.
    pub(super) fn settle(&self, end: u64) {
        self.state.lock().counts.settled = end;
    }

    /// Takes no more items.
    pub(super) fn close(&self) -> Scope {
        let mut state = self.state.lock();
        state.open = false;
        state.scope()
    }

    /// Takes no more items, and drops those that wait; tells which they were.
    pub(super) fn discard(&self) -> Range<u64> {
        let mut state = self.state.lock();
        state.open = false;
        let items = std::mem::take(&mut state.items);
        let (first, end) = (state.counts.settled, state.counts.received);
        state.counts.unsent += items.len() as u64;
        state.counts.settled = end;
        drop(state);
        first..end
    }

    /// What a flush that is called now covers.
    pub(super) fn scope(&self) -> Scope {
        self.state.lock().scope()
    }

    pub(super) fn len(&self) -> usize {
        self.state.lock().items.len()
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether a whole batch is there.
    pub(super) fn has_batch(&self) -> bool {
        self.len() >= self.batch
    }

    /// Whether more than one batch is there.
    pub(super) fn exceeds_batch(&self) -> bool {
        self.len() > self.batch
    }

    pub(super) fn counts(&self) -> Counts {
        let state = self.state.lock();
        Counts {
            queued: state.items.len() as u64,
            ..state.counts
        }
    }

    /// Ready when there may be a first item or a whole batch.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Ready when an item was dropped.
    pub(super) async fn dropped(&self) {
        self.dropped.notified().await;
    }

    /// How many items found the queue full since this was asked last.
    pub(super) fn newly_dropped(&self) -> u64 {
        let mut state = self.state.lock();
        let full = state.counts.full;
        full - std::mem::replace(&mut state.reported, full)
    }
}

impl<T> State<T> {
    fn scope(&self) -> Scope {
        Scope {
            settled: self.counts.settled,
            end: self.counts.received,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_leave_in_order_a_batch_at_a_time_with_their_numbers() {
        let queue = Queue::new(5, 2);
        (0..3).for_each(|item| queue.push(item));
        assert_eq!(queue.take(), (vec![0, 1], 0..2));
        queue.settle(2);
        queue.push(3);
        assert_eq!(queue.take(), (vec![2, 3], 2..4));
        queue.settle(4);
        assert_eq!(queue.take(), (vec![], 4..4));
    }

    #[test]
    fn what_finds_no_room_is_dropped_and_told_once() {
        let queue = Queue::new(2, 1);
        (0..5).for_each(|item| queue.push(item));
        assert_eq!((queue.newly_dropped(), queue.newly_dropped()), (3, 0));
        assert_eq!(queue.take().0, [0]);
        queue.push(5);
        assert_eq!(queue.take().0, [1]);
        assert_eq!(queue.take().0, [5], "there was room again");
        assert_eq!(queue.counts().full, 3);
    }

    #[test]
    fn a_closed_queue_takes_nothing_and_an_emptied_one_says_what_was_in_it() {
        let queue = Queue::new(5, 2);
        (0..3).for_each(|item| queue.push(item));
        assert_eq!(queue.close(), Scope { settled: 0, end: 3 });
        queue.push(3);
        queue.take();
        queue.settle(2);
        assert_eq!(queue.discard(), 2..3);
        let counts = queue.counts();
        assert_eq!((counts.received, counts.settled), (3, 3));
        assert_eq!((counts.late, counts.unsent, counts.queued), (1, 1, 0));
    }
}
