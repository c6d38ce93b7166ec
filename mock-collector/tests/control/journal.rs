//! Journal, payloads and ledger.

use otelbox_mock_collector::MockCollector;
use serde_json::{Value, json};

use crate::client::Controlled;

#[tokio::test]
async fn what_arrived_is_told_in_full() {
    let it = Controlled::start().await;
    it.client
        .post(
            "/v1/faults",
            &json!({ "when": { "attempt": 1 }, "then": { "http": 503 }, "name": "first" }),
        )
        .await
        .expect(201);
    assert_eq!(it.export("one").await, 503);
    assert_eq!(it.export("one").await, 200);

    let page = it
        .client
        .get("/v1/journal?min=2&timeout=60s&ended=true")
        .await
        .expect(200);
    assert_eq!(
        (&page["matching"], &page["enough"]),
        (&json!(2), &json!(true))
    );
    let told: Vec<Value> = page["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| {
            json!([
                entry["kind"],
                entry["signal"],
                entry["export"],
                entry["attempt"],
                entry["protocol"],
                entry["items"],
                entry["answer"]["http_status"],
                entry["fault"]["name"],
                entry["accepted_items"],
                entry["end"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!([
                "exchange",
                "logs",
                1,
                1,
                "http/json",
                1,
                503,
                "first",
                0,
                "answered"
            ]),
            json!([
                "exchange",
                "logs",
                1,
                2,
                "http/json",
                1,
                200,
                null,
                1,
                "answered"
            ]),
        ]
    );

    let detail = it.client.get("/v1/journal/2").await.expect(200);
    assert_eq!(
        detail["headers"]["content-type"],
        json!(["application/json"])
    );
    assert_eq!(
        detail["payload"]["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["body"],
        json!({ "stringValue": "one" })
    );
    assert_eq!(detail["decision"], "accept");
    assert_eq!(
        detail["sent"]["headers"]["content-type"],
        json!(["application/json"])
    );
    it.client
        .get("/v1/journal/3")
        .await
        .expect_problem(404, "no_such_exchange");
}

#[tokio::test]
async fn filters_leave_out_what_is_not_asked_for_and_nothing_is_passed_over() {
    let it = Controlled::start().await;
    let first = json!({ "when": { "attempt": 1 }, "then": { "http": 503 }, "name": "first" });
    it.client.post("/v1/faults", &first).await.expect(201);
    assert_eq!(it.export("one").await, 503);
    assert_eq!(it.export("one").await, 200);
    let both = "/v1/journal?min=2&timeout=60s&ended=true";
    it.client.get(both).await.expect(200);
    for (query, ordinals) in [
        ("signal=logs", json!([1, 2])),
        ("signal=traces", json!([])),
        ("attempt=2", json!([2])),
        ("export=1&protocol=http/json", json!([1, 2])),
        ("protocol=grpc", json!([])),
        ("fault=first", json!([1])),
        ("kind=exchange", json!([1, 2])),
        ("kind=connection&ended=true", json!([])),
        ("signal=logs&limit=1", json!([1])),
        ("signal=logs&newest=1", json!([2])),
    ] {
        let page = it
            .client
            .get(&format!("/v1/journal?{query}"))
            .await
            .expect(200);
        let entries = page["entries"].as_array().expect("entries");
        let found: Vec<&Value> = entries.iter().map(|entry| &entry["ordinal"]).collect();
        assert_eq!(json!(found), ordinals, "{query}");
    }
    // Without a filter connections are told, too; nothing is told twice or passed over.
    let all = it.client.get("/v1/journal").await.expect(200)["matching"].as_u64();
    let (mut since, mut seen) = (json!(0), 0);
    loop {
        let page = it
            .client
            .get(&format!("/v1/journal?limit=1&since={since}"))
            .await
            .expect(200);
        if page["matching"] == 0 {
            break;
        }
        (since, seen) = (page["next"].clone(), seen + 1);
    }
    assert_eq!(Some(seen), all);
}

#[tokio::test]
async fn payloads_are_waited_for_and_told_as_otlp_json() {
    let it = Controlled::start().await;
    let waiting = it.client.clone();
    let waiting = tokio::spawn(async move {
        waiting
            .get("/v1/payloads/logs?min_items=2&accepted=true&timeout=60s")
            .await
            .expect(200)
    });
    assert_eq!(it.export("one").await, 200);
    assert_eq!(it.export("two").await, 200);
    let page = waiting.await.expect("an answer");
    assert_eq!((&page["enough"], &page["items"]), (&json!(true), &json!(2)));
    let texts: Vec<&Value> = page["payloads"].as_array().expect("payloads").iter()
        .map(|payload| &payload["payload"]["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["body"]["stringValue"])
        .collect();
    assert_eq!(texts, ["one", "two"]);
    let refused = it
        .client
        .get("/v1/payloads/logs?accepted=false")
        .await
        .expect(200);
    assert_eq!(refused["payloads"], json!([]));
    assert_eq!(
        it.client.get("/v1/payloads/traces").await.expect(200)["matching"],
        0
    );
    it.client
        .get("/v1/payloads/metrix")
        .await
        .expect_problem(404, "no_such_path");
}

#[tokio::test]
async fn a_wait_in_vain_says_so() {
    let it = Controlled::start().await;
    let page = it
        .client
        .get("/v1/journal?min=1&timeout=50ms")
        .await
        .expect(200);
    assert_eq!(
        (&page["enough"], &page["matching"]),
        (&json!(false), &json!(0))
    );
    let revision = &page["revision"];
    let same = it
        .client
        .get(&format!("/v1/journal?changed_from={revision}&timeout=50ms"))
        .await
        .expect(200);
    assert_eq!(same["enough"], false);
    // A change of faults is a change too.
    let waiting = it.client.clone();
    let path = format!("/v1/journal?changed_from={revision}&timeout=60s");
    let waiting = tokio::spawn(async move { waiting.get(&path).await.expect(200) });
    it.client
        .put("/v1/switches", &json!({ "hang": true }))
        .await
        .expect(200);
    assert_eq!(waiting.await.expect("an answer")["enough"], true);
}

#[tokio::test]
async fn what_was_evicted_is_told() {
    let it = Controlled::with(MockCollector::builder().journal_budget(1), None).await;
    for text in ["one", "two", "three"] {
        assert_eq!(it.export(text).await, 200);
    }
    let page = it.client.get("/v1/payloads/logs").await.expect(200);
    assert!(
        page["evicted"]["entries"]
            .as_u64()
            .is_some_and(|entries| entries > 0),
        "{page}"
    );
    let totals = it.client.get("/v1/totals").await.expect(200);
    assert!(totals["doubt"].is_string(), "{totals}");
    it.client
        .get("/v1/journal/1")
        .await
        .expect_problem(404, "no_such_exchange");
}

#[tokio::test]
async fn ledger_and_totals_agree() {
    let it = Controlled::start().await;
    let reject_once = json!({ "then": { "partial_success": { "rejected": 1 } }, "times": 1 });
    it.client.post("/v1/faults", &reject_once).await.expect(201);
    for text in ["rejected", "taken", "taken"] {
        assert_eq!(it.export(text).await, 200);
    }
    it.client
        .post("/v1/faults", &json!({ "then": { "http": 503 } }))
        .await
        .expect(201);
    assert_eq!(it.export("refused").await, 503);
    it.client
        .get("/v1/journal?min=4&ended=true&timeout=60s")
        .await
        .expect(200);
    let totals = it.client.get("/v1/totals").await.expect(200);
    let logs = &totals["signals"]["logs"];
    assert_eq!(
        (
            &logs["offered"],
            &logs["accepted"],
            &logs["rejected"],
            &logs["repeated"],
            &logs["not_accepted"]
        ),
        (&json!(3), &json!(1), &json!(1), &json!(1), &json!(2))
    );
    let ledger = it.client.get("/v1/ledger").await.expect(200);
    for key in [
        "exports", "attempts", "offered", "accepted", "rejected", "repeated",
    ] {
        assert_eq!(ledger["signals"]["logs"][key], logs[key], "{key}");
    }
}
