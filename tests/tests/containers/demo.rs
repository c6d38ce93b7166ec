//! The demo as a whole: what people are told to look at is there, and an outage leaves what the README says.

use libtest_mimic::Trial;
use serde_json::Value;

use crate::compose::{Stack, compose};
use crate::images::{ALL, Images};
use crate::{block_on, trial, until};
use otelbox_tests::api::{ask, json};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "demo_shows_all_signals_and_an_outage",
            ALL,
            signals_and_outage,
        ),
        trial("demo_plays_its_scripted_outage", ALL, scripted),
    ]
}

const REQUESTS: &str = "sum(http_server_request_count_total)";

/// Sells so much that nothing is declined.
async fn order(stack: &Stack, orders: usize) {
    let service = stack.address("demo-service", "8080");
    for _ in 0..orders {
        let (status, body) = ask(service, "POST /checkout", "", "")
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(status, 200, "{body}");
    }
}

/// Waits until Prometheus has this value.
async fn shows(stack: &Stack, query: &str, wanted: f64) {
    until("Prometheus shows it", async || {
        let value = stack.query(query).await?;
        if value.total_cmp(&wanted).is_eq() {
            Ok(())
        } else {
            Err(format!("{query} is {value}, and not {wanted}"))
        }
    })
    .await;
}

fn start(stack: &Stack) {
    compose().expect("Compose is there");
    stack.up(&[]).unwrap_or_else(|error| panic!("{error}"));
}

/// Waits until the service sells.
async fn is_selling(stack: &Stack) {
    until("the service sells", async || {
        json(stack.address("demo-service", "8080"), "/health", "").await
    })
    .await;
}

fn signals_and_outage(images: &Images) {
    let mut stack = Stack::new(images);
    start(&stack);
    block_on(async {
        is_selling(&stack).await;
        order(&stack, 5).await;
        shows(&stack, REQUESTS, 5.0).await;
        shows(
            &stack,
            "sum(http_server_request_duration_seconds_count)",
            5.0,
        )
        .await;
        shows(&stack, "count(db_pool_in_use)", 1.0).await;
        shows(&stack, "sum(otelcol_receiver_accepted_log_records)", 5.0).await;
        until("Jaeger shows the traces", async || {
            spans_in_jaeger(&stack, 5).await
        })
        .await;

        // Cumulative: what an outage held up is in what comes after it.
        outage(&stack).await;
        shows(&stack, REQUESTS, 15.0).await;
    });
    stack.set("TEMPORALITY", "delta");
    start(&stack);
    block_on(async {
        is_selling(&stack).await;
        order(&stack, 5).await;
        shows(&stack, REQUESTS, 5.0).await;
        // Delta: the window of the outage is gone, and stays gone.
        outage(&stack).await;
        shows(&stack, REQUESTS, 10.0).await;
        accepted_exports(&stack, 2).await;
        let value = stack.query(REQUESTS).await.expect("a value");
        assert!((value - 10.0).abs() < f64::EPSILON, "{value}");
    });
    stack.down();
}

/// Five orders while the Collector is unavailable, long enough for their metrics to be given up, and five after it.
async fn outage(stack: &Stack) {
    let fault = r#"{"name": "outage", "then": {"grpc": "UNAVAILABLE"}}"#;
    let (status, added) = stack.control("POST /v1/faults", fault).await;
    assert_eq!(status, 201, "{added}");
    let place = journal(stack, 0).await.1;
    order(stack, 5).await;
    until("the export with the orders is given up", async || {
        // The first may have been collected before the orders; the third begins when the second has been given up.
        let (exports, _) = journal(stack, place).await;
        if exports.len() >= 3 {
            Ok(())
        } else {
            Err(format!("exports {exports:?}"))
        }
    })
    .await;
    let removal = format!("DELETE /v1/faults/{}", added["ordinal"]);
    let (status, answer) = stack.control(&removal, "").await;
    assert_eq!(status, 204, "{answer}");
    order(stack, 5).await;
}

/// The exports of metrics that have begun after a place of the journal, and the place that it has come to.
async fn journal(stack: &Stack, since: u64) -> (Vec<u64>, u64) {
    let request = format!("GET /v1/journal?signal=metrics&since={since}");
    let (status, page) = stack.control(&request, "").await;
    assert_eq!(status, 200, "{page}");
    let entries = page["entries"].as_array().into_iter().flatten();
    let begun = entries.filter(|entry| entry["attempt"] == 1);
    let exports = begun.filter_map(|entry| entry["export"].as_u64());
    (exports.collect(), page["next"].as_u64().expect("a place"))
}

/// Waits until so many more exports of metrics have been accepted.
async fn accepted_exports(stack: &Stack, exports: usize) {
    let (_, place) = journal(stack, 0).await;
    until("exports go on", async || {
        let (begun, _) = journal(stack, place).await;
        // All but the last have ended.
        if begun.len() > exports {
            Ok(())
        } else {
            Err(format!("exports {begun:?}"))
        }
    })
    .await;
}

/// Requires that so many traces are in Jaeger, each with the payment under the request.
async fn spans_in_jaeger(stack: &Stack, traces: usize) -> Result<(), String> {
    let jaeger = stack.address("jaeger", "16686");
    let found = json(jaeger, "/api/traces?service=demo-service&limit=100", "").await?;
    let found = found["data"].as_array().cloned().unwrap_or_default();
    let is_whole = |trace: &Value| {
        let spans = trace["spans"].as_array().cloned().unwrap_or_default();
        let called = |name: &str| spans.iter().find(|span| span["operationName"] == name);
        let (Some(request), Some(payment)) = (called("POST /checkout"), called("charge card"))
        else {
            return false;
        };
        spans.len() == 2 && payment["references"][0]["spanID"] == request["spanID"]
    };
    let whole = found.iter().filter(|trace| is_whole(trace)).count();
    if (found.len(), whole) == (traces, traces) {
        Ok(())
    } else {
        Err(format!("{whole} whole traces in {found:?}"))
    }
}

fn scripted(images: &Images) {
    let mut stack = Stack::new(images);
    stack.set("DEMO_RATE", "20");
    stack.set("OUTAGE", "3s");
    start(&stack);
    let printed = stack.run(&[
        "--profile",
        "faults",
        "up",
        "--no-color",
        "--no-build",
        "outage",
    ]);
    let printed = printed.unwrap_or_else(|error| panic!("{error}"));
    for said in [
        "The Collector is unavailable for 3s.",
        "All is well again for 3s.",
        "not taken",
    ] {
        assert!(printed.contains(said), "{printed}");
    }
    let metrics = printed.lines().find(|line| line.contains("metrics "));
    let counts: Vec<u64> = metrics
        .unwrap_or_else(|| panic!("no metrics: {printed}"))
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [_, attempts, offered, accepted, refused, _] = counts[..] else {
        panic!("{printed}")
    };
    assert!(attempts > 0 && accepted > 0 && refused > 0, "{printed}");
    assert_eq!(offered, accepted + refused, "{printed}");
    stack.down();
}
