//! Installing a system under test: its commands, one after another.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::cache::Cache;
use super::entry::SutEntry;
use super::installation::{Installation, InstallationError};
use super::placeholder::Places;

/// How much of a command's output is kept: its end.
const KEPT_BYTES: usize = 8 * 1024;

/// How many lines of it an error shows.
const SHOWN_LINES: usize = 20;

/// How long output is waited for when a command has ended: something that it started may hold the pipe open.
const LEFT_BEHIND: Duration = Duration::from_secs(1);

/// How often the removal of half an installation is tried, and how long is waited in between.
const TRIES: usize = 40;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// What happens while something is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A command begins.
    Command {
        /// Which, 1 being the first.
        number: usize,
        /// Of how many.
        of: usize,
        /// The command.
        command: String,
    },
    /// The command printed this line.
    Said(String),
}

/// How an installation ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installed {
    /// It is a part of this program, or has nothing to install.
    Nothing,
    /// It was whole already.
    Kept,
    /// It was made.
    Made,
}

/// A command of an installation that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{command}` failed ({status}){}", output.iter().fold(String::new(), |text, line| text + "\n    " + line))]
#[non_exhaustive]
pub struct Failed {
    /// The command.
    pub command: String,
    /// Exit code or signal, as the system words it.
    pub status: String,
    /// The last lines of its output.
    pub output: Vec<String>,
}

/// Why something was not installed. Nothing of it is left.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// Programs are missing, too old or incomplete.
    #[error("{sut} needs {}", needs.join("; "))]
    Needs {
        /// The system under test.
        sut: String,
        /// Each need that is not met, with how to get it.
        needs: Vec<String>,
    },
    /// Its folder in the cache cannot be used.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// A command could not be started.
    #[error("cannot start `{command}`")]
    Start {
        /// The command.
        command: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A command failed.
    #[error(transparent)]
    Failed(#[from] Failed),
    /// The user stopped it.
    #[error("the installation was stopped, and nothing of it is left")]
    Stopped,
}

/// Installs `entry` into `cache` unless that is done already. `otelbox` is this program. When `stop` is ready, the command
/// that runs is killed with all that it started.
///
/// # Errors
///
/// [`InstallError`]; then nothing is left of what was done, so that half an installation is never taken for a whole one.
pub async fn install(
    entry: &SutEntry,
    cache: &Cache,
    otelbox: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
    stop: impl Future<Output = ()>,
) -> Result<Installed, InstallError> {
    if entry.install.is_empty() {
        return Ok(Installed::Nothing);
    }
    let installation = Installation::of(entry, cache);
    if installation.open().is_ok() {
        return Ok(Installed::Kept);
    }
    let needs: Vec<String> = entry
        .needs
        .iter()
        .map(|need| (need, need.find()))
        .filter(|(_, found)| !found.is_met())
        .map(|(need, found)| need.advice(&found))
        .collect();
    if !needs.is_empty() {
        return Err(InstallError::Needs {
            sut: entry.name.clone(),
            needs,
        });
    }
    let _lock = installation.change()?;
    installation.clear()?;
    installation.unpack()?;
    let done = tokio::select! {
        done = commands(&installation, otelbox, progress) => done,
        () = stop => Err(InstallError::Stopped),
    };
    match done {
        Ok(()) => {
            installation.stamp()?;
            Ok(Installed::Made)
        }
        Err(error) => {
            // What went wrong first is what the user has to know.
            clear(&installation).await;
            Err(error)
        }
    }
}

/// Removes what was made, as far as that is possible. Processes that were killed may take a moment to be gone, and write
/// until then.
async fn clear(installation: &Installation<'_>) {
    for _ in 0..TRIES {
        if installation.clear().is_ok() {
            break;
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
}

async fn commands(
    installation: &Installation<'_>,
    otelbox: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(), InstallError> {
    let entry = installation.entry;
    let driver = installation.driver();
    let places = Places {
        otelbox,
        driver: &driver,
        home: installation.home(),
    };
    for (index, words) in entry.install.iter().enumerate() {
        let words: Vec<OsString> = words.iter().map(|word| places.fill(word)).collect();
        let command = shown(&words);
        progress(Progress::Command {
            number: index + 1,
            of: entry.install.len(),
            command: command.clone(),
        });
        let variables = entry
            .env
            .iter()
            .map(|(name, value)| (name.as_str(), places.fill(value)));
        let failed = run(&words, variables, &driver, progress).await;
        match failed {
            Ok(None) => {}
            Ok(Some((status, output))) => {
                return Err(Failed {
                    command,
                    status,
                    output,
                }
                .into());
            }
            Err(source) => return Err(InstallError::Start { command, source }),
        }
    }
    Ok(())
}

/// Runs one command to its end. Where it fails: its status and the last lines of its output.
async fn run<'a>(
    words: &[OsString],
    variables: impl Iterator<Item = (&'a str, OsString)>,
    folder: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> io::Result<Option<(String, Vec<String>)>> {
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| io::Error::other("a command without a program"))?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .envs(variables)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut child = Whole(command.spawn()?);
    let output = Arc::new(Mutex::new(Tail::default()));
    let (said, mut lines) = tokio::sync::mpsc::channel(16);
    let mut readers = tokio::task::JoinSet::new();
    if let Some(stdout) = child.0.stdout.take() {
        readers.spawn(read(stdout, Arc::clone(&output), said.clone()));
    }
    if let Some(stderr) = child.0.stderr.take() {
        readers.spawn(read(stderr, Arc::clone(&output), said.clone()));
    }
    drop(said);
    let status = loop {
        tokio::select! {
            status = child.0.wait() => break status?,
            Some(line) = lines.recv() => progress(Progress::Said(line)),
        }
    };
    drop(lines);
    drop(
        timeout(LEFT_BEHIND, async {
            while readers.join_next().await.is_some() {}
        })
        .await,
    );
    if status.success() {
        return Ok(None);
    }
    let last = output.lock().last_lines();
    Ok(Some((status.to_string(), last)))
}

/// A process with all that it started, which ends when this value is dropped.
struct Whole(Child);

impl Drop for Whole {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self
            .0
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw)
        {
            // The group may have ended in this very moment.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// Copies output to `tail`, and its latest line to `said` where somebody listens.
async fn read(
    mut pipe: impl AsyncRead + Unpin,
    tail: Arc<Mutex<Tail>>,
    said: tokio::sync::mpsc::Sender<String>,
) {
    let mut buffer = [0; 4096];
    while let Ok(count) = pipe.read(&mut buffer).await {
        if count == 0 {
            break;
        }
        let last = {
            let mut tail = tail.lock();
            tail.add(&buffer[..count]);
            tail.last_lines().pop()
        };
        if let Some(line) = last {
            // A line that nobody has time for is not missed: the next one is newer.
            drop(said.try_send(line));
        }
    }
}

/// The end of a text.
#[derive(Default)]
struct Tail(Vec<u8>);

impl Tail {
    fn add(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        if self.0.len() > KEPT_BYTES {
            self.0.drain(..self.0.len() - KEPT_BYTES);
        }
    }

    fn last_lines(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.0);
        let lines: Vec<&str> = text
            .split(['\n', '\r'])
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
            .collect();
        lines[lines.len().saturating_sub(SHOWN_LINES)..]
            .iter()
            .map(|line| (*line).to_owned())
            .collect()
    }
}

fn shown(words: &[OsString]) -> String {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
