//! The receiver as a whole: a fresh start, the end, certificates.

use otelbox_mock_collector::{MockCollector, ServerTls, fault};
use serde_json::{Value, json};

use crate::client::{Controlled, JSON};

#[tokio::test]
async fn health_readiness_and_what_it_is() {
    let it = Controlled::start().await;
    assert_eq!(
        it.client.get("/health").await.expect(200),
        json!({ "status": "alive" })
    );
    assert_eq!(
        it.client.get("/ready").await.expect(200),
        json!({ "status": "ready" })
    );
    let receiver = it.client.get("/v1/receiver").await.expect(200);
    assert_eq!(receiver["grpc_endpoint"], it.collector.grpc_endpoint());
    assert_eq!(receiver["http_endpoint"], it.collector.http_endpoint());
    it.collector.take_down().await;
    it.client
        .get("/ready")
        .await
        .expect_problem(503, "stopping");
    it.client.get("/health").await.expect(200);
}

#[tokio::test]
async fn a_reset_is_a_fresh_start() {
    let first = fault::on_attempts(1..=1)
        .then(fault::http(503))
        .named("first");
    let it = Controlled::with(MockCollector::builder().fault(first), None).await;
    it.client
        .put("/v1/switches", &json!({ "invalid": true }))
        .await
        .expect(200);
    let guard = json!({ "faults": [{ "then": "hang" }], "ttl": "1h" });
    it.client.post("/v1/guards", &guard).await.expect(201);
    assert_eq!(it.export("one").await, 400);
    it.client
        .get("/v1/journal?min=1&ended=true&timeout=60s")
        .await
        .expect(200);

    it.client.ask("POST", "/v1/reset", "", "").await.expect(204);
    assert_eq!(
        it.client.get("/v1/journal").await.expect(200)["matching"],
        0
    );
    assert_eq!(
        it.client.get("/v1/totals").await.expect(200)["signals"],
        json!({})
    );
    assert_eq!(
        it.client.get("/v1/guards").await.expect(200)["guards"],
        json!([])
    );
    let faults = it.client.get("/v1/faults").await.expect(200);
    let told: Vec<Value> = faults["faults"]
        .as_array()
        .expect("faults")
        .iter()
        .map(|fault| json!([fault["name"], fault["fired"]]))
        .collect();
    assert_eq!(told, [json!(["first", 0])]);

    // The same bytes are the first attempt of the first export again.
    assert_eq!(it.export("one").await, 503);
    let page = it
        .client
        .get("/v1/journal?min=1&ended=true&timeout=60s")
        .await
        .expect(200);
    let entry = &page["entries"][0];
    assert_eq!(
        (&entry["export"], &entry["attempt"], &entry["ordinal"]),
        (&json!(1), &json!(1), &json!(2))
    );
    assert_eq!(it.client.get("/v1/totals").await.expect(200)["attempts"], 1);

    it.client
        .post("/v1/reset", &json!({ "journal": "keep", "faults": "none" }))
        .await
        .expect(204);
    assert_eq!(
        it.client.get("/v1/faults").await.expect(200)["faults"],
        json!([])
    );
    assert_eq!(
        it.client.get("/v1/journal?ended=true").await.expect(200)["matching"],
        1
    );
    it.client
        .post("/v1/reset", &json!({ "faults": "all" }))
        .await
        .expect_problem(422, "bad_body");
    it.client
        .ask("POST", "/v1/reset", JSON, "nonsense")
        .await
        .expect_problem(400, "bad_json");
}

#[tokio::test]
async fn requests_in_progress_at_a_reset_count_for_nothing() {
    let it = Controlled::start().await;
    it.client
        .put("/v1/switches", &json!({ "hang": true }))
        .await
        .expect(200);
    let address = it.collector.http_addr().expect("a port");
    let mut hanging = tokio::net::TcpStream::connect(address)
        .await
        .expect("a connection");
    let request = "POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    tokio::io::AsyncWriteExt::write_all(&mut hanging, request.as_bytes())
        .await
        .expect("written");
    it.client
        .get("/v1/journal?min=1&ended=false&timeout=60s")
        .await
        .expect(200);
    it.client.ask("POST", "/v1/reset", "", "").await.expect(204);
    let revision = it.client.get("/v1/journal").await.expect(200)["revision"].clone();
    drop(hanging);
    // It has ended when the connection has: that is told, and belongs to what came after.
    it.client
        .get(&format!(
            "/v1/journal?changed_from={revision}&min=1&timeout=60s"
        ))
        .await
        .expect(200);
    let totals = it.client.get("/v1/totals").await.expect(200);
    assert_eq!(
        (&totals["attempts"], &totals["signals"]),
        (&json!(0), &json!({}))
    );
}

