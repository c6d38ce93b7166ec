//! What counts as delivered, and what is lost is counted.

use opentelemetry_proto::tonic::trace::v1::Span;
use otelbox_sdk::{Deadline, ExportOutcome, Exporter, FailureReason, Statistics};

use crate::log_lines::Log;
use crate::receiver::{Receiver, answer, status};
use crate::spans;

#[tokio::test(start_paused = true)]
async fn every_success_is_one() {
    for code in [200, 201, 202, 204] {
        let outcome = Receiver::always(status(code)).export().await;
        assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 }, "{code}");
    }
    let labelled = answer(202, &["content-encoding: gzip"], "");
    let outcome = Receiver::always(labelled).export().await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    let talkative = answer(200, &["content-type: text/plain"], "thank you");
    let outcome = Receiver::always(talkative).export().await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
}

#[tokio::test(start_paused = true)]
async fn a_page_of_html_is_none_and_is_told_once_with_advice() {
    let page = "<!doctype html><title>Sign in</title>";
    for headers in [&["content-type: text/html; charset=utf-8"][..], &[]] {
        let log = Log::default();
        let guard = log.start();
        let receiver = Receiver::always(answer(200, headers, page));
        let failure = receiver.failure().await;
        drop(guard);
        assert_eq!(failure.reason, FailureReason::UnusableAnswer);
        assert!(failure.ambiguous);
        assert_eq!(receiver.arrivals(), [0], "it is not sent again");
        let [line] = &log.lines("ERROR")[..] else {
            panic!("{:?}", log.lines(""))
        };
        for part in [
            "dropped traces (1 span) on the way to zipkin:9411",
            "a page of HTML with status 200, where Zipkin answers 202",
            "a proxy, a login page",
            "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }
}

fn without_id() -> Span {
    Span {
        span_id: vec![0; 8],
        ..spans::plain()
    }
}

async fn exported(spans: Vec<Span>) -> (ExportOutcome, Statistics, Vec<String>, usize) {
    let log = Log::default();
    let guard = log.start();
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    let batch = spans::batch(spans);
    let mut outcome = None;
    // Twice, as the second time less is said.
    for _ in 0..2 {
        outcome = Some(exporter.export(&batch, Deadline::none()).await);
    }
    drop(guard);
    let outcome = outcome.expect("two exports");
    let warnings = log.lines("WARN");
    (
        outcome,
        exporter.statistics(),
        warnings,
        receiver.seen().len(),
    )
}

#[tokio::test(start_paused = true)]
async fn a_span_without_ids_is_left_out_counted_each_time_and_told_once() {
    let (outcome, counts, warnings, requests) = exported(vec![spans::plain(), without_id()]).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    assert_eq!(
        (requests, counts.delivered, counts.dropped_items),
        (2, 2, 2)
    );
    let [warning] = &warnings[..] else {
        panic!("{warnings:?}")
    };
    assert!(
        warning.contains("left 1 span out of traces (2 spans) on the way to zipkin:9411"),
        "{warning}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_batch_without_any_ids_is_not_sent_at_all() {
    let (outcome, counts, _, requests) = exported(vec![without_id()]).await;
    let ExportOutcome::Failed(failure) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(matches!(failure.reason, FailureReason::NotEncodable(_)));
    assert_eq!(failure.attempts, 0);
    assert_eq!((requests, counts.failed, counts.dropped_items), (0, 2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_batch_above_the_limit_is_not_sent() {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().with_max_request_bytes(100).build();
    let exporter = exporter.expect("an exporter");
    let batch = spans::batch([spans::full()]);
    let ExportOutcome::Failed(failure) = exporter.export(&batch, Deadline::none()).await else {
        panic!("it is too large")
    };
    let limit_bytes = 100;
    assert!(
        matches!(failure.reason, FailureReason::TooLarge { limit_bytes: limit, .. } if limit == limit_bytes)
    );
    let advice = failure.advice.expect("advice").to_string();
    assert!(
        advice.contains("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"),
        "{advice}"
    );
    assert_eq!(receiver.seen().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_server_repeats_of_a_secret_is_not_shown() {
    let receiver = Receiver::always(answer(
        403,
        &["content-type: text/plain"],
        "no hunter2-token",
    ));
    let exporter = receiver
        .exporter()
        .with_header("authorization", "Bearer hunter2-token")
        .build()
        .expect("an exporter");
    let batch = spans::batch([spans::plain()]);
    let outcome = exporter.export(&batch, Deadline::none()).await;
    let shown = format!("{outcome:?} {exporter:?}");
    assert!(
        shown.contains("no ***") && !shown.contains("hunter2"),
        "{shown}"
    );
}
