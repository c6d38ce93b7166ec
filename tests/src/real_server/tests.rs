//! Servers that do all that a server should not do: shells.

use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use super::*;

/// Long enough never to be reached by a test that passes.
const LONG: Duration = Duration::from_secs(120);

const READY: Readiness = Readiness::Says("ready");

fn shell(script: &str) -> ServerBuilder {
    ServerBuilder::new("shell", Path::new("/bin/sh"))
        .expect("a directory")
        .file("server.sh", script)
        .expect("the script can be written")
        .argument("server.sh")
}

/// Whether a process with this id is there, and is no zombie.
fn is_there(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    status.is_ok_and(|status| !status.contains(") Z "))
}

#[tokio::test]
async fn a_server_runs_in_its_directory_until_it_is_told_to_end() {
    let builder = shell("echo ready $GREETING >&2\nexec sleep 1000").variable("GREETING", "you");
    let server = builder.start(&READY).await.expect("it starts");
    assert!(server.directory().join("server.sh").exists());
    assert_eq!(server.last_lines(), ["ready you"]);
    server.check().expect("it runs");
    let stopped = server.stop().await;
    assert_eq!(stopped.ended.to_string(), "signal: 15 (SIGTERM)");
    // The same can be started again.
    let again = builder.start(&READY).await.expect("it starts again");
    assert_eq!(again.kill().await.ended.to_string(), "signal: 9 (SIGKILL)");
}

#[tokio::test]
async fn one_that_does_not_listen_to_sigterm_is_killed() {
    let builder = shell("trap '' TERM\necho ready\nwhile :; do sleep 0.01; done")
        .ends_within(Duration::from_millis(50));
    let server = builder.start(&READY).await.expect("it starts");
    let stopped = server.stop().await;
    assert_eq!(stopped.ended.to_string(), "signal: 9 (SIGKILL)");
}

#[tokio::test]
async fn one_that_is_dropped_is_gone() {
    let server = shell("echo $$\necho ready\nexec sleep 1000")
        .start(&READY)
        .await
        .expect("it starts");
    let pid = server.last_lines()[0].clone();
    assert!(is_there(&pid));
    drop(server);
    assert!(!is_there(&pid));
}

#[tokio::test]
async fn one_that_does_not_become_ready_is_shown_with_its_last_words_and_is_gone() {
    let error = shell("echo $$\necho a little more >&2\nexec sleep 1000")
        .ready_within(Duration::from_millis(500))
        .start(&READY)
        .await
        .expect_err("it is not ready");
    assert!(matches!(error.kind(), ServerErrorKind::NeverReady { .. }));
    let pid = error.last_lines()[0].clone();
    assert!(!is_there(&pid));
    assert_eq!(
        error.to_string(),
        format!(
            "shell is not ready after 500ms: it does not say \"ready\"; it wrote last:\n    {pid}\n    a little more"
        )
    );
}

#[tokio::test]
async fn one_that_ends_at_once_is_shown_with_its_last_words() {
    let error = shell("echo 'configuration refused: exporters: unknown key' >&2\nexit 3")
        .start(&READY)
        .await
        .expect_err("it ends");
    assert_eq!(
        error.to_string(),
        "shell has ended before it was ready (exit status: 3); it wrote last:\n    configuration refused: exporters: unknown key"
    );
}

#[tokio::test]
async fn one_that_dies_while_it_is_needed_ends_the_wait_for_what_needs_it() {
    let server = shell("echo ready\nread line <fifo\necho 'panic: out of luck' >&2\nexit 2");
    let fifo = server.directory().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo runs").success());
    let server = server.start(&READY).await.expect("it starts");
    let needing = async {
        std::fs::write(&fifo, "now\n").expect("it reads");
        std::future::pending::<()>().await;
    };
    let error = timeout(LONG, server.while_it_runs(needing))
        .await
        .expect("it does not hang")
        .expect_err("it died");
    assert_eq!(
        error.to_string(),
        "shell has ended in mid-run (exit status: 2); it wrote last:\n    ready\n    panic: out of luck"
    );
    assert!(server.check().is_err());
}

#[tokio::test]
async fn one_that_is_not_there_is_named() {
    let error = ServerBuilder::new("nothing", Path::new("/nowhere/nothing"))
        .expect("a directory")
        .start(&READY)
        .await
        .expect_err("there is none");
    assert_eq!(
        error.to_string(),
        "nothing does not start: /nowhere/nothing: No such file or directory (os error 2); it wrote nothing"
    );
}

#[tokio::test]
async fn what_it_writes_is_kept_within_bounds() {
    let server = shell(
        "i=0\nwhile [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done\necho ready\nsleep 1000",
    )
    .start(&READY)
    .await
    .expect("it starts");
    let lines = server.last_lines();
    assert_eq!(lines.len(), 60);
    assert_eq!(lines[58..], ["line 4999", "ready"]);
}

#[tokio::test]
async fn a_server_is_ready_when_it_accepts_connections_or_is_healthy() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let answers = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        // Whoever only connects has left again; then not yet, then yes.
        for answer in ["", "503 Not Yet", "200 OK"] {
            let (mut stream, _) = listener.accept().await.expect("a client");
            // All of it: what is not read makes the kernel reset the connection.
            let mut request = [0; 1024];
            if stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                let answer = format!("HTTP/1.1 {answer}\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.expect("it reads");
            }
        }
    });
    let server = shell("exec sleep 1000");
    let accepts = Readiness::Accepts(address);
    let _accepting = server.start(&accepts).await.expect("it accepts");
    let healthy = Readiness::Healthy {
        address,
        path: "/health",
    };
    let _healthy = server.start(&healthy).await.expect("it is healthy");
    answers.await.expect("it was asked three times");
}

#[test]
fn free_addresses_differ() {
    let [one, other] = free_addresses().expect("there are ports");
    assert_ne!(one, other);
    assert_ne!((one.port(), other.port()), (0, 0));
}
