//! The real binary as a receiver: `otelbox serve` in a process of its own.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, io, thread};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::child::dies_with_this_thread;
use crate::{JournalFile, PrintedLedger, otelbox_binary};

/// How long the process may take to start or to end before the test fails: only a guard.
const GUARD: Duration = Duration::from_secs(300);

/// How much of what the process wrote is shown when a test fails.
const LAST_LINES: usize = 40;

/// How `otelbox serve` is started: on free ports of the loopback interface, with a journal file in a directory of its own.
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing before `start`"]
pub struct ServeOptions {
    faults: Option<String>,
    journal: Option<PathBuf>,
    file_size_limit_bytes: Option<u64>,
    standard_output: StandardOutput,
    control: ControlApi,
}

/// Whether the control API is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum ControlApi {
    #[default]
    Closed,
    Open,
    WithToken(String),
}

/// What becomes of what the process prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StandardOutput {
    /// It is read, and the ledger in it.
    #[default]
    Read,
    /// Nobody reads the pipe, which fills up.
    Unread,
    /// The other end of the pipe is closed.
    Closed,
}

impl ServeOptions {
    /// The text of a fault file.
    pub fn faults(mut self, faults: impl Into<String>) -> Self {
        self.faults = Some(faults.into());
        self
    }

    /// Another place for the journal; it is not read in the end.
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
        self
    }

    /// The limit that the process has on the size of files.
    pub const fn file_size_limit(mut self, bytes: u64) -> Self {
        self.file_size_limit_bytes = Some(bytes);
        self
    }

    /// What becomes of what it prints.
    pub const fn standard_output(mut self, standard_output: StandardOutput) -> Self {
        self.standard_output = standard_output;
        self
    }

    /// Starts the process and waits until both of its ports accept connections.
    ///
    /// # Panics
    ///
    /// If it does not get there, with what it wrote.
    pub async fn start(self) -> ServedCollector {
        ServedCollector::run(self).await
    }

    /// The program `otelbox`, within the limit.
    fn program(&self) -> Command {
        let program = otelbox_binary();
        let Some(bytes) = self.file_size_limit_bytes else {
            return dies_with_this_thread(program);
        };
        let mut command = dies_with_this_thread(Path::new("sh"));
        // Blocks of 512 bytes.
        let script = format!("ulimit -f {} && exec \"$0\" \"$@\"", bytes / 512);
        command.args(["-c", &script]).arg(program);
        command
    }
}

/// A running `otelbox serve` on free ports of the loopback interface. It ends with this value, whatever happens; if
/// that is a panic, what it last wrote is printed.
#[derive(Debug)]
pub struct ServedCollector {
    child: Child,
    grpc: SocketAddr,
    http: SocketAddr,
    control: Option<SocketAddr>,
    directory: TempDir,
    /// Whether the journal is in that directory.
    has_journal: bool,
    output: Arc<Output>,
    readers: Vec<JoinHandle<()>>,
    /// The end of a pipe that is not read.
    _unread: Option<ChildStdout>,
}

/// What `otelbox serve` has left behind.
#[derive(Clone, Debug)]
pub struct Left {
    /// Its journal file; empty where it was to stand elsewhere.
    pub journal: JournalFile,
    /// The ledger that it printed in the end.
    pub ledger: PrintedLedger,
    /// Its exit code; none where a signal ended it.
    pub exit_code: Option<i32>,
    /// The lines that it wrote to standard output, as far as that was read, and to standard error.
    pub lines: Vec<String>,
}

/// The memory of a process, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What it has now.
    pub resident: u64,
    /// The most that it ever had.
    pub peak: u64,
}

/// What the process has written so far.
#[derive(Debug, Default)]
struct Output {
    lines: Mutex<Vec<String>>,
    grew: Notify,
}

impl ServedCollector {
    /// Starts the process and waits until both of its ports accept connections.
    ///
    /// # Panics
    ///
    /// If it does not get there, with what it wrote.
    pub async fn start() -> Self {
        ServeOptions::default().start().await
    }

    /// Like [`start`](Self::start), with the text of a fault file.
    ///
    /// # Panics
    ///
    /// If it does not get there, with what it wrote.
    pub async fn with_faults(faults: Option<&str>) -> Self {
        let options = ServeOptions {
            faults: faults.map(str::to_owned),
            ..ServeOptions::default()
        };
        options.start().await
    }

