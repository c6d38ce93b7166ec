//! How late the runner is, and for how long the SUT could not run: a machine that stalls must not be taken for a slow SUT.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{read_dir, read_to_string},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

/// How often it looks.
const TICK: Duration = Duration::from_millis(20);

/// Measures by how much a short sleep is overslept, as long as it lives.
#[derive(Debug)]
pub(super) struct LagMeter {
    seen: Arc<Mutex<Seen>>,
    ticker: JoinHandle<()>,
}

#[derive(Debug)]
struct Seen {
    /// When it looked, and how late it was.
    late: Vec<(Instant, Duration)>,
    /// When it looks next.
    due: Instant,
}

impl LagMeter {
    /// Starts to measure on the current runtime.
    pub(super) fn start() -> Self {
        let seen = Arc::new(Mutex::new(Seen {
            late: Vec::new(),
            due: Instant::now() + TICK,
        }));
        let writer = Arc::clone(&seen);
        let ticker = tokio::spawn(async move {
            loop {
                let due = Instant::now() + TICK;
                writer.lock().due = due;
                sleep(TICK).await;
                let late = due.elapsed();
                // What a timer of one millisecond cannot help is no lag.
                if late > Duration::from_millis(5) {
                    writer.lock().late.push((Instant::now(), late));
                }
            }
        });
        Self { seen, ticker }
    }

    /// The worst lateness since `start`, that of a look which is overdue included.
    pub(super) fn since(&self, start: Instant) -> Duration {
        let seen = self.seen.lock();
        let overdue = seen.due.elapsed();
        seen.late
            .iter()
            .rev()
            .take_while(|(at, _)| *at >= start)
            .map(|(_, late)| *late)
            .fold(overdue, Duration::max)
    }
}

/// How long each thread of a process has waited for a processor while it could have run: what the machine, and not the
/// SUT, is to blame for. Known on Linux alone.
#[derive(Debug, Default)]
pub(super) struct Starvation(BTreeMap<OsString, Duration>);

impl Starvation {
    /// That of the process with this number, until now. Nothing of a process that has ended.
    pub(super) fn of(process: Option<u32>) -> Self {
        let threads = process.and_then(|id| read_dir(format!("/proc/{id}/task")).ok());
        let known = threads
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|thread| {
                // Three numbers: time on a processor, time spent waiting for one, both in nanoseconds, and time slices.
                let numbers = read_to_string(thread.path().join("schedstat")).ok()?;
                let waited = numbers.split_ascii_whitespace().nth(1)?.parse().ok()?;
                Some((thread.file_name(), Duration::from_nanos(waited)))
            });
        Self(known.collect())
    }

    /// How long the thread that waited most has waited since `before`. Threads wait side by side, so this, and not the sum,
    /// is how much later a call may have come back.
    pub(super) fn since(&self, before: &Self) -> Duration {
        let waited = |(thread, now): (&OsString, &Duration)| {
            now.saturating_sub(before.0.get(thread).copied().unwrap_or_default())
        };
        self.0.iter().map(waited).max().unwrap_or_default()
    }
}

impl Drop for LagMeter {
    fn drop(&mut self) {
        self.ticker.abort();
    }
}
