//! What this process has: files, tasks, memory.

use std::fs;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{sleep, timeout};

use crate::support::LONG;

static ALONE: Mutex<()> = Mutex::const_new(());

/// Waits until no other test of this process runs.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().await
}

/// Allows this process to open so many files, or panics.
pub(crate) fn allow_files(wanted: u64) {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return;
    }
    let raised = Rlimit {
        current: Some(wanted),
        ..limit
    };
    setrlimit(Resource::Nofile, raised)
        .unwrap_or_else(|error| panic!("this test opens {wanted} files: {error}, {limit:?}"));
}

/// How many sockets may be those of other tests: they wait, but their runtimes have some.
const OF_OTHERS: usize = 16;

/// How many sockets are open, and how many tasks there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    sockets: usize,
    tasks: usize,
}

impl Held {
    pub(crate) fn now() -> Self {
        Self {
            sockets: fs::read_dir("/proc/self/fd")
                .expect("Linux lists them")
                .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
                .filter(|link| link.to_string_lossy().starts_with("socket:"))
                .count(),
            tasks: Handle::current().metrics().num_alive_tasks(),
        }
    }

    /// Waits until there is no more of it than there was.
    pub(crate) async fn again(self) {
        let is_more = |now: Self| now.tasks > self.tasks || now.sockets > self.sockets + OF_OTHERS;
        let again = async {
            while is_more(Self::now()) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let is_again = timeout(LONG, again).await.is_ok();
        assert!(
            is_again,
            "there were {self:?}, and now there are {:?}",
            Self::now()
        );
    }
}

/// How much memory this process has, in bytes.
pub(crate) fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let kibibytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
        .expect("it is in kB");
    kibibytes.parse::<u64>().expect("a number") * 1024
}
