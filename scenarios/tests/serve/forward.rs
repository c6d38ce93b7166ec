//! `otelbox serve --forward`.

use std::net::TcpListener;
use std::path::Path;

use crate::support::{ANSWER, LOGS, Served, refusal, request, upstream};

#[test]
fn lines_journal_and_ledger_tell_what_the_upstream_said() {
    let (address, serving) = upstream(ANSWER);
    let directory = tempfile::tempdir().expect("a directory");
    let journal = directory.path().join("journal.jsonl");
    let faults = directory.path().join("faults.yaml");
    // The first is refused here; the second is accepted there, and the client is told otherwise.
    let text = "- name: refuses\n  when: { request: 1 }\n  then: { http: 503 }\n\
        - name: lies\n  when: { request: 2 }\n  then: { partial_success: { rejected: 0 } }\n";
    std::fs::write(&faults, text).expect("a file");
    let url = format!("http://{address}");
    let proxy = Served::start(&[
        "--forward",
        &url,
        "--faults",
        &faults.to_string_lossy(),
        "--journal",
        &journal.to_string_lossy(),
    ]);
    for line in &proxy.said[..2] {
        assert!(line.ends_with(&format!("  -> {url}")), "{line}");
    }
    assert!(proxy.answer(&request(LOGS)).starts_with("HTTP/1.1 503 "));
    let answer = proxy.answer(&request(LOGS));
    assert!(answer.ends_with("{\"partialSuccess\":{}}"), "{answer}");
    let arrived = serving.join().expect("no panic");
    assert!(
        arrived.contains(&format!("host: {address}\r\n")),
        "{arrived}"
    );
    // Nobody listens there any more.
    let answer = proxy.answer(&request(r#"{"resourceLogs":[]}"#));
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    let told = format!("otelbox: the upstream {url} cannot be reached: Connection refused");
    assert!(answer.contains(&told), "{answer}");

    let output = proxy.end();
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<_> = printed.lines().collect();
    assert!(lines[0].ends_with("503 [refuses]"), "{printed}");
    assert!(
        lines[1].ends_with("200 (upstream 200, 1 rejected) [lies]"),
        "{printed}"
    );
    assert!(
        lines[2].contains("502 (upstream cannot be reached: Connection refused"),
        "{printed}"
    );
    let ledger: Vec<_> = lines.last().expect("a ledger").split_whitespace().collect();
    // Exports, attempts, offered, accepted, rejected, repeated.
    assert_eq!(ledger, ["logs", "2", "3", "2", "1", "1", "0"], "{printed}");

    let of_exchanges = exchanges(&journal);
    assert_eq!(of_exchanges[0].get("upstream"), None);
    let second = &of_exchanges[1]["upstream"];
    assert_eq!(
        (&second["url"], &second["answer"]),
        (&url.into(), &"200".into())
    );
    assert_eq!(
        (&second["accepted"], &second["failure"]),
        (&1.into(), &serde_json::Value::Null)
    );
    let third = &of_exchanges[2]["upstream"];
    assert!(
        third["failure"]
            .as_str()
            .is_some_and(|text| text.starts_with("cannot be reached"))
    );
}

fn exchanges(journal: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(journal).expect("the journal");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|line: &serde_json::Value| line["kind"] == "exchange")
        .collect()
}

#[test]
fn a_proxy_of_bytes_records_how_many_there_were() {
    let (address, serving) = upstream(ANSWER);
    let directory = tempfile::tempdir().expect("a directory");
    let journal = directory.path().join("journal.jsonl");
    let url = format!("tcp://{address}");
    let proxy = Served::start(&["--forward", &url, "--journal", &journal.to_string_lossy()]);
    let sent = request(LOGS);
    assert_eq!(proxy.answer(&sent), ANSWER);
    assert_eq!(serving.join().expect("no panic"), sent);
    proxy.end();
    let text = std::fs::read_to_string(&journal).expect("the journal");
    let relayed = format!(
        r#""relayed":{{"upstream":"{url}","to_upstream_bytes":{},"to_client_bytes":{}}}"#,
        sent.len(),
        ANSWER.len()
    );
    assert!(text.contains(&relayed), "{text}");
}

#[test]
fn what_cannot_be_forwarded_is_said_at_the_start() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let own = format!("127.0.0.1:{port}");
    let (code, text) = refusal(&[
        "--grpc",
        &own,
        "--http",
        "127.0.0.1:0",
        "--forward",
        &format!("http://localhost:{port}"),
    ]);
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("requests would go round in circles"),
        "{text}"
    );

    let (code, text) = refusal(&["--forward", "collector:4317"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("expected a URL that begins with http://"),
        "{text}"
    );

    let (code, text) = refusal(&["--forward-http", "http://collector:4318"]);
    assert_eq!(code, Some(2), "{text}");

    let directory = tempfile::tempdir().expect("a directory");
    let faults = directory.path().join("faults.yaml");
    std::fs::write(
        &faults,
        "- when: { attempt: 1 }\n  then: { grpc: UNAVAILABLE }\n",
    )
    .expect("a file");
    let (code, text) = refusal(&[
        "--forward",
        "tcp://127.0.0.1:4317",
        "--faults",
        &faults.to_string_lossy(),
    ]);
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("a proxy of bytes (tcp://) sees no requests"),
        "{text}"
    );

    let (code, text) = refusal(&[
        "--forward",
        "https://127.0.0.1:4317",
        "--forward-ca",
        "nowhere.pem",
    ]);
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("cannot read the authorities to trust from nowhere.pem"),
        "{text}"
    );
}
