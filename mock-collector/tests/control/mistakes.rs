//! What is wrong is told with its place and what is possible, and harms nobody.

use serde_json::json;

use crate::client::{Controlled, JSON, send};

#[tokio::test]
async fn a_fault_that_cannot_be_meant_is_told_with_key_line_and_column() {
    let it = Controlled::start().await;
    let body = "{\n  \"when\": { \"atempt\": 1 },\n  \"then\": \"hang\"\n}";
    let problem = it.client.ask("POST", "/v1/faults", JSON, body).await;
    let problem = problem.expect_problem(422, "bad_body");
    assert_eq!(problem["pointer"], "when.atempt", "{problem}");
    assert_eq!(
        (&problem["line"], &problem["column"]),
        (&json!(2), &json!(20)),
        "{problem}"
    );
    let detail = problem["detail"].as_str().expect("a text");
    assert!(
        detail.contains("`atempt`") && detail.contains("`attempt`"),
        "{detail}"
    );

    let problem = it
        .client
        .post(
            "/v1/faults",
            &json!({ "when": { "attempt": 0 }, "then": "hang" }),
        )
        .await;
    let problem = problem.expect_problem(422, "bad_body");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("from 1")),
        "{problem}"
    );
    let problem = it
        .client
        .post("/v1/faults", &json!({ "then": "hnag" }))
        .await
        .expect_problem(422, "bad_body");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("`hang`")),
        "{problem}"
    );
    for never in [
        json!({ "then": "hang", "when": { "protocol": [] } }),
        json!({ "then": "hang", "when": { "signal": [] } }),
    ] {
        let reply = it.client.post("/v1/faults", &never).await;
        reply.expect_problem(422, "bad_body");
    }
    assert_eq!(
        it.client.get("/v1/faults").await.expect(200)["faults"],
        json!([])
    );
}

#[tokio::test]
async fn a_body_that_is_no_json_is_told_from_one_that_means_nothing() {
    let it = Controlled::start().await;
    for body in [
        "{",
        "nonsense",
        "{\"then\": \"hang\"}}",
        "\u{0}",
        "{\"then\": \"hang\"} {",
    ] {
        let reply = it.client.ask("POST", "/v1/faults", JSON, body).await;
        reply.expect_problem(400, "bad_json");
    }
    it.client
        .ask("POST", "/v1/faults", JSON, "")
        .await
        .expect_problem(400, "bad_json");
    it.client
        .ask("POST", "/v1/faults", JSON, "[]")
        .await
        .expect_problem(422, "bad_body");
    let nested = format!(
        "{{\"then\": {}\"hang\"{}}}",
        "{\"delay\": {\"for\": \"1s\", \"then\": ".repeat(5000),
        "}}".repeat(5000)
    );
    let deep = "[".repeat(100_000);
    for body in [&deep, &nested] {
        let status = it.client.ask("POST", "/v1/faults", JSON, body).await.status;
        assert!(status == 400 || status == 422, "{status}");
    }
    it.client.get("/health").await.expect(200);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let it = Controlled::start().await;
    let body = format!(
        "{{\"name\": \"{}\", \"then\": \"hang\"}}",
        "x".repeat(1024 * 1024)
    );
    let reply = it.client.ask("POST", "/v1/faults", JSON, &body).await;
    let problem = reply.expect_problem(413, "too_large");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("1048576")),
        "{problem}"
    );
}

#[tokio::test]
async fn queries_are_read_strictly() {
    let it = Controlled::start().await;
    for query in [
        "limit=0",
        "limit=10001",
        "limit=many",
        "timeout=61s",
        "timeout=soon",
        "signal=metrix",
        "sinal=metrics",
        "since=-1",
        "limit=1&limit=2",
        "ended=yes",
        "min=99999999999999999999",
    ] {
        let reply = it.client.get(&format!("/v1/journal?{query}")).await;
        reply.expect_problem(400, "bad_query");
    }
    for query in ["ttl=0s", "ttl=25h", "ttl=", "ttl=soon", "tll=1s"] {
        let reply = it
            .client
            .post(&format!("/v1/faults?{query}"), &json!({ "then": "hang" }))
            .await;
        reply.expect_problem(400, "bad_query");
    }
    assert_eq!(
        it.client.get("/v1/faults").await.expect(200)["faults"],
        json!([])
    );
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let it = Controlled::start().await;
    for path in [
        "/v1",
        "/v1/",
        "/v1/nowhere",
        "/v1/faults/",
        "/v2/faults",
        "/index.html",
        "/v1/faults/1/x",
        "//",
    ] {
        it.client
            .get(path)
            .await
            .expect_problem(404, "no_such_path");
    }
    for segment in [
        "x",
        "0",
        "-1",
        "01",
        "+1",
        "1.0",
        "%31%32%33",
        "99999999999999999999",
        "%FF",
    ] {
        let reply = it.client.get(&format!("/v1/faults/{segment}")).await;
        assert_eq!(reply.status, 404, "{segment}");
        assert_eq!(
            it.client
                .get(&format!("/v1/journal/{segment}"))
                .await
                .status,
            404,
            "{segment}"
        );
        assert_eq!(
            it.client
                .get(&format!("/v1/payloads/{segment}"))
                .await
                .status,
            404,
            "{segment}"
        );
    }
    for (method, path, allowed) in [
        ("DELETE", "/v1/faults", "GET,HEAD,POST,PUT"),
        ("PATCH", "/v1/faults/1", "GET,HEAD,PUT,DELETE"),
        ("POST", "/v1/journal", "GET,HEAD"),
        ("OPTIONS", "/v1/stop", "POST"),
        ("TRACE", "/health", "GET,HEAD"),
        ("POST", "/", "GET,HEAD"),
    ] {
        let reply = it.client.ask(method, path, "", "").await;
        reply.expect_problem(405, "method_not_allowed");
        let mut allow: Vec<&str> = reply.header("allow").expect("Allow").split(',').collect();
        let mut expected: Vec<&str> = allowed.split(',').collect();
        allow.sort_unstable();
        expected.sort_unstable();
        assert_eq!(allow, expected, "{method} {path}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_http_end_only_their_own_connection() {
    let it = Controlled::start().await;
    let long = format!(
        "GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "x".repeat(1_000_000)
    );
    for bytes in [
        b"\x16\x03\x01\x02\x00".as_slice(),
        b"GET\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        long.as_bytes(),
    ] {
        use tokio::io::AsyncWriteExt as _;
        let mut stream = tokio::net::TcpStream::connect(it.client.address)
            .await
            .expect("a connection");
        let _ = stream.write_all(bytes).await;
        drop(stream);
    }
    let unfinished = b"POST /v1/faults HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 10\r\nconnection: close\r\n\r\n{";
    let mut stream = tokio::net::TcpStream::connect(it.client.address)
        .await
        .expect("a connection");
    tokio::io::AsyncWriteExt::write_all(&mut stream, unfinished)
        .await
        .expect("written");
    drop(stream);
    let chunked = b"POST /v1/faults HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\nzz\r\n";
    assert_eq!(send(it.client.address, chunked).await.status, 400);
    it.client.get("/health").await.expect(200);
    assert_eq!(
        it.client.get("/v1/faults").await.expect(200)["faults"],
        json!([])
    );
}
