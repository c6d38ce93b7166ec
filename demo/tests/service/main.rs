//! `demo-service` as its users see it: the real binary, its variables and signals, and what a receiver gets of it.
#![cfg(unix)]

mod process;
mod telemetry;

use std::fmt::Write as _;
use std::time::Duration;

use otelbox_mock_collector::MockCollector;
use otelbox_mock_collector::control::{Control, ControlSettings, ControlToken};
use otelbox_mock_collector::fault::{always, grpc};
use otelbox_mock_collector::ledger::Total;
use tonic::Code;

use process::{DemoService, run};
use telemetry::Telemetry;

/// How long something may take that takes no time on a machine that has any.
const GUARD: Duration = Duration::from_secs(60);

#[tokio::test]
async fn all_three_signals_arrive_and_agree_with_what_was_sold() {
    let collector = MockCollector::start().await.expect("a receiver");
    let service = DemoService::start(&collector, &["--rate", "0"]).await;
    for order in 1..=21 {
        let declined = order == 20;
        let expected = if declined { 402 } else { 200 };
        assert_eq!(service.post("/checkout").await, expected, "order {order}");
    }
    let left = service.stop().await;
    assert_eq!(left.exit_code, Some(0), "{}", left.stderr);
    assert!(
        left.stderr.contains("21 orders have ended"),
        "{}",
        left.stderr
    );

    let journal = collector.stop().await;
    let ledger = journal.ledger();
    let sold = Some(Total::Int(21));
    assert_eq!(ledger.total("http.server.request.count"), sold);
    assert_eq!(ledger.count("http.server.request.duration"), 21);
    let telemetry = Telemetry::of(&journal);
    assert_eq!(telemetry.gauges_of("db.pool.in_use"), 1);
    let requests = telemetry.spans_called("POST /checkout");
    let payments = telemetry.spans_called("charge card");
    assert_eq!((requests.len(), payments.len()), (21, 21));
    for payment in &payments {
        let parents = requests
            .iter()
            .filter(|request| request.span_id == payment.parent_span_id);
        assert_eq!(parents.count(), 1, "{payment:?}");
    }
    let declined = payments
        .iter()
        .filter(|span| span.status.as_ref().is_some_and(|status| status.code == 2));
    assert_eq!(declined.count(), 1);
    let records = telemetry.records();
    assert_eq!(records.len(), 21);
    for record in records {
        let spans = payments
            .iter()
            .filter(|span| span.trace_id == record.trace_id && span.span_id == record.span_id);
        assert_eq!(spans.count(), 1, "{record:?}");
    }
}

#[tokio::test]
async fn customers_come_by_themselves_and_the_context_of_a_caller_goes_on() {
    let collector = MockCollector::start().await.expect("a receiver");
    let service = DemoService::start(&collector, &["--rate", "50"]).await;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("traceparent: 00-{trace}-b7ad6b7169203331-01\r\n");
    assert!([200, 402].contains(&service.post_with("/checkout", &parent).await));
    let wait = collector.wait_for().traces(10).logs(5);
    wait.within(GUARD).await.expect("customers come");
    service.stop().await;
    let telemetry = Telemetry::of(&collector.stop().await);
    let spans = telemetry.spans_called("POST /checkout");
    let called = spans.iter().filter(|span| hex(&span.trace_id) == trace);
    assert_eq!(called.count(), 1);
}

#[tokio::test]
async fn what_was_lost_is_said_at_the_end_and_is_no_failure() {
    let collector = MockCollector::builder()
        .fault(always().then(grpc(Code::InvalidArgument)))
        .start()
        .await
        .expect("a receiver");
    let service = DemoService::start(&collector, &["--rate", "0"]).await;
    assert_eq!(service.post("/checkout").await, 200);
    let left = service.stop().await;
    assert_eq!(left.exit_code, Some(0), "{}", left.stderr);
    for said in [
        "traces: 0 of 1 exports delivered, 0 retries, 2 items lost",
        "logs: 0 of 1 exports delivered, 0 retries, 1 items lost",
    ] {
        assert!(left.stderr.contains(said), "{}", left.stderr);
    }
}

#[tokio::test]
async fn an_outage_is_played_and_goes_away_and_its_ledger_is_printed() {
    let collector = MockCollector::start().await.expect("a receiver");
    let token = ControlToken::try_new("correct-horse").expect("a token");
    let anywhere = ([127, 0, 0, 1], 0).into();
    let settings = ControlSettings::try_new(anywhere, Some(token)).expect("settings");
    let control = Control::open(&collector, settings).await.expect("open");
    let service = DemoService::start(&collector, &["--rate", "50"]).await;
    let url = format!("http://{}/", control.address());
    let played = run(&[
        "outage",
        "--control",
        &url,
        "--lasts",
        "2s",
        "--token",
        "correct-horse",
    ])
    .await;
    assert_eq!(played.exit_code, Some(0), "{}", played.stderr);
    let lines: Vec<&str> = played.stdout.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "All is well for 2s.",
            "The Collector is unavailable for 2s.",
            "All is well again for 2s."
        ]
    );
    let signals: Vec<&str> = lines[4..]
        .iter()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(signals, ["logs", "metrics", "traces"], "{}", played.stdout);
    assert!(collector.faults().is_empty(), "the fault is gone");
    let refused = collector.journal().exchanges();
    let refused = refused
        .iter()
        .filter(|exchange| exchange.decision.fault.is_some());
    assert!(refused.count() > 0, "there was an outage");
    service.stop().await;

    let stranger = run(&["outage", "--control", &url, "--lasts", "1s"]).await;
    assert_eq!(stranger.exit_code, Some(1));
    assert!(
        stranger.stderr.contains("answers 401"),
        "{}",
        stranger.stderr
    );
}

#[tokio::test]
async fn a_check_succeeds_where_the_service_is_well_and_says_why_where_it_is_not() {
    let collector = MockCollector::start().await.expect("a receiver");
    let service = DemoService::start(&collector, &["--rate", "0"]).await;
    let health = format!("http://{}/health", service.address);
    let well = run(&["check", &health]).await;
    assert_eq!((well.exit_code, well.stderr.as_str()), (Some(0), ""));
    let nowhere = run(&["check", &format!("http://{}/nowhere", service.address)]).await;
    assert_eq!(nowhere.exit_code, Some(1));
    assert!(nowhere.stderr.contains("answers 404"), "{}", nowhere.stderr);
    service.stop().await;
    let gone = run(&["check", &health]).await;
    assert_eq!(gone.exit_code, Some(1));
    assert!(gone.stderr.contains("does not answer"), "{}", gone.stderr);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let collector = MockCollector::start().await.expect("a receiver");
    let taken = collector.grpc_addr().expect("a port").to_string();
    let refused = run(&["serve", "--listen", &taken]).await;
    assert_eq!(refused.exit_code, Some(1));
    let said = format!("error: cannot listen on {taken}: Address already in use");
    assert!(refused.stderr.contains(&said), "{}", refused.stderr);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
