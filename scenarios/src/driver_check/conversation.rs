//! The conversation with a driver, line by line, as it is and not as it should be.

use std::collections::BTreeMap;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::time::{Instant, timeout};

use super::points::Broken;
use crate::driver::{Answer, Hello, PROTOCOL_VERSION, Request};
use crate::sut::{Ear, LogBook, LogLine, ProcessCommand, ProcessGroup};

/// Spec: the driver protocol, "Conduct".
const MAX_LINE_BYTES: u64 = 1024 * 1024;

/// Lines that nobody asked for come within this time, or are not seen.
const AFTERTHOUGHT: Duration = Duration::from_millis(100);

/// How much of a line is shown.
const SHOWN_CHARACTERS: usize = 200;

pub(super) struct Conversation {
    group: ProcessGroup,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    ear: Ear,
    log: LogBook,
    started: Instant,
    patience: Duration,
}

impl Conversation {
    /// Starts the driver with these variables.
    pub(super) fn start(
        command: &ProcessCommand,
        env: BTreeMap<String, String>,
    ) -> Result<Self, Broken> {
        let mut command = command.clone();
        command.env.extend(env);
        let mut process = command.driver();
        process
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let cannot = |reason: String| {
            Broken::Driver(format!("{} cannot be started: {reason}", command.shown()))
        };
        let mut group =
            ProcessGroup::spawn(&mut process).map_err(|error| cannot(error.to_string()))?;
        let (Some(stdin), Some(stdout), Some(stderr)) = group.take_streams() else {
            return Err(cannot("its standard streams are not pipes".to_owned()));
        };
        let log = LogBook::default();
        let ear = Ear::new(log.clone());
        drop(tokio::spawn(ear.clone().listen(stderr)));
        Ok(Self {
            group,
            stdin: Some(stdin),
            stdout: BufReader::new(stdout),
            ear,
            log,
            started: Instant::now(),
            patience: command.patience,
        })
    }

    /// Says hello and takes the answer.
    pub(super) async fn greet(&mut self) -> Result<Hello, Broken> {
        let request = Request::Hello {
            protocol: PROTOCOL_VERSION,
        };
        let line = self.ask_line("hello", &line_of(&request)?).await?;
        let hello: Hello = serde_json::from_str(&line)
            .map_err(|error| nonsense("hello", &line, &error.to_string()))?;
        if hello.ok {
            Ok(hello)
        } else {
            Err(nonsense(
                "hello",
                &line,
                "ok is false, and there is no reason",
            ))
        }
    }

    /// Asks and takes the answer.
    pub(super) async fn ask(&mut self, request: &Request) -> Result<Answer, Broken> {
        self.ask_text(request.name(), &line_of(request)?).await
    }

    /// Asks something that need not be a request, and takes the answer.
    pub(super) async fn ask_text(&mut self, operation: &str, text: &str) -> Result<Answer, Broken> {
        let line = self.ask_line(operation, text).await?;
        serde_json::from_str(&line).map_err(|error| nonsense(operation, &line, &error.to_string()))
    }

    async fn ask_line(&mut self, operation: &str, text: &str) -> Result<String, Broken> {
        if let Some(stdin) = &mut self.stdin {
            let line = format!("{text}\n");
            if stdin.write_all(line.as_bytes()).await.is_err() {
                return Err(self.gone(operation).await);
            }
        }
        let mut answer = Vec::new();
        let mut limited = (&mut self.stdout).take(MAX_LINE_BYTES);
        let read = limited.read_until(b'\n', &mut answer);
        match timeout(self.patience, read).await {
            Err(_) => Err(Broken::Driver(format!(
                "no answer to {operation} within {}{}",
                humantime::format_duration(self.patience),
                self.said()
            ))),
            Ok(Err(error)) => Err(Broken::Driver(format!(
                "its answer to {operation} cannot be read: {error}"
            ))),
            Ok(Ok(0)) => Err(self.gone(operation).await),
            Ok(Ok(_)) if !answer.ends_with(b"\n") => Err(nonsense(
                operation,
                &String::from_utf8_lossy(&answer),
                "the line has no end",
            )),
            Ok(Ok(_)) => String::from_utf8(answer).map_err(|error| {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                nonsense(operation, &text, "not UTF-8")
            }),
        }
    }

    /// Fails where there is a line that nobody asked for.
    pub(super) async fn nothing_more(&mut self) -> Result<(), Broken> {
        let mut line = Vec::new();
        let mut limited = (&mut self.stdout).take(MAX_LINE_BYTES);
        let read = limited.read_until(b'\n', &mut line);
        match timeout(AFTERTHOUGHT, read).await {
            Ok(Ok(length)) if length > 0 => Err(Broken::Driver(format!(
                "a line that nobody asked for on standard output: {}",
                shown(&String::from_utf8_lossy(&line))
            ))),
            _ => Ok(()),
        }
    }

    /// Closes its input and waits for its end.
    pub(super) async fn end(&mut self) -> Result<ExitStatus, Broken> {
        drop(self.stdin.take());
        match timeout(self.patience, self.group.wait()).await {
            Ok(Ok(status)) => Ok(status),
            Ok(Err(error)) => Err(Broken::NotRun(error.to_string())),
            Err(_) => Err(Broken::Driver(format!(
                "it was still there {} after its input had ended",
                humantime::format_duration(self.patience)
            ))),
        }
    }

    /// What it said on standard error.
    pub(super) fn log(&self) -> Vec<LogLine> {
        self.log.since(self.started)
    }

    /// How often it said that it has been reset.
    pub(super) fn resets(&self) -> u64 {
        self.ear.resets()
    }

    fn said(&self) -> String {
        let tail = self.ear.tail(3);
        if tail.is_empty() {
            String::new()
        } else {
            format!("; it said: {tail}")
        }
    }

    async fn gone(&mut self, operation: &str) -> Broken {
        let status = match timeout(Duration::from_secs(1), self.group.wait()).await {
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(_)) | Err(_) => "its standard output is closed".to_owned(),
        };
        // Its last words are on their way.
        tokio::time::sleep(AFTERTHOUGHT).await;
        Broken::Driver(format!(
            "it ended ({status}) instead of an answer to {operation}{}",
            self.said()
        ))
    }
}

fn line_of(request: &Request) -> Result<String, Broken> {
    serde_json::to_string(request).map_err(|error| Broken::NotRun(error.to_string()))
}

fn nonsense(operation: &str, line: &str, reason: &str) -> Broken {
    Broken::Driver(format!(
        "no answer to {operation}: {reason}: {}",
        shown(line)
    ))
}

fn shown(line: &str) -> String {
    let line = line.trim_end();
    let mut shown: String = line.chars().take(SHOWN_CHARACTERS).collect();
    if shown.len() < line.len() {
        shown.push_str(" ...");
    }
    shown
}
