//! A SUT in a child process, behind the driver protocol.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf, process::Stdio, time::Duration};

use futures_util::future::BoxFuture;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{ChildStdin, ChildStdout, Command},
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::{CallOutcome, Ear, LogBook, Sut, SutError, group::ProcessGroup};
use crate::driver::{
    Answer, Hello, Items, Measurement, ObservableState, PROTOCOL_VERSION, Request, StartRequest,
};
use crate::scenario::CallResult;

/// No answer is longer than this; a driver that writes more is broken.
const MAX_LINE_BYTES: u64 = 1024 * 1024;

/// How long a program that was told to end may take to do so.
const EXIT_GRACE: Duration = Duration::from_secs(5);

/// How long a driver may take to make its SDK as new; starting another process does not take longer. Spec: the driver
/// protocol, `reset`.
const RESET_LIMIT: Duration = Duration::from_secs(3);

/// How much of a nonsensical line an error shows.
const SHOWN_CHARACTERS: usize = 200;

/// How a driver is started.
#[derive(Clone, Debug)]
pub struct ProcessCommand {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Variables for the SUT. `OTEL_*` variables of the runner itself are not passed on; all others are.
    pub env: BTreeMap<String, String>,
    /// How long an answer may take; where the request names a time limit, at least a quarter of it beyond that. Default:
    /// 120 s, the bound within which a flush or shutdown without a limit of its own has to end.
    pub patience: Duration,
}

impl ProcessCommand {
    /// A command with arguments, no variables and a patience of 120 s.
    pub fn new(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            env: BTreeMap::new(),
            patience: Duration::from_secs(120),
        }
    }

    /// The same for the system, without the `OTEL_*` variables of the runner itself.
    pub(crate) fn process(&self) -> Command {
        self.process_without(|name| name.starts_with("OTEL_"))
    }

    /// The same for a driver: without what makes its HTTP client trust or reach something else than the scenario says.
    pub(crate) fn driver(&self) -> Command {
        self.process_without(|name| name.starts_with("OTEL_") || OF_THE_MACHINE.contains(&name))
    }

    /// `is_left_out` sees the names of variables in upper case.
    fn process_without(&self, is_left_out: impl Fn(&str) -> bool) -> Command {
        let mut process = Command::new(&self.program);
        #[expect(
            clippy::disallowed_methods,
            reason = "what the child inherits is looked at, not read as configuration"
        )]
        for (name, _) in std::env::vars_os() {
            if is_left_out(&name.to_string_lossy().to_uppercase()) {
                process.env_remove(name);
            }
        }
        process.args(&self.arguments).envs(&self.env);
        process
    }

    pub(crate) fn shown(&self) -> String {
        let mut text = self.program.display().to_string();
        for argument in &self.arguments {
            text.push(' ');
            text.push_str(&argument.to_string_lossy());
        }
        text
    }
}

/// Variables of a machine that reaches the network through a proxy or an authority of its own. Clients let them win over
/// what they are told: `requests` of Python does with `REQUESTS_CA_BUNDLE`.
const OF_THE_MACHINE: [&str; 11] = [
    "ALL_PROXY",
    "CURL_CA_BUNDLE",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "GRPC_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NODE_EXTRA_CA_CERTS",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
];

/// How a driver process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcessEnd {
    /// It ended by itself; the text is its exit code or signal.
    Exited {
        /// Whether it ended with exit code 0.
        success: bool,
        /// Exit code or signal, as the system words it.
        status: String,
    },
    /// It had to be killed.
    Killed,
}

/// A running driver process. It is killed, with all that it has started, when this value is dropped.
#[derive(Debug)]
pub struct ProcessSut {
    child: ProcessGroup,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    lines_read: u64,
    hello: Hello,
    patience: Duration,
    ear: Ear,
    /// Reads standard error to its end; none once it is known to have come there.
    listener: Option<JoinHandle<()>>,
}

/// How long a call may take whose request names this time limit (zero: none).
pub(crate) fn with_limit(patience: Duration, limit: Duration) -> Duration {
    patience.max(limit.saturating_add(patience / 4))
}

