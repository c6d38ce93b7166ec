//! When the next cell may begin. Cells mostly wait, so there are many at a time; but a machine whose cores are taken is not
//! given more, or it is the machine that is measured.

use std::{fs::read_to_string, sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};

use super::runner::cores;

/// How often a busy machine is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// A machine that is always busy gets one more cell as often as this: it may be others who keep it busy.
const AT_LEAST_EVERY: Duration = Duration::from_secs(1);

/// With less memory than this to spare, in bytes, nothing more is begun.
const SPARE_MEMORY: u64 = 1 << 30;

/// Lets cells begin, one after another.
pub(super) struct Pace {
    /// So many processes are started at a time.
    boots: Arc<Semaphore>,
    last: Instant,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self {
            boots: Arc::new(Semaphore::new(cores().get())),
            last: Instant::now(),
        }
    }

    /// Waits until another cell may begin; what it returns is kept until the cell has its process.
    pub(super) async fn turn(&mut self) -> Option<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.boots).acquire_owned().await.ok();
        while is_busy() && self.last.elapsed() < AT_LEAST_EVERY {
            sleep(LOOK).await;
        }
        self.last = Instant::now();
        permit
    }
}

/// Whether more threads want to run than there are cores, the one that asks aside, or memory runs out. Known on Linux alone;
/// elsewhere it never is.
fn is_busy() -> bool {
    let runnable = number(read_to_string("/proc/stat").ok(), "procs_running ");
    let kibibytes = number(read_to_string("/proc/meminfo").ok(), "MemAvailable:");
    runnable.is_some_and(|threads| threads > cores().get() as u64 + 1)
        || kibibytes.is_some_and(|spare| spare < SPARE_MEMORY / 1024)
}

/// The number after `name`, in one of the text files of the kernel.
fn number(text: Option<String>, name: &str) -> Option<u64> {
    let text = text?;
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_by_their_name() {
        let text = || Some("cpu 1 2\nprocs_running 3\nMemAvailable:   2048 kB\n".to_owned());
        assert_eq!(number(text(), "procs_running "), Some(3));
        assert_eq!(number(text(), "MemAvailable:"), Some(2048));
        assert_eq!(number(text(), "procs_blocked "), None);
        assert_eq!(number(None, "procs_running "), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernel_says_both() {
        let threads = number(read_to_string("/proc/stat").ok(), "procs_running ");
        assert!(threads.is_some_and(|threads| threads >= 1));
        let spare = number(read_to_string("/proc/meminfo").ok(), "MemAvailable:");
        assert!(spare.is_some_and(|spare| spare > 0));
    }
}
