//! Cells in virtual time on a few threads. Results come back in the order of the plan.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Sender, channel},
    },
    thread,
    time::Duration,
};

use parking_lot::Mutex;

/// How long a cell may be busy, in wall time, without a sign of life. Virtual time takes milliseconds; a callback that
/// blocks on purpose takes seconds.
const HUNG: Duration = Duration::from_secs(60);

/// What a pool hands back about one job.
pub(crate) enum Ended<R> {
    /// Its result.
    With(R),
    /// It is busy for ever; its thread is left to itself.
    Hung,
}

/// Does `count` jobs on up to `threads` threads and calls `each` with their results in order.
pub(crate) fn in_order<R: Send + 'static>(
    count: usize,
    threads: NonZeroUsize,
    job: impl Fn(usize) -> R + Send + Sync + 'static,
    mut each: impl FnMut(usize, Ended<R>),
) {
    let pool = Arc::new(Pool {
        next: AtomicUsize::new(0),
        count,
        busy: Mutex::new(BTreeMap::new()),
        job,
    });
    let (sender, results) = channel();
    for _ in 0..threads.get().min(count) {
        spawn(&pool, &sender);
    }
    let mut waiting = BTreeMap::new();
    let mut due = 0;
    while due < count {
        match results.recv_timeout(HUNG).ok() {
            Some((index, result)) => {
                waiting.insert(index, Ended::With(result));
            }
            None => {
                for index in pool.hung() {
                    waiting.insert(index, Ended::Hung);
                    spawn(&pool, &sender);
                }
            }
        }
        while let Some(ended) = waiting.remove(&due) {
            each(due, ended);
            due += 1;
        }
    }
}

struct Pool<J> {
    next: AtomicUsize,
    count: usize,
    /// Jobs that are being done, and whether one has been given up.
    busy: Mutex<BTreeMap<usize, bool>>,
    job: J,
}

impl<J> Pool<J> {
    fn hung(&self) -> Vec<usize> {
        let mut busy = self.busy.lock();
        let hung: Vec<usize> = busy
            .iter()
            .filter(|(_, given_up)| !**given_up)
            .map(|(index, _)| *index)
            .collect();
        for index in &hung {
            busy.insert(*index, true);
        }
        hung
    }
}

fn spawn<R: Send + 'static, J: Fn(usize) -> R + Send + Sync + 'static>(
    pool: &Arc<Pool<J>>,
    results: &Sender<(usize, R)>,
) {
    let (pool, results) = (Arc::clone(pool), results.clone());
    thread::spawn(move || {
        loop {
            let index = pool.next.fetch_add(1, Ordering::Relaxed);
            if index >= pool.count {
                break;
            }
            pool.busy.lock().insert(index, false);
            let result = (pool.job)(index);
            let given_up = pool.busy.lock().remove(&index).unwrap_or(false);
            // Nobody waits any more for a job that was given up, and another thread has taken this one's place.
            if given_up || results.send((index, result)).is_err() {
                break;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_number_of_threads() {
        for threads in [1, 2, 7] {
            let mut seen = Vec::new();
            in_order(
                20,
                NonZeroUsize::new(threads).unwrap(),
                |index| index * index,
                |index, ended| match ended {
                    Ended::With(square) => seen.push((index, square)),
                    Ended::Hung => unreachable!("squares do not hang"),
                },
            );
            assert_eq!(
                seen,
                (0..20)
                    .map(|index| (index, index * index))
                    .collect::<Vec<_>>()
            );
        }
    }
}