    /// Like [`start`](Self::start), with the control API on a port of its own, and perhaps a token for it.
    ///
    /// # Panics
    ///
    /// If it does not get there, with what it wrote.
    pub async fn with_control(token: Option<&str>) -> Self {
        let options = ServeOptions {
            control: token.map_or(ControlApi::Open, |token| {
                ControlApi::WithToken(token.to_owned())
            }),
            ..ServeOptions::default()
        };
        options.start().await
    }

    async fn run(options: ServeOptions) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut command = options.program();
        command
            .args(["serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"])
            .arg("--journal")
            .arg(
                options
                    .journal
                    .clone()
                    .unwrap_or_else(|| journal_path(&directory)),
            );
        if let Some(faults) = &options.faults {
            let file = directory.path().join("faults.yaml");
            fs::write(&file, faults).expect("the fault file can be written");
            command.arg("--faults").arg(file);
        }
        command.env_remove("OTELBOX_CONTROL_TOKEN");
        if options.control != ControlApi::Closed {
            command.args(["--control", "127.0.0.1:0"]);
        }
        if let ControlApi::WithToken(token) = &options.control {
            command.env("OTELBOX_CONTROL_TOKEN", token);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("otelbox starts");
        let output = Arc::new(Output::default());
        let mut readers = vec![output.follow(child.stderr.take())];
        let mut unread = None;
        let stdout = child.stdout.take();
        match options.standard_output {
            StandardOutput::Read => readers.push(output.follow(stdout)),
            StandardOutput::Unread => unread = stdout,
            StandardOutput::Closed => drop(stdout),
        }

        let ports = async {
            let grpc = output.port_of("grpc").await;
            let http = output.port_of("http").await;
            let control = match options.control {
                ControlApi::Open | ControlApi::WithToken(_) => {
                    Some(output.port_of("control").await)
                }
                ControlApi::Closed => None,
            };
            (grpc, http, control)
        };
        let (grpc, http, control) = tokio::select! {
            ports = timeout(GUARD, ports) => ports
                .unwrap_or_else(|_| panic!("otelbox serve names no ports:\n{}", output.tail())),
            status = child.wait() => panic!("otelbox serve has ended: {status:?}\n{}", output.tail()),
        };
        for address in [grpc, http] {
            TcpStream::connect(address)
                .await
                .unwrap_or_else(|error| panic!("{address}: {error}\n{}", output.tail()));
        }
        Self {
            child,
            grpc,
            http,
            control,
            directory,
            has_journal: options.journal.is_none(),
            output,
            readers,
            _unread: unread,
        }
    }

