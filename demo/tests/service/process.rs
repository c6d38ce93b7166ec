//! The process under test.

use std::net::SocketAddr;
use std::process::Stdio;

use otelbox_mock_collector::MockCollector;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use crate::GUARD;

/// A service that sells.
pub(crate) struct DemoService {
    pub(crate) address: SocketAddr,
    child: Child,
    lines: tokio::io::Lines<BufReader<ChildStderr>>,
    said: String,
}

/// What a process left.
pub(crate) struct Left {
    pub(crate) exit_code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo-service"));
    command
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs it to its end.
pub(crate) async fn run(arguments: &[&str]) -> Left {
    let output = timeout(GUARD, command(arguments).output()).await;
    let output = output.expect("it ends").expect("it starts");
    Left {
        exit_code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl DemoService {
    /// A service on a free port that exports to this receiver over gRPC; it sells when this returns.
    pub(crate) async fn start(collector: &MockCollector, arguments: &[&str]) -> Self {
        let mut child = command(&["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env("OTEL_SERVICE_NAME", "demo-service")
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.grpc_endpoint())
            .env("OTEL_METRIC_EXPORT_INTERVAL", "500")
            .env("OTEL_METRIC_EXPORT_TIMEOUT", "400")
            .env("OTEL_BSP_SCHEDULE_DELAY", "200")
            .env("OTEL_BLRP_SCHEDULE_DELAY", "200")
            .env("NO_COLOR", "1")
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        let stderr = child.stderr.take().expect("piped");
        let mut lines = BufReader::new(stderr).lines();
        let mut said = String::new();
        let address = loop {
            let line = timeout(GUARD, lines.next_line()).await;
            let line = line.expect("it says where it sells").expect("UTF-8");
            let line = line.unwrap_or_else(|| panic!("it has ended:\n{said}"));
            said.push_str(&line);
            said.push('\n');
            let address = line
                .split_once("http://")
                .and_then(|(_, rest)| rest.split_once("/checkout"));
            if let Some((address, _)) = address {
                break address.parse().expect("an address");
            }
        };
        Self {
            address,
            child,
            lines,
            said,
        }
    }

    /// The status of a POST.
    pub(crate) async fn post(&self, path: &str) -> u16 {
        self.post_with(path, "").await
    }

    /// The status of a POST with these headers.
    pub(crate) async fn post_with(&self, path: &str, headers: &str) -> u16 {
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: 0\r\n{headers}\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        let read = timeout(GUARD, stream.read_to_string(&mut answer)).await;
        read.expect("it answers").expect("text");
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
        status.unwrap_or_else(|| panic!("no status: {answer}"))
    }

    /// Asks it to end (SIGTERM), and waits for that.
    pub(crate) async fn stop(mut self) -> Left {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        let pid = id.and_then(Pid::from_raw).expect("it still runs");
        kill_process(pid, Signal::TERM).expect("signalled");
        let rest = async {
            while let Ok(Some(line)) = self.lines.next_line().await {
                self.said.push_str(&line);
                self.said.push('\n');
            }
        };
        timeout(GUARD, rest).await.expect("it says its last words");
        let status = timeout(GUARD, self.child.wait()).await.expect("it ends");
        Left {
            exit_code: status.expect("a status").code(),
            stdout: String::new(),
            stderr: self.said,
        }
    }
}
