//! Faults, guards and switches.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::Controlled;

#[tokio::test]
async fn a_fault_is_added_fires_is_replaced_and_is_removed() {
    let it = Controlled::start().await;
    let added = it
        .client
        .post("/v1/faults", &json!({ "then": { "http": 503 } }))
        .await;
    assert_eq!(added.header("location"), Some("/v1/faults/1"));
    assert_eq!(added.expect(201)["name"], "fault-1");
    assert_eq!(it.export("one").await, 503);
    assert_eq!(it.client.get("/v1/faults/1").await.expect(200)["fired"], 1);

    let other = json!({ "name": "other", "then": { "http": 429 } });
    let replaced = it.client.put("/v1/faults/1", &other).await.expect(200);
    assert_eq!(
        (&replaced["name"], &replaced["fired"]),
        (&json!("other"), &json!(0))
    );
    assert_eq!(it.export("one").await, 429);

    it.client.delete("/v1/faults/1").await.expect(204);
    assert_eq!(it.export("one").await, 200);
    it.client
        .get("/v1/faults/1")
        .await
        .expect_problem(404, "no_such_fault");
    it.client
        .delete("/v1/faults/1")
        .await
        .expect_problem(404, "no_such_fault");
    it.client
        .put("/v1/faults/1", &other)
        .await
        .expect_problem(404, "no_such_fault");
}

#[tokio::test]
async fn all_faults_are_replaced_at_once_or_not_at_all() {
    let it = Controlled::start().await;
    let two = json!({ "faults": [{ "then": "hang", "when": { "attempt": 2 } }, { "then": { "http": 503 } }] });
    let listed = it.client.put("/v1/faults", &two).await.expect(200);
    assert_eq!(listed["faults"][0]["fault"]["then"], "hang");
    let half =
        json!({ "faults": [{ "then": "hang" }, { "then": "refuse", "when": { "attempt": 1 } }] });
    let problem = it
        .client
        .put("/v1/faults", &half)
        .await
        .expect_problem(422, "bad_body");
    assert_eq!(problem["pointer"], "faults[1]", "{problem}");
    assert_eq!(it.client.get("/v1/faults").await.expect(200), listed);
    assert_eq!(it.export("one").await, 503);
}

#[tokio::test]
async fn a_fault_with_a_time_to_live_goes_away_by_itself() {
    let it = Controlled::start().await;
    let fault = json!({ "then": { "http": 503 } });
    let added = it
        .client
        .post("/v1/faults?ttl=300ms", &fault)
        .await
        .expect(201);
    assert!(
        added["expires_in_seconds"]
            .as_f64()
            .is_some_and(|left| left > 0.0 && left <= 0.3)
    );
    // Nobody asks the API: what an exporter sees changes by itself.
    while it.export("one").await == 503 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        it.client.get("/v1/faults").await.expect(200)["faults"],
        json!([])
    );
}

#[tokio::test]
async fn a_guard_takes_its_faults_with_it() {
    let it = Controlled::start().await;
    let guard = json!({ "faults": [{ "then": { "http": 503 } }, { "then": "hang" }], "ttl": "1h" });
    let added = it.client.post("/v1/guards", &guard).await;
    assert_eq!(added.header("location"), Some("/v1/guards/1"));
    assert_eq!(
        added.expect(201)["faults"].as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(
        it.client.get("/v1/faults").await.expect(200)["faults"][0]["guard"],
        1
    );
    assert_eq!(
        it.client.get("/v1/guards").await.expect(200)["guards"][0]["id"],
        1
    );
    assert_eq!(it.export("one").await, 503);

    it.client
        .put("/v1/guards/1", &json!({ "ttl": "2h" }))
        .await
        .expect(200);
    let renewed = it
        .client
        .ask("PUT", "/v1/guards/1", "", "")
        .await
        .expect(200);
    assert_eq!(renewed["time_to_live_seconds"], 7200.0);
    it.client.delete("/v1/guards/1").await.expect(204);
    assert_eq!(it.export("one").await, 200);
    for gone in [
        it.client.get("/v1/guards/1").await,
        it.client.delete("/v1/guards/1").await,
        it.client.put("/v1/guards/1", &json!({})).await,
    ] {
        gone.expect_problem(404, "no_such_guard");
    }
}

#[tokio::test]
async fn a_guard_that_nobody_renews_ends() {
    let it = Controlled::start().await;
    let guard = json!({ "faults": [{ "then": { "http": 503 } }], "ttl": "300ms" });
    it.client.post("/v1/guards", &guard).await.expect(201);
    while it.export("one").await == 503 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    it.client
        .get("/v1/guards/1")
        .await
        .expect_problem(404, "no_such_guard");
}

#[tokio::test]
async fn a_switch_stands_before_all_faults_and_only_what_is_named_changes() {
    let it = Controlled::start().await;
    it.client
        .post("/v1/faults", &json!({ "then": { "http": 429 } }))
        .await
        .expect(201);
    let on = it
        .client
        .put("/v1/switches", &json!({ "unavailable": true }))
        .await
        .expect(200);
    assert_eq!(state(&on, "unavailable"), json!(true));
    assert_eq!(it.export("one").await, 503);
    // Twice the same changes nothing, and another one leaves it on.
    for _ in 0..2 {
        it.client
            .put(
                "/v1/switches",
                &json!({ "invalid": true, "unavailable": true }),
            )
            .await
            .expect(200);
    }
    assert_eq!(
        it.client.get("/v1/faults").await.expect(200)["faults"]
            .as_array()
            .map(Vec::len),
        Some(3)
    );
    assert_eq!(it.export("two").await, 400);
    it.client
        .put(
            "/v1/switches",
            &json!({ "unavailable": false, "invalid": false }),
        )
        .await
        .expect(200);
    let off = it.client.get("/v1/switches").await.expect(200);
    assert_eq!(state(&off, "unavailable"), json!(false));
    assert_eq!(it.export("three").await, 429);
    let problem = it
        .client
        .put("/v1/switches", &json!({ "unavailabel": true }))
        .await;
    let problem = problem.expect_problem(422, "bad_body");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("`unavailable`")),
        "{problem}"
    );
}

fn state(switches: &Value, name: &str) -> Value {
    let list = switches["switches"].as_array().expect("a list");
    let switch = list.iter().find(|switch| switch["switch"] == name);
    switch.expect("a switch")["on"].clone()
}
