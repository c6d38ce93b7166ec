//! What cannot be sent, and who does not take it: nothing is lost without a word.

use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use otelbox_sdk::{ExportOutcome, Exporter as _, FailureReason, RemoteWriteProtocol};

use crate::batches::{DELTA, anonymous, batch, counter, gauge, point, requests, sum};
use crate::log_lines::Log;
use crate::receiver::{Receiver, answer, export, status};

#[tokio::test(start_paused = true)]
async fn delta_is_refused_with_the_name_of_the_metric_and_nothing_is_sent() {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    let delta = sum(
        "http.requests",
        DELTA,
        vec![point(15, Value::AsInt(3), &[])],
    );
    // The resource would be a series, too.
    let ExportOutcome::Failed(failure) = export(&exporter, &batch(15, vec![delta])).await else {
        panic!("delta is taken")
    };
    let FailureReason::NotEncodable(reason) = &failure.reason else {
        panic!("{failure}")
    };
    for part in [
        "\"http.requests\"",
        "temporality is delta",
        "set the temporality to cumulative",
    ] {
        assert!(reason.contains(part), "{reason}");
    }
    assert_eq!(
        (receiver.seen().len(), exporter.statistics().dropped_items),
        (0, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn delta_beside_others_is_left_out_counted_and_said() {
    let log = Log::default();
    let guard = log.start();
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    let delta = sum("changes", DELTA, vec![point(15, Value::AsInt(3), &[]); 2]);
    let both = anonymous(15, vec![counter("requests", 15, 3, &[]), delta]);
    assert_eq!(
        export(&exporter, &both).await,
        ExportOutcome::Delivered { attempts: 1 }
    );
    drop(guard);
    assert_eq!(receiver.last().alive(), ["requests_total{}"]);
    assert_eq!(exporter.statistics().dropped_items, 2);
    let [warning] = &log.lines("WARN")[..] else {
        panic!("{:?}", log.lines(""))
    };
    assert!(
        warning.contains("left 2 data points out") && warning.contains("\"changes\""),
        "{warning}"
    );
}

#[tokio::test(start_paused = true)]
async fn two_types_of_one_name_are_one_series_and_a_word() {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    let level = |value| vec![point(15, Value::AsInt(value), &[])];
    let both = anonymous(
        15,
        vec![counter("level", 15, 3, &[]), gauge("level", level(1))],
    );
    assert!(export(&exporter, &both).await.is_delivered());
    assert_eq!(receiver.last().alive(), ["level_total{}"]);
    assert_eq!(exporter.statistics().dropped_items, 1);
}

#[tokio::test(start_paused = true)]
async fn a_page_of_html_is_no_success_and_no_reason_to_speak_1_0() {
    for protocol in RemoteWriteProtocol::ALL {
        let page = answer(
            200,
            &["content-type: text/html"],
            "<!doctype html><title>Sign in</title>",
        );
        let receiver = Receiver::new([page]);
        let exporter = receiver.exporter().with_protocol(protocol).build();
        let exporter = exporter.expect("an exporter");
        let ExportOutcome::Failed(failure) = export(&exporter, &requests(15, 3)).await else {
            panic!("{protocol}: it is delivered")
        };
        assert_eq!(failure.reason, FailureReason::UnusableAnswer, "{protocol}");
        assert!(failure.ambiguous, "{protocol}");
        assert!(failure.to_string().contains("a page of HTML"), "{failure}");
        let advice = failure.advice.expect("advice").to_string();
        assert!(
            advice.contains("OTELBOX_PROMETHEUS_REMOTE_WRITE_ENDPOINT"),
            "{advice}"
        );
        assert!(export(&exporter, &requests(30, 4)).await.is_delivered());
        assert_eq!(receiver.protocols(), [protocol.name(); 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_receiver_says_is_in_the_log_as_it_is() {
    let log = Log::default();
    let guard = log.start();
    let words = answer(400, &["content-type: text/plain"], "out of order sample\n");
    let receiver = Receiver::always(words);
    let failure = receiver.failure().await;
    drop(guard);
    assert_eq!(failure.reason, FailureReason::Refused);
    let [error] = &log.lines("ERROR")[..] else {
        panic!("{:?}", log.lines(""))
    };
    for part in [
        "dropped metrics (1 stream, 1 data point",
        "on the way to prometheus:9090: refused after 1 attempt",
        "HTTP 400 Bad Request: out of order sample",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_above_the_limit_is_not_sent() {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().with_max_request_bytes(20).build();
    let exporter = exporter.expect("an exporter");
    let ExportOutcome::Failed(failure) = export(&exporter, &requests(15, 3)).await else {
        panic!("it is too large")
    };
    assert!(
        matches!(
            failure.reason,
            FailureReason::TooLarge {
                limit_bytes: 20,
                ..
            }
        ),
        "{failure}"
    );
    assert_eq!(receiver.seen().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_prometheus_that_does_not_take_remote_write_is_told_apart() {
    let receiver = Receiver::always(status(404));
    let failure = receiver.failure().await;
    let advice = failure.advice.expect("advice").to_string();
    for part in ["/api/v1/write", "OTELBOX_PROMETHEUS_REMOTE_WRITE_ENDPOINT"] {
        assert!(advice.contains(part), "{advice}");
    }
    for foreign in ["OTLP", "4317", "4318"] {
        assert!(!advice.contains(foreign), "{advice}");
    }
}
