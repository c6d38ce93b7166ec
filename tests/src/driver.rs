//! A driver of the binary, and the conversation with it.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::binary::otelbox_binary;
use crate::tool::inherited_otel_variables;

/// Only a guard.
const GUARD: Duration = Duration::from_secs(120);

/// `otelbox driver`, in a process that ends with this value: the driver protocol by hand.
#[derive(Debug)]
pub struct Driver {
    child: Child,
    stdin: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Driver {
    /// Starts `otelbox driver` with these arguments and variables, without those of this process that begin with `OTEL_`.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(otelbox_binary());
        for (name, _) in inherited_otel_variables() {
            command.env_remove(name);
        }
        let mut child = command
            .arg("driver")
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a driver");
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().expect("a pipe");
        Self {
            child,
            stdin,
            answers: BufReader::new(stdout).lines(),
        }
    }

    /// The number of its process.
    ///
    /// # Panics
    ///
    /// If it has ended.
    pub fn id(&self) -> u32 {
        self.child.id().expect("a running driver")
    }

    /// Says one line.
    ///
    /// # Panics
    ///
    /// If it does not listen.
    pub async fn say(&mut self, request: &Value) {
        let stdin = self.stdin.as_mut().expect("an open input");
        let line = format!("{request}\n");
        stdin.write_all(line.as_bytes()).await.expect("written");
    }

    /// Says one line, and gives the answer.
    ///
    /// # Panics
    ///
    /// If there is none within two minutes.
    pub async fn ask(&mut self, request: &Value) -> Value {
        self.say(request).await;
        let answer = timeout(GUARD, self.answers.next_line()).await;
        let line = answer.expect("an answer in time").expect("text");
        let line = line.unwrap_or_else(|| panic!("no answer to {request}"));
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Kills it.
    ///
    /// # Panics
    ///
    /// If it cannot be.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("a dead driver");
    }

    /// Ends its input; returns its exit code and all that it wrote to standard error.
    ///
    /// # Panics
    ///
    /// If it does not end within two minutes.
    pub async fn end(&mut self) -> (Option<i32>, String) {
        drop(self.stdin.take());
        let mut stderr = self.child.stderr.take().expect("a pipe");
        let mut said = String::new();
        let ended = async {
            stderr.read_to_string(&mut said).await.expect("text");
            self.child.wait().await.expect("a status")
        };
        let status = timeout(GUARD, ended).await.expect("an end");
        (status.code(), said)
    }
}
