//! The Collector's process.

use std::{
    collections::VecDeque,
    ffi::OsString,
    io,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};
use thiserror::Error;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    sync::watch,
    task::JoinHandle,
    time::timeout,
};

/// What the Collector says when all of its components have been started.
const READY: &str = "Everything is ready.";

/// How many of its last lines an error shows.
const SHOWN_LINES: usize = 3;

/// How long a process may take to end whose receiver no longer answers, before that is another mistake.
const MOMENT: Duration = Duration::from_secs(1);

/// A program that cannot be run as the Collector.
#[derive(Debug, Error)]
#[error("{} is no Collector that can be run; `otelbox doctor --install otel-collector` builds one", path.display())]
pub struct CollectorError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl CollectorError {
    pub(super) fn of(path: &Path, source: io::Error) -> Self {
        Self {
            path: path.to_owned(),
            source,
        }
    }
}

/// Becomes the Collector: what `otelbox driver otel-collector` starts with `--become`. A Collector that is started so ends
/// with its driver, whatever ends that.
pub(crate) fn become_collector(collector: &Path, arguments: &[OsString]) -> CollectorError {
    let error = match set_parent_process_death_signal(Some(Signal::KILL)) {
        Ok(()) => std::process::Command::new(collector).args(arguments).exec(),
        Err(error) => error.into(),
    };
    CollectorError::of(collector, error)
}

/// A running Collector. It is killed when this value is dropped, or when its driver ends.
pub(super) struct Process {
    child: Child,
    ready: watch::Receiver<bool>,
    last: Arc<Mutex<VecDeque<String>>>,
    listener: JoinHandle<()>,
}

impl Process {
    /// Starts a Collector with this configuration. What it says goes to standard error.
    pub(super) fn spawn(otelbox: &Path, collector: &Path, configuration: &str) -> io::Result<Self> {
        let mut child = Command::new(otelbox)
            .args(["driver", "otel-collector", "--become", "--collector"])
            .arg(collector)
            .arg("--")
            .arg(format!("--config=yaml:{configuration}"))
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stderr = child
            .stderr
            .take()
            .ok_or_else(|| io::Error::other("its standard error is no pipe"))?;
        let (tell, ready) = watch::channel(false);
        let last = Arc::new(Mutex::new(VecDeque::new()));
        let lines = BufReader::new(stderr).lines();
        Ok(Self {
            child,
            ready,
            listener: tokio::spawn(listen(lines, tell, Arc::clone(&last))),
            last,
        })
    }

    /// Waits until it is ready. Returns whether it is: else it has ended.
    pub(super) async fn is_ready(&mut self) -> bool {
        self.ready.wait_for(|ready| *ready).await.is_ok()
    }

    /// Waits for its end, and for all that it said.
    pub(super) async fn end(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        // A listener that was cancelled has nothing more to pass on.
        if !self.listener.is_finished() {
            drop((&mut self.listener).await);
        }
        Ok(status)
    }

    /// How it ended, where it has, or does within a moment.
    pub(super) async fn has_ended(&mut self) -> Option<ExitStatus> {
        timeout(MOMENT, self.end()).await.ok()?.ok()
    }

    /// Asks it to end, as an operator does.
    pub(super) fn terminate(&self) -> io::Result<()> {
        let id = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.cast_signed()));
        id.map_or(Ok(()), |id| Ok(kill_process(id, Signal::TERM)?))
    }

    /// Kills it, and waits until nothing of it is left.
    pub(super) async fn kill(&mut self) {
        // An error says that it has ended.
        drop(self.child.start_kill());
        drop(self.end().await);
    }

    /// Its last lines.
    pub(super) fn said(&self) -> String {
        let last = self.last.lock();
        last.iter().cloned().collect::<Vec<_>>().join(" | ")
    }
}

/// Passes on what the Collector says, with its levels as its user's other logs have them.
async fn listen(
    mut lines: Lines<BufReader<ChildStderr>>,
    tell: watch::Sender<bool>,
    last: Arc<Mutex<VecDeque<String>>>,
) {
    while let Ok(Some(line)) = lines.next_line().await {
        let line = passed_on(&line);
        tell.send_if_modified(|ready| {
            let is_news = !*ready && line.contains(READY);
            *ready |= is_news;
            is_news
        });
        write_line(&line);
        let mut last = last.lock();
        if last.len() == SHOWN_LINES {
            last.pop_front();
        }
        last.push_back(line);
    }
}

/// Standard error that is closed is nobody's business but the reader's.
fn write_line(line: &str) {
    use io::Write as _;

    drop(writeln!(io::stderr().lock(), "{line}"));
}

/// `time level caller message fields`, with tabs between them, without the time and with the level in capitals. What looks
/// otherwise is left as it is.
fn passed_on(line: &str) -> String {
    let mut parts = line.splitn(3, '\t');
    let (Some(_time), Some(level), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return line.to_owned();
    };
    if !["debug", "info", "warn", "error", "dpanic", "panic", "fatal"].contains(&level) {
        return line.to_owned();
    }
    let level = match level {
        "dpanic" | "panic" => "FATAL".to_owned(),
        level => level.to_uppercase(),
    };
    format!("{level} {}", rest.replace('\t', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_words_in_capitals() {
        for (line, wanted) in [
            (
                "2026-01-01T00:00:00.000Z\twarn\totlp.go:1\tPartial success response\t{\"message\": \"x\"}",
                "WARN otlp.go:1 Partial success response {\"message\": \"x\"}",
            ),
            ("t\tpanic\ta.go:1\tbroken", "FATAL a.go:1 broken"),
            (
                "Error: invalid configuration: x",
                "Error: invalid configuration: x",
            ),
            ("a\tb\tc", "a\tb\tc"),
        ] {
            assert_eq!(passed_on(line), wanted);
        }
    }
}
