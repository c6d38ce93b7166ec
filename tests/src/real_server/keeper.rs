//! The thread that keeps a process.
//!
//! It is the parent of the process for as long as the server is wanted, whatever becomes of the test's own threads and
//! runtimes: the kernel ends the process when this thread is gone, and dropping the server ends this thread.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fmt, io};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::runtime::Builder;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::last_lines::LastLines;

/// How long the outputs of a process may stay open when it is gone: somebody that it has started may have them.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How a process is ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    /// By SIGTERM, and by SIGKILL where it has not ended after this time.
    Asked(Duration),
    /// By SIGKILL.
    Killed,
}

/// How a process has ended; none where the system does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended(pub Option<ExitStatus>);

/// A process and the thread that keeps it.
#[derive(Debug)]
pub(super) struct Keeper {
    /// Ends the process; dropped, it does that too.
    end: Option<oneshot::Sender<Ending>>,
    ended: watch::Receiver<Option<Ended>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the process.
    ///
    /// `patience` is how long it may take to end when this is dropped.
    pub(super) async fn start(
        name: &str,
        command: Command,
        lines: Arc<LastLines>,
        patience: Duration,
    ) -> io::Result<Self> {
        let (end, to_end) = oneshot::channel();
        let (tell_ended, ended) = watch::channel(None);
        let (tell_started, started) = oneshot::channel();
        let thread = thread::Builder::new()
            .name(format!("keeper of {name}"))
            .spawn(move || {
                let runtime = match Builder::new_current_thread().enable_all().build() {
                    Ok(runtime) => runtime,
                    Err(error) => return drop(tell_started.send(Err(error))),
                };
                runtime.block_on(async {
                    match spawn(command) {
                        Ok(child) => {
                            // Whoever started it may have lost interest; then `to_end` tells.
                            let _ = tell_started.send(Ok(()));
                            let ended = keep(child, lines, to_end, patience).await;
                            tell_ended.send_replace(Some(ended));
                        }
                        Err(error) => drop(tell_started.send(Err(error))),
                    }
                });
            })?;
        let keeper = Self {
            end: Some(end),
            ended,
            thread: Some(thread),
        };
        started.await.map_err(io::Error::other)??;
        Ok(keeper)
    }

    /// How it has ended, if it has.
    pub(super) fn has_ended(&self) -> Option<Ended> {
        *self.ended.borrow()
    }

    /// Waits until the process is gone, and all that it wrote has been read.
    pub(super) async fn ended(&self) -> Ended {
        let mut ended = self.ended.clone();
        // A keeper that is gone without a word does not know either.
        let ended = ended.wait_for(Option::is_some).await;
        ended.ok().and_then(|ended| *ended).unwrap_or(Ended(None))
    }

    /// Ends the process and waits until it is gone.
    pub(super) async fn end(&mut self, ending: Ending) -> Ended {
        if let Some(end) = self.end.take() {
            // It may be gone already.
            let _ = end.send(ending);
        }
        self.ended().await
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // It does not panic; if it did, its message was printed.
            let _ = thread.join();
        }
    }
}

fn spawn(mut command: Command) -> io::Result<Child> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

/// Reads what the process writes, until it is gone.
async fn keep(
    mut child: Child,
    lines: Arc<LastLines>,
    to_end: oneshot::Receiver<Ending>,
    patience: Duration,
) -> Ended {
    let mut readers = JoinSet::new();
    if let Some(stdout) = child.stdout.take() {
        readers.spawn(Arc::clone(&lines).follow(stdout));
    }
    if let Some(stderr) = child.stderr.take() {
        readers.spawn(lines.follow(stderr));
    }
    let status = tokio::select! {
        status = child.wait() => status,
        ending = to_end => end(&mut child, ending.unwrap_or(Ending::Asked(patience))).await,
    };
    // Nothing more comes where this fails; what came is kept.
    let _ = timeout(LAST_WORDS, readers.join_all()).await;
    Ended(status.ok())
}

async fn end(child: &mut Child, ending: Ending) -> io::Result<ExitStatus> {
    if let Ending::Asked(patience) = ending {
        let pid = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        if let Some(pid) = pid {
            // It may be gone already, which the wait tells.
            let _ = kill_process(pid, Signal::TERM);
        }
        if let Ok(status) = timeout(patience, child.wait()).await {
            return status;
        }
    }
    child.start_kill()?;
    child.wait().await
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(status) => status.fmt(f),
            None => f.write_str("nobody knows how"),
        }
    }
}