#[tokio::test]
async fn stopping_tells_what_there_was_and_ends_waits() {
    let mut it = Controlled::start().await;
    it.client
        .post(
            "/v1/faults",
            &json!({ "name": "never", "when": { "attempt": 9 }, "then": "hang" }),
        )
        .await
        .expect(201);
    assert_eq!(it.export("one").await, 200);
    let waiting = it.client.clone();
    let waiting = tokio::spawn(async move {
        waiting
            .get("/v1/journal?min=1000&timeout=60s")
            .await
            .expect(200)
    });
    let report = it.client.ask("POST", "/v1/stop", "", "").await.expect(200);
    assert_eq!(
        (
            &report["attempts"],
            &report["ledger"]["signals"]["logs"]["accepted"]
        ),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        (&report["faults"][0]["name"], &report["faults"][0]["fired"]),
        (&json!("never"), &json!(0))
    );
    it.control.stopped().await;
    assert_eq!(waiting.await.expect("an answer")["enough"], false);
    let address = it.collector.http_addr().expect("a port");
    assert!(
        tokio::net::TcpStream::connect(address).await.is_err(),
        "nobody listens"
    );
    it.client
        .get("/ready")
        .await
        .expect_problem(503, "stopping");
    it.control.close().await;
    assert!(
        tokio::net::TcpStream::connect(it.client.address)
            .await
            .is_err(),
        "nobody listens"
    );
}

#[tokio::test]
async fn certificates_are_rotated_where_there_are_some() {
    let plain = Controlled::start().await;
    plain
        .client
        .get("/v1/certificates")
        .await
        .expect_problem(409, "no_tls");
    plain
        .client
        .ask("POST", "/v1/certificates/rotate", "", "")
        .await
        .expect_problem(409, "no_tls");
    let secured = Controlled::with(MockCollector::builder().tls(ServerTls::new()), None).await;
    let before = secured.client.get("/v1/certificates").await.expect(200);
    let rotated = secured
        .client
        .ask("POST", "/v1/certificates/rotate", "", "")
        .await
        .expect(200);
    assert_ne!(before["ca"], rotated["ca"]);
    let now = secured.collector.certificates().expect("certificates");
    assert_eq!(rotated["ca"], now.ca);
    assert_eq!(
        secured.client.get("/v1/certificates").await.expect(200),
        rotated
    );
}

#[tokio::test]
async fn what_a_reset_made_forgotten_is_still_told_to_whoever_tells_each_entry_once() {
    let it = Controlled::start().await;
    assert_eq!(it.export("one").await, 200);
    it.client
        .get("/v1/journal?min=1&ended=true&timeout=60s")
        .await
        .expect(200);
    let journal = it.collector.journal();
    let before = journal.entries_from(0).1.len();
    it.client.ask("POST", "/v1/reset", "", "").await.expect(204);
    assert!(journal.entries_from(0).1.len() >= before);
    assert_eq!(it.export("two").await, 200);
    let (first, told) = journal.entries_from(0);
    assert_eq!(first, 0);
    let places: Vec<u64> = (1..).take(told.len()).collect();
    let shown: Vec<u64> = journal
        .placed_entries()
        .iter()
        .map(|(place, _)| *place)
        .collect();
    assert_eq!(shown, places[places.len() - shown.len()..]);
    assert!(shown.len() < places.len());
}

#[tokio::test]
async fn what_goes_of_what_was_forgotten_is_not_counted_as_evicted() {
    let it = Controlled::with(MockCollector::builder().journal_budget(1), None).await;
    for text in ["one", "two", "three"] {
        assert_eq!(it.export(text).await, 200);
    }
    // Each leaves three entries: opened, exchange, closed.
    let journal = it.collector.journal();
    let last = || {
        let (first, entries) = journal.entries_from(0);
        first + entries.len() as u64
    };
    let until = async |place: u64| {
        while last() < place {
            let look = "/v1/journal?changed_from=0&timeout=1s";
            it.client.get(look).await.expect(200);
        }
    };
    until(9).await;
    it.client.ask("POST", "/v1/reset", "", "").await.expect(204);
    let totals = it.client.get("/v1/totals").await.expect(200);
    assert_eq!(
        (&totals["evicted"]["entries"], &totals["doubt"]),
        (&json!(0), &Value::Null)
    );
    // The next entry drives out one that was forgotten, which counts for nothing; the one after that counts.
    assert_eq!(it.export("four").await, 200);
    until(12).await;
    let page = it.client.get("/v1/journal").await.expect(200);
    let (evicted, shown) = (&page["evicted"]["entries"], &page["matching"]);
    let since = page["next"].as_u64().expect("a place") - 9;
    assert_eq!(
        evicted
            .as_u64()
            .zip(shown.as_u64())
            .map(|(gone, there)| gone + there),
        Some(since)
    );
}
