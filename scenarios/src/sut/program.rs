//! A program that is started as it is: it does not speak the driver protocol, and is told nothing but to end.

use std::{
    process::{ExitStatus, Stdio},
    time::Duration,
};

use otelbox_mock_collector::{Protocol, Signal};
use serde::{Deserialize, Serialize};
use tokio::{
    io::AsyncRead,
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::{
    LogBook, ProcessCommand, SutError,
    group::ProcessGroup,
    log::{each_line, level_of},
};

/// More of one line is another line: what a program says without a line end must not fill the memory.
const MAX_LINE_BYTES: u64 = 16 * 1024;

/// How long what a program has said is read after its end; others may hold its output open.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How a program is started for a signal and a protocol.
///
/// Most get both from their environment, and one command will do. Where its words have `{signal}` or `{authority}` (host
/// and port of the receiver), these are replaced.
#[derive(Clone, Debug)]
pub struct ProgramCommand {
    command: ProcessCommand,
    /// Words for each protocol, after the others; a protocol that is not there is not spoken. Empty: the program takes its
    /// protocol from its environment.
    arguments: Vec<(Protocol, Vec<String>)>,
}

impl From<ProcessCommand> for ProgramCommand {
    fn from(command: ProcessCommand) -> Self {
        Self {
            command,
            arguments: Vec::new(),
        }
    }
}

impl ProgramCommand {
    /// The same with `arguments` for each protocol that it speaks, and for no other.
    #[must_use]
    pub fn speaking(mut self, arguments: Vec<(Protocol, Vec<String>)>) -> Self {
        self.arguments = arguments;
        self
    }

    /// Whether it is another program for each signal, rather than one that sends what it sends.
    pub fn is_for_one_signal(&self) -> bool {
        let words = self.command.arguments.iter();
        words
            .into_iter()
            .any(|word| word.to_string_lossy().contains("{signal}"))
    }

    /// Whether it can be told to speak `protocol`. Of one that takes its protocol from its environment, nobody knows.
    pub fn may_speak(&self, protocol: Protocol) -> bool {
        self.arguments.is_empty() || self.arguments.iter().any(|(known, _)| *known == protocol)
    }

    /// The command for one signal and protocol, against a receiver at `authority` (host and port).
    pub fn with(&self, signal: Signal, protocol: Protocol, authority: &str) -> ProcessCommand {
        let more = self
            .arguments
            .iter()
            .filter(|(known, _)| *known == protocol)
            .flat_map(|(_, words)| words.iter().map(Into::into));
        let mut command = self.command.clone();
        command.arguments.extend(more);
        if self.is_for_one_signal() {
            for word in &mut command.arguments {
                if let Some(text) = word.to_str() {
                    let filled = text
                        .replace("{signal}", signal.name())
                        .replace("{authority}", authority);
                    *word = filled.into();
                }
            }
        }
        command
    }
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramExit {
    /// Whether it said that it had succeeded: exit status 0.
    pub success: bool,
    /// Whether a signal ended it.
    pub by_signal: bool,
    /// Exit status or signal, as the system words it.
    pub status: String,
}

impl From<ExitStatus> for ProgramExit {
    fn from(status: ExitStatus) -> Self {
        Self {
            success: status.success(),
            by_signal: status.code().is_none(),
            status: status.to_string(),
        }
    }
}

/// A running program in a process group of its own. The group is killed when this value is dropped.
#[derive(Debug)]
pub struct Program {
    /// Absent where it is started elsewhere.
    child: Option<ProcessGroup>,
    ended: Option<(Instant, ProgramExit)>,
    listeners: Vec<JoinHandle<()>>,
}

impl Program {
    /// Starts it; what it says goes to `log`. It has no standard input.
    ///
    /// # Errors
    ///
    /// [`SutError::SpawnProgram`] where it cannot be started.
    pub fn spawn(command: &ProcessCommand, log: &LogBook) -> Result<Self, SutError> {
        let mut process = command.process();
        process
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child =
            ProcessGroup::spawn(&mut process).map_err(|source| SutError::SpawnProgram {
                command: command.shown(),
                source,
            })?;
        let (_, stdout, stderr) = child.take_streams();
        let listeners = [
            stdout.map(|stdout| tokio::spawn(listen(stdout, log.clone()))),
            stderr.map(|stderr| tokio::spawn(listen(stderr, log.clone()))),
        ];
        Ok(Self {
            child: Some(child),
            ended: None,
            listeners: listeners.into_iter().flatten().collect(),
        })
    }

    /// One that somebody else starts and ends: nothing is known about its process.
    pub const fn elsewhere() -> Self {
        Self {
            child: None,
            ended: None,
            listeners: Vec::new(),
        }
    }

    /// Whether somebody else starts and ends it.
    pub const fn is_elsewhere(&self) -> bool {
        self.child.is_none()
    }

    /// The number of its process; none where it ended at once, or is started elsewhere.
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().and_then(ProcessGroup::id)
    }

    /// When and how it ended; none while it is there.
    pub const fn ended(&self) -> Option<&(Instant, ProgramExit)> {
        self.ended.as_ref()
    }

    /// Comes back when it has ended. May be given up and asked again.
    pub async fn wait(&mut self) {
        if self.ended.is_some() {
            return;
        }
        let Some(child) = &mut self.child else {
            return std::future::pending().await;
        };
        let exit = match child.wait().await {
            Ok(status) => status.into(),
            Err(error) => ProgramExit {
                success: false,
                by_signal: false,
                status: format!("unknown: {error}"),
            },
        };
        self.ended = Some((Instant::now(), exit));
    }

    /// Asks it to end (SIGTERM to its process group), and waits up to `within`. Then the group is killed, whether or not
    /// the program has ended.
    pub async fn terminate(&mut self, within: Duration) {
        if self.ended.is_none()
            && let Some(child) = &mut self.child
        {
            child.ask_to_end();
            drop(timeout(within, self.wait()).await);
        }
        self.kill().await;
    }

    /// Kills the group, and hears the program out.
    pub async fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            child.kill().await;
        }
        for listener in std::mem::take(&mut self.listeners) {
            drop(timeout(LAST_WORDS, listener).await);
        }
    }
}

/// Reads a stream to its end, whatever comes: a program that floods it is not held up, and fills no memory.
async fn listen(stream: impl AsyncRead + Unpin, log: LogBook) {
    each_line(stream, MAX_LINE_BYTES, |text| {
        log.add(level_of(&text), text);
    })
    .await;
}