impl ProcessSut {
    /// Starts the driver and greets it; its standard error goes to `log`.
    ///
    /// # Errors
    ///
    /// [`SutError`] when the process cannot be started, does not answer, or answers nonsense.
    pub async fn spawn(command: &ProcessCommand, log: LogBook) -> Result<Self, SutError> {
        let mut process = command.driver();
        let failed = |source| SutError::Spawn {
            command: command.shown(),
            source,
        };
        process
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = ProcessGroup::spawn(&mut process).map_err(failed)?;
        let (Some(stdin), Some(stdout), Some(stderr)) = child.take_streams() else {
            return Err(failed(std::io::Error::other(
                "its standard streams are not pipes",
            )));
        };
        let ear = Ear::new(log);
        let mut sut = Self {
            child,
            stdin: Some(stdin),
            stdout: BufReader::new(stdout),
            lines_read: 0,
            hello: Hello {
                ok: false,
                sdk: String::new(),
                version: String::new(),
                language: String::new(),
                capabilities: Vec::new(),
            },
            patience: command.patience,
            listener: Some(tokio::spawn(ear.clone().listen(stderr))),
            ear,
        };
        sut.hello = sut.greet().await?;
        Ok(sut)
    }

    /// Lets the process end: closes its standard input, waits up to `grace` and then kills it.
    pub async fn end(mut self, grace: Duration) -> ProcessEnd {
        drop(self.stdin.take());
        let end = if let Ok(Ok(status)) = timeout(grace, self.child.wait()).await {
            ProcessEnd::Exited {
                success: status.success(),
                status: status.to_string(),
            }
        } else {
            self.child.kill().await;
            ProcessEnd::Killed
        };
        // Standard error ends with the process, unless a grandchild holds it open.
        self.hear_out(grace).await;
        end
    }

    /// The number of its process; none where it ended at once.
    pub const fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Where its standard error goes.
    pub fn ear(&self) -> &Ear {
        &self.ear
    }

    /// Waits for the end of standard error, which has one only: a task must not be awaited again.
    async fn hear_out(&mut self, limit: Duration) {
        if let Some(listener) = &mut self.listener
            && timeout(limit, listener).await.is_ok()
        {
            self.listener = None;
        }
    }

    async fn greet(&mut self) -> Result<Hello, SutError> {
        let line = self
            .ask(
                &Request::Hello {
                    protocol: PROTOCOL_VERSION,
                },
                Duration::ZERO,
            )
            .await?;
        match serde_json::from_str::<Hello>(&line) {
            Ok(hello) => Ok(hello),
            Err(error) => match serde_json::from_str::<Answer>(&line) {
                Ok(answer) if !answer.ok => Err(refused(answer)),
                Ok(_) | Err(_) => Err(self.nonsense("hello", &line, error.to_string())),
            },
        }
    }

    /// Sends a request and returns the line that answers it.
    async fn ask(&mut self, request: &Request, limit: Duration) -> Result<String, SutError> {
        let operation = request.name();
        let limit = with_limit(self.patience, limit);
        match timeout(limit, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(SutError::Silent {
                operation,
                limit,
                stderr: self.ear.tail(3),
            }),
        }
    }

    async fn exchange(&mut self, request: &Request) -> Result<String, SutError> {
        let operation = request.name();
        let broken = |ear: &Ear, source| SutError::Pipe {
            operation,
            stderr: ear.tail(3),
            source,
        };
        let mut line = serde_json::to_string(request)
            .map_err(|error| broken(&self.ear, std::io::Error::other(error)))?;
        line.push('\n');
        if let Some(stdin) = self.stdin.as_mut() {
            let sent = stdin.write_all(line.as_bytes()).await;
            if sent.is_err() {
                return Err(self.ended(operation).await);
            }
        }
        let mut answer = Vec::new();
        (&mut self.stdout)
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', &mut answer)
            .await
            .map_err(|source| broken(&self.ear, source))?;
        if answer.is_empty() {
            return Err(self.ended(operation).await);
        }
        self.lines_read += 1;
        String::from_utf8(answer).map_err(|error| {
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            self.nonsense(operation, &text, "not UTF-8".to_owned())
        })
    }

