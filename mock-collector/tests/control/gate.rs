//! Who is let in, on the wire.

use otelbox_mock_collector::MockCollector;

use crate::client::{Controlled, JSON};

#[tokio::test]
async fn a_foreign_name_or_a_page_of_another_site_changes_nothing() {
    let it = Controlled::start().await;
    let client = &it.client;
    let foreign = client
        .ask_raw("GET", "/v1/faults", "host: evil.example\r\n", "")
        .await;
    foreign.expect_problem(403, "foreign_host");
    let page = client
        .ask_raw("GET", "/", "host: evil.example\r\n", "")
        .await;
    page.expect_problem(403, "foreign_host");
    let body = r#"{"unavailable": true}"#;
    for headers in [
        format!("{JSON}origin: http://evil.example\r\n"),
        format!("{JSON}origin: null\r\n"),
        format!("{JSON}sec-fetch-site: cross-site\r\n"),
    ] {
        let refused = client.ask("PUT", "/v1/switches", &headers, body).await;
        refused.expect_problem(403, "foreign_origin");
    }
    // What a form or a script without a preflight can send.
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        let headers = format!("content-type: {kind}\r\n");
        let refused = client.ask("PUT", "/v1/switches", &headers, body).await;
        refused.expect_problem(415, "not_json");
        let refused = client.ask("POST", "/v1/reset", &headers, "{}").await;
        refused.expect_problem(415, "not_json");
    }
    assert_eq!(it.export("one").await, 200);
    let own = format!(
        "{JSON}origin: http://{}\r\nsec-fetch-site: same-origin\r\n",
        client.address
    );
    client
        .ask("PUT", "/v1/switches", &own, body)
        .await
        .expect(200);
    assert_eq!(it.export("one").await, 503);
}

#[tokio::test]
async fn with_a_token_everything_that_tells_or_changes_something_needs_it() {
    let it = Controlled::with(MockCollector::builder(), Some("correct-horse")).await;
    let client = &it.client;
    let host = format!("host: {}\r\n", client.address);
    for path in ["/health", "/ready"] {
        client.ask_raw("GET", path, &host, "").await.expect(200);
    }
    assert_eq!(client.ask_raw("GET", "/", &host, "").await.status, 200);
    for (method, path) in [
        ("GET", "/v1/faults"),
        ("GET", "/v1/journal"),
        ("GET", "/v1/journal/1"),
        ("GET", "/v1/payloads/logs"),
        ("GET", "/openapi.json"),
        ("DELETE", "/v1/faults/1"),
        ("POST", "/v1/stop"),
        ("POST", "/v1/reset"),
        ("GET", "/nowhere"),
        ("PATCH", "/v1/faults"),
    ] {
        for wrong in [
            "",
            "authorization: Bearer correct-hors\r\n",
            "authorization: Basic correct-horse\r\n",
        ] {
            let refused = client
                .ask_raw(method, path, &format!("{host}{wrong}"), "")
                .await;
            let problem = refused.expect_problem(401, "unauthorized");
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
            assert!(!problem.to_string().contains("correct-hors"), "{problem}");
        }
    }
    client.get("/v1/faults").await.expect(200);
    // Behind a proxy the name may be any: the token tells who asks.
    let named = "host: receiver.example\r\nauthorization: Bearer correct-horse\r\n";
    client
        .ask_raw("GET", "/v1/faults", named, "")
        .await
        .expect(200);
}

#[tokio::test]
async fn nothing_is_kept_by_browsers_or_read_as_something_else() {
    let it = Controlled::start().await;
    for path in ["/", "/v1/faults", "/nowhere"] {
        let reply = it.client.get(path).await;
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(
            reply.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(
            reply.header("cross-origin-resource-policy"),
            Some("same-origin"),
            "{path}"
        );
    }
    let page = it.client.get("/").await;
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.starts_with("default-src 'none'; connect-src 'self';"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
}