    /// How much memory the process has.
    ///
    /// # Panics
    ///
    /// Where the system does not tell.
    pub fn memory(&self) -> Memory {
        let path = format!("/proc/{}/status", self.pid().as_raw_nonzero());
        let status = fs::read_to_string(path).expect("Linux tells");
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
            kibibytes
                .and_then(|number| number.parse::<u64>().ok())
                .unwrap_or_else(|| panic!("{name} is not in {status}"))
                * 1024
        };
        Memory {
            resident: bytes("VmRSS:"),
            peak: bytes("VmHWM:"),
        }
    }

    /// The text of its journal file so far.
    ///
    /// # Panics
    ///
    /// If it cannot be read.
    pub fn journal_text(&self) -> String {
        fs::read_to_string(journal_path(&self.directory)).expect("the journal can be read")
    }

    /// Waits until it has written so many such lines to standard output, as far as that is read, or to standard error; gives
    /// the last of them.
    ///
    /// # Panics
    ///
    /// If they do not come.
    pub async fn said(&self, times: usize, wanted: impl Fn(&str) -> bool) -> String {
        let said = self.output.until(|lines| {
            let mut said = lines.iter().filter(|line| wanted(line));
            said.nth(times.saturating_sub(1)).cloned()
        });
        timeout(GUARD, said)
            .await
            .unwrap_or_else(|_| panic!("it does not say so:\n{}", self.output.tail()))
    }

    /// Ends the process at once, and in the middle of anything (SIGKILL), and gives the text of its journal file.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn kill(mut self) -> String {
        self.child.kill().await.expect("otelbox serve still runs");
        self.journal_text()
    }

    fn pid(&self) -> Pid {
        self.child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))
            .expect("otelbox serve still runs")
    }

    /// `http://HOST:PORT` of the gRPC port.
    pub fn grpc_endpoint(&self) -> String {
        format!("http://{}", self.grpc)
    }

    /// `HOST:PORT` of the gRPC port.
    pub fn grpc_address(&self) -> SocketAddr {
        self.grpc
    }

    /// `http://HOST:PORT` of the HTTP port, without a path.
    pub fn http_endpoint(&self) -> String {
        format!("http://{}", self.http)
    }

    /// `HOST:PORT` of the HTTP port.
    pub fn http_address(&self) -> SocketAddr {
        self.http
    }

    /// `HOST:PORT` of the control API.
    ///
    /// # Panics
    ///
    /// If it was started without.
    pub fn control_address(&self) -> SocketAddr {
        self.control.expect("started with the control API")
    }

    /// Asks the process to end (SIGTERM), waits for it, and reads what it left.
    ///
    /// # Panics
    ///
    /// If it does not end, or leaves no readable journal.
    pub async fn stop(mut self) -> Left {
        kill_process(self.pid(), Signal::TERM).expect("otelbox serve can be signalled");
        let status = timeout(GUARD, self.child.wait())
            .await
            .unwrap_or_else(|_| panic!("otelbox serve does not end\n{}", self.output.tail()))
            .expect("its status can be read");
        for reader in self.readers.drain(..) {
            reader.await.expect("its output can be read to the end");
        }
        let journal = if self.has_journal {
            JournalFile::read(&journal_path(&self.directory))
        } else {
            JournalFile::default()
        };
        let lines = self.output.lines().clone();
        Left {
            journal,
            ledger: PrintedLedger::parse(&lines),
            exit_code: status.code(),
            lines,
        }
    }
}

impl Drop for ServedCollector {
    fn drop(&mut self) {
        if thread::panicking() {
            let text = format!("--- otelbox serve wrote last:\n{}\n", self.output.tail());
            // Nothing is left to do if standard error is gone too.
            let _ = io::stderr().write_all(text.as_bytes());
        }
    }
}

impl Output {
    fn follow(
        self: &Arc<Self>,
        stream: Option<impl AsyncRead + Unpin + Send + 'static>,
    ) -> JoinHandle<()> {
        let output = Arc::clone(self);
        tokio::spawn(async move {
            let Some(stream) = stream else { return };
            let mut lines = BufReader::new(stream).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                output.lines().push(line);
                output.grew.notify_waiters();
            }
        })
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The address on the first line that names `protocol`, as soon as it is there.
    async fn port_of(&self, protocol: &str) -> SocketAddr {
        self.until(|lines| lines.iter().find_map(|line| address_of(protocol, line)))
            .await
    }

    /// What is found in the lines, as soon as it is there.
    async fn until<T>(&self, find: impl Fn(&[String]) -> Option<T>) -> T {
        loop {
            let grew = self.grew.notified();
            tokio::pin!(grew);
            // From here on no line is missed, also one that comes before the wait.
            grew.as_mut().enable();
            let found = find(&self.lines());
            match found {
                Some(found) => return found,
                None => grew.await,
            }
        }
    }

    fn tail(&self) -> String {
        let lines = self.lines();
        lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
    }
}

fn journal_path(directory: &TempDir) -> PathBuf {
    directory.path().join("journal.jsonl")
}

/// The address on a line such as `grpc  http://127.0.0.1:4317`.
fn address_of(protocol: &str, line: &str) -> Option<SocketAddr> {
    let mut words = line.split_whitespace();
    words.find(|word| word.trim_end_matches(':').eq_ignore_ascii_case(protocol))?;
    words.find_map(|word| {
        let word = word.trim_start_matches("http://").trim_end_matches('/');
        word.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_behind_the_name_of_its_protocol() {
        let address = Some(([127, 0, 0, 1], 4317).into());
        assert_eq!(address_of("grpc", "grpc  http://127.0.0.1:4317"), address);
        assert_eq!(
            address_of("grpc", "listening: grpc: 127.0.0.1:4317"),
            address
        );
        assert_eq!(address_of("http", "grpc  http://127.0.0.1:4317"), None);
    }
}