    async fn ended(&mut self, operation: &'static str) -> SutError {
        let status = match timeout(Duration::from_secs(1), self.child.wait()).await {
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(_)) | Err(_) => "its standard output is closed".to_owned(),
        };
        self.hear_out(Duration::from_secs(1)).await;
        SutError::Ended {
            operation,
            status,
            stderr: self.ear.tail(3),
        }
    }

    async fn answer(&mut self, request: &Request, limit: Duration) -> Result<Answer, SutError> {
        let line = self.ask(request, limit).await?;
        serde_json::from_str(&line)
            .map_err(|error| self.nonsense(request.name(), &line, error.to_string()))
    }

    async fn done(&mut self, request: &Request) -> Result<(), SutError> {
        let answer = self.answer(request, Duration::ZERO).await?;
        if answer.ok {
            Ok(())
        } else {
            Err(refused(answer))
        }
    }

    async fn step(
        &mut self,
        request: &Request,
        limit: Option<Duration>,
    ) -> Result<CallOutcome, SutError> {
        let asked = Instant::now();
        let answer = self.answer(request, limit.unwrap_or_default()).await?;
        let result = match (answer.ok, answer.result) {
            (true, None | Some(CallResult::Ok)) => CallResult::Ok,
            (true, Some(CallResult::Untold)) => CallResult::Untold,
            (true, Some(_)) => {
                return Err(refused(Answer::refused(
                    "`ok` and `result` contradict each other",
                )));
            }
            (false, Some(result)) => result,
            (false, None) => return Err(refused(answer)),
        };
        let elapsed = answer
            .elapsed_ms
            .map_or_else(|| asked.elapsed(), Duration::from_millis);
        Ok(CallOutcome {
            result,
            message: answer.message,
            elapsed,
        })
    }

    fn nonsense(&self, operation: &'static str, line: &str, reason: String) -> SutError {
        let line = line.trim_end().chars().take(SHOWN_CHARACTERS).collect();
        SutError::Nonsense {
            operation,
            number: self.lines_read,
            line,
            reason,
        }
    }
}

impl Sut for ProcessSut {
    fn hello(&self) -> Hello {
        self.hello.clone()
    }

    fn start<'a>(&'a mut self, request: &'a StartRequest) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            let request = Request::Start(Box::new(request.clone()));
            let answer = self.answer(&request, Duration::ZERO).await?;
            match (answer.ok, answer.result) {
                (true, _) => Ok(()),
                (false, Some(CallResult::Failed)) => Err(SutError::Start(
                    answer
                        .message
                        .unwrap_or_else(|| "it did not say why".to_owned()),
                )),
                (false, _) => Err(refused(answer)),
            }
        })
    }

    fn record<'a>(
        &'a mut self,
        measurement: &'a Measurement,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move { self.done(&Request::Record(measurement.clone())).await })
    }

    fn emit<'a>(&'a mut self, items: &'a Items) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move { self.done(&Request::Emit(items.clone())).await })
    }

    fn observe<'a>(
        &'a mut self,
        observation: &'a ObservableState,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move { self.done(&Request::Observe(observation.clone())).await })
    }

    fn force_flush(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move {
            self.step(
                &Request::ForceFlush {
                    timeout_ms: timeout.map(millis),
                },
                timeout,
            )
            .await
        })
    }

    fn shutdown(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move {
            self.step(
                &Request::Shutdown {
                    timeout_ms: timeout.map(millis),
                },
                timeout,
            )
            .await
        })
    }

    fn reset(&mut self) -> BoxFuture<'_, Result<(), SutError>> {
        Box::pin(async move {
            let before = self.ear.resets();
            let ear = self.ear.clone();
            let done = async {
                let line = self.exchange(&Request::Reset).await?;
                let answer: Answer = serde_json::from_str(&line)
                    .map_err(|error| self.nonsense("reset", &line, error.to_string()))?;
                if !answer.ok {
                    return Err(refused(answer));
                }
                ear.heard_more_resets_than(before).await;
                Ok(())
            };
            let silent = SutError::Silent {
                operation: "reset",
                limit: RESET_LIMIT,
                stderr: String::new(),
            };
            timeout(RESET_LIMIT, done).await.unwrap_or(Err(silent))
        })
    }

    fn export(&mut self) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move { self.step(&Request::Export, None).await })
    }

    fn peak_memory_bytes(&self) -> Option<u64> {
        // Linux: "VmHWM:   123456 kB", the peak of the resident set. Elsewhere there is no such file.
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kibibytes: u64 = peak.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024)
    }

    fn exit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { drop(self.end(EXIT_GRACE).await) })
    }

    fn abandon(self: Box<Self>) -> BoxFuture<'static, ()> {
        // What was written before the last answer is in the pipe by now, and is read to its end.
        Box::pin(async move {
            let mut sut = *self;
            sut.child.kill().await;
            sut.hear_out(EXIT_GRACE).await;
        })
    }
}

fn refused(answer: Answer) -> SutError {
    SutError::Refused(
        answer
            .message
            .unwrap_or_else(|| "refused without a reason".to_owned()),
    )
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
