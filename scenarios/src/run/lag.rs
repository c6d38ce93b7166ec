//! How late the runner itself is: a machine that stalls must not be taken for a slow SUT.

use std::{sync::Arc, time::Duration};

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
    seen: Arc<Mutex<Vec<(Instant, Duration)>>>,
    ticker: JoinHandle<()>,
}

impl LagMeter {
    /// Starts to measure on the current runtime.
    pub(super) fn start() -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&seen);
        let ticker = tokio::spawn(async move {
            loop {
                let due = Instant::now() + TICK;
                sleep(TICK).await;
                let late = due.elapsed();
                // What a timer of one millisecond cannot help is no lag.
                if late > Duration::from_millis(5) {
                    writer.lock().push((Instant::now(), late));
                }
            }
        });
        Self { seen, ticker }
    }

    /// The worst lateness since `start`.
    pub(super) fn since(&self, start: Instant) -> Duration {
        self.seen
            .lock()
            .iter()
            .rev()
            .take_while(|(at, _)| *at >= start)
            .map(|(_, late)| *late)
            .max()
            .unwrap_or_default()
    }
}

impl Drop for LagMeter {
    fn drop(&mut self) {
        self.ticker.abort();
    }
}
