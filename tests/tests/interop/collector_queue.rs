//! The real Collector's sending queue, when the Collector itself ends. Killed in an outage, what is on disk outlives it, and what
//! is in memory does not; asked to end, it sends what it has first.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use libtest_mimic::Trial;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use otelbox_mock_collector::fault::{always, hold};
use otelbox_mock_collector::{Ledger, MockCollector, Signal};
use otelbox_tests::{Need, Tool};
use prost::Message as _;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::block_on;

/// How many requests the Collector takes in the outage, and how many records are in each.
const REQUESTS: u64 = 20;
const RECORDS: u64 = 5;

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// Only a guard.
const GUARD: Duration = Duration::from_secs(120);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Need::Collector.trial("a_queue_on_disk_outlives_a_kill", |tool| {
            assert_eq!(taken_over_a_kill(tool, true), REQUESTS * RECORDS + RECORDS);
        }),
        // What the test before it finds, it does not find of itself.
        Need::Collector.trial("a_queue_in_memory_does_not", |tool| {
            assert_eq!(taken_over_a_kill(tool, false), RECORDS);
        }),
        Need::Collector.trial("a_queue_in_memory_is_sent_at_shutdown", sent_at_shutdown),
    ]
}

/// How many records arrive, once each, of those that a Collector took in an outage, before and after it was killed.
fn taken_over_a_kill(tool: &Tool, on_disk: bool) -> u64 {
    block_on(async {
        let receiver = MockCollector::builder().start().await.expect("a receiver");
        receiver.take_down().await;
        let folder = TempDir::new().expect("a folder");
        let text = configuration(folder.path(), &receiver.http_endpoint(), on_disk);

        let mut first = started(tool, &text).await;
        for request in 0..REQUESTS {
            give(folder.path(), request).await;
        }
        first.kill().await.expect("a dead Collector");

        receiver.bring_up().await.expect("the same ports");
        std::fs::remove_file(socket(folder.path())).expect("what the dead one left");
        let mut second = started(tool, &text).await;
        give(folder.path(), REQUESTS).await;
        let wanted = if on_disk { REQUESTS + 1 } else { 1 } * RECORDS;
        receiver
            .wait_for()
            .logs(wanted)
            .within(GUARD)
            .await
            .expect("what is left");
        terminate(&second);
        timeout(GUARD, second.wait())
            .await
            .expect("an end")
            .expect("a status");

        let ledger = Ledger::of(&receiver.stop().await);
        let logs = ledger.signal(Signal::Logs);
        assert_eq!(logs.repeated, 0, "{logs:?}");
        logs.accepted
    })
}

/// All that a Collector has taken arrives after it was asked to end.
///
/// It says that it is ready before it listens to SIGTERM. One that was killed by that has not been asked.
fn sent_at_shutdown(tool: &Tool) {
    const TRIES: u32 = 5;
    assert!(
        (0..TRIES).any(|_| is_sent_at_shutdown(tool)),
        "SIGTERM killed it {TRIES} times"
    );
}

/// Whether it could be asked to end.
fn is_sent_at_shutdown(tool: &Tool) -> bool {
    block_on(async {
        let receiver = MockCollector::builder().start().await.expect("a receiver");
        let held = receiver
            .add_fault(always().then(hold()))
            .expect("a fault that makes sense");
        let folder = TempDir::new().expect("a folder");
        let text = configuration(folder.path(), &receiver.http_endpoint(), false);
        let mut collector = started(tool, &text).await;
        for request in 0..REQUESTS {
            give(folder.path(), request).await;
        }
        terminate(&collector);
        // It begins with taking nothing more.
        let closed = async {
            while UnixStream::connect(socket(folder.path())).await.is_ok() {
                sleep(LOOK).await;
            }
        };
        timeout(GUARD, closed).await.expect("a closed receiver");
        assert_eq!(receiver.ledger().signal(Signal::Logs).accepted, 0);
        drop(held);
        let ended = timeout(GUARD, collector.wait()).await.expect("an end");
        let ended = ended.expect("a status");
        if ended.signal().is_some() {
            return false;
        }
        assert!(ended.success(), "{ended}");
        let ledger = Ledger::of(&receiver.stop().await);
        let logs = ledger.signal(Signal::Logs);
        assert_eq!((logs.accepted, logs.repeated), (REQUESTS * RECORDS, 0));
        true
    })
}

fn configuration(folder: &Path, endpoint: &str, on_disk: bool) -> String {
    let queue = if on_disk {
        json!({ "storage": "file_storage" })
    } else {
        json!({})
    };
    json!({
        "extensions": { "file_storage": { "directory": folder.join("queue"), "create_directory": true } },
        "receivers": { "otlp": { "protocols": { "http": { "endpoint": socket(folder), "transport": "unix" } } } },
        "exporters": { "otlp_http": {
            "endpoint": endpoint,
            "sending_queue": queue,
            "retry_on_failure": { "initial_interval": "100ms", "max_interval": "1s", "max_elapsed_time": "0s" },
        } },
        "service": {
            "extensions": ["file_storage"],
            "pipelines": { "logs": { "receivers": ["otlp"], "exporters": ["otlp_http"] } },
            "telemetry": { "metrics": { "level": "none" } },
        },
    })
    .to_string()
}

fn socket(folder: &Path) -> std::path::PathBuf {
    folder.join("otlp.sock")
}

/// A Collector that is ready.
async fn started(tool: &Tool, configuration: &str) -> Child {
    let mut child = Command::new(tool.path())
        .arg(format!("--config=yaml:{configuration}"))
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a Collector");
    let stderr = child.stderr.take().expect("a pipe");
    let mut lines = BufReader::new(stderr).lines();
    let mut said = Vec::new();
    let ready = async {
        while let Some(line) = lines.next_line().await.expect("text") {
            let is_ready = line.contains("Everything is ready.");
            said.push(line);
            if is_ready {
                return;
            }
        }
        panic!("the Collector ended: {said:#?}");
    };
    timeout(GUARD, ready).await.expect("a Collector in time");
    // Nobody reads on, and it must not wait for a reader.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    child
}

/// Gives one request to its receiver, like no other, and waits until that has taken it.
async fn give(folder: &Path, request: u64) {
    let first = request * RECORDS + 1;
    let records = (first..first + RECORDS).map(|number| LogRecord {
        time_unix_nano: number,
        ..LogRecord::default()
    });
    let body = ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            scope_logs: vec![ScopeLogs {
                log_records: records.collect(),
                ..ScopeLogs::default()
            }],
            ..ResourceLogs::default()
        }],
    }
    .encode_to_vec();
    let head = format!(
        "POST /v1/logs HTTP/1.1\r\nHost: collector\r\nConnection: close\r\nContent-Type: application/x-protobuf\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = UnixStream::connect(socket(folder)).await.expect("a socket");
    stream.write_all(head.as_bytes()).await.expect("written");
    stream.write_all(&body).await.expect("written");
    let mut answer = Vec::new();
    timeout(GUARD, stream.read_to_end(&mut answer))
        .await
        .expect("an answer in time")
        .expect("an answer");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn terminate(child: &Child) {
    let id = child.id().expect("a running Collector").cast_signed();
    let id = rustix::process::Pid::from_raw(id).expect("a process");
    rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("a signal");
}
