//! The real binary as a receiver: `otelbox serve` in a process of its own.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, io, thread};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::need::on_path;
use crate::{JournalFile, PrintedLedger, otelbox_binary};

/// How long the process may take to start or to end before the test fails: only a guard.
const GUARD: Duration = Duration::from_secs(60);

/// How much of what the process wrote is shown when a test fails.
const LAST_LINES: usize = 40;

/// A running `otelbox serve` on free ports of the loopback interface. It ends with this value, whatever happens; if
/// that is a panic, what it last wrote is printed.
#[derive(Debug)]
pub struct ServedCollector {
    child: Child,
    grpc: SocketAddr,
    http: SocketAddr,
    control: Option<SocketAddr>,
    directory: TempDir,
    output: Arc<Output>,
    readers: Vec<JoinHandle<()>>,
}

/// What `otelbox serve` has left behind.
#[derive(Clone, Debug)]
pub struct Left {
    /// Its journal file.
    pub journal: JournalFile,
    /// The ledger that it printed in the end.
    pub ledger: PrintedLedger,
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
        Self::with_faults(None).await
    }

    /// Like [`start`](Self::start), with the text of a fault file.
    ///
    /// # Panics
    ///
    /// If it does not get there, with what it wrote.
    pub async fn with_faults(faults: Option<&str>) -> Self {
        Self::launch(faults, None).await
    }

    /// Like [`start`](Self::start), with the control API on a port of its own, and perhaps a token for it.
    ///
    /// # Panics
    ///
    /// If it does not get there, with what it wrote.
    pub async fn with_control(token: Option<&str>) -> Self {
        let variable = token.map(|token| ("OTELBOX_CONTROL_TOKEN", token));
        Self::launch(None, Some(variable.as_slice())).await
    }

    /// `control` holds the variables of a process whose control API is open.
    async fn launch(faults: Option<&str>, control: Option<&[(&str, &str)]>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut command = dies_with_this_thread(otelbox_binary());
        command
            .args(["serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"])
            .arg("--journal")
            .arg(journal_path(&directory));
        if let Some(faults) = faults {
            let file = directory.path().join("faults.yaml");
            fs::write(&file, faults).expect("the fault file can be written");
            command.arg("--faults").arg(file);
        }
        command.env_remove("OTELBOX_CONTROL_TOKEN");
        if let Some(variables) = control {
            command.args(["--control", "127.0.0.1:0"]);
            command.envs(variables.iter().copied());
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("otelbox starts");
        let output = Arc::new(Output::default());
        let readers = vec![
            output.follow(child.stdout.take()),
            output.follow(child.stderr.take()),
        ];

        let ports = async {
            let grpc = output.port_of("grpc").await;
            let http = output.port_of("http").await;
            let control = match control {
                Some(_) => Some(output.port_of("control").await),
                None => None,
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
            output,
            readers,
        }
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
        let pid = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))
            .expect("otelbox serve still runs");
        kill_process(pid, Signal::TERM).expect("otelbox serve can be signalled");
        timeout(GUARD, self.child.wait())
            .await
            .unwrap_or_else(|_| panic!("otelbox serve does not end\n{}", self.output.tail()))
            .expect("its status can be read");
        for reader in self.readers.drain(..) {
            reader.await.expect("its output can be read to the end");
        }
        Left {
            journal: JournalFile::read(&journal_path(&self.directory)),
            ledger: PrintedLedger::parse(&self.output.lines()),
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
        loop {
            let grew = self.grew.notified();
            tokio::pin!(grew);
            // From here on no line is missed, also one that comes before the wait.
            grew.as_mut().enable();
            let found = self
                .lines()
                .iter()
                .find_map(|line| address_of(protocol, line));
            match found {
                Some(address) => return address,
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

/// The program, set up to be ended by the kernel when the thread that starts it is gone, where the machine has the
/// means: so even a test process that is killed leaves nothing behind.
fn dies_with_this_thread(program: &std::path::Path) -> Command {
    match on_path("setpriv") {
        Ok(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL", "--"]).arg(program);
            command
        }
        Err(_) => Command::new(program),
    }
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
