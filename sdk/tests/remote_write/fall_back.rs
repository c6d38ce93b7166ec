//! From 2.0 to 1.0.

use otelbox_sdk::{ExportOutcome, FailureReason, RemoteWriteProtocol};

use crate::batches::requests;
use crate::log_lines::Log;
use crate::receiver::{Receiver, answer, export, status, written};

#[tokio::test(start_paused = true)]
async fn who_answers_415_is_spoken_to_in_1_0_at_once_and_from_then_on() {
    let log = Log::default();
    let guard = log.start();
    let receiver = Receiver::new([status(415)]);
    let exporter = receiver.exporter().build().expect("an exporter");
    let outcome = export(&exporter, &requests(15, 3)).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 2 });
    assert_eq!(receiver.arrivals(), [0, 0], "without a wait");
    assert_eq!(receiver.protocols(), ["2.0", "1.0"]);
    let samples = |place: usize| {
        let series = &receiver.seen()[place].series()[0];
        (
            series.name(),
            series.points[0].time,
            series.points[0].value.0.to_string(),
        )
    };
    assert_eq!(samples(0), samples(1), "the same sample at the same time");
    assert!(export(&exporter, &requests(30, 4)).await.is_delivered());
    assert_eq!(receiver.protocols(), ["2.0", "1.0", "1.0"]);
    drop(guard);
    let [warning] = &log.lines("WARN")[..] else {
        panic!("{:?}", log.lines(""))
    };
    assert!(
        warning.contains("prometheus:9090: it does not take Prometheus remote write 2.0; 1.0 is spoken from now on"),
        "{warning}"
    );
}

#[tokio::test(start_paused = true)]
async fn who_takes_2_0_without_saying_what_was_written_is_spoken_to_in_1_0() {
    for answer in [
        status(204),
        status(200),
        answer(200, &["content-type: text/plain"], "ok"),
    ] {
        let receiver = Receiver::new([answer]);
        let outcome = receiver.export().await;
        assert_eq!(outcome, ExportOutcome::Delivered { attempts: 2 });
        assert_eq!(receiver.protocols(), ["2.0", "1.0"]);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_says_something_of_what_was_written_takes_2_0() {
    let headers = ["X-Prometheus-Remote-Write-Samples-Written: 1"];
    let receiver = Receiver::new([answer(200, &headers, "")]);
    let outcome = receiver.export().await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
}

#[tokio::test(start_paused = true)]
async fn who_takes_neither_is_asked_for_2_0_again_by_the_next_export() {
    let receiver = Receiver::new([status(415), status(415)]);
    let exporter = receiver.exporter().build().expect("an exporter");
    let ExportOutcome::Failed(failure) = export(&exporter, &requests(15, 3)).await else {
        panic!("it takes neither")
    };
    assert_eq!(
        (failure.reason, failure.attempts),
        (FailureReason::Refused, 2)
    );
    let advice = failure.advice.expect("advice").to_string();
    assert!(
        advice.contains("OTELBOX_PROMETHEUS_REMOTE_WRITE_PROTOCOL"),
        "{advice}"
    );
    assert!(export(&exporter, &requests(30, 4)).await.is_delivered());
    assert_eq!(receiver.protocols(), ["2.0", "1.0", "2.0"]);
}

#[tokio::test(start_paused = true)]
async fn no_other_refusal_changes_the_protocol() {
    for refusal in [
        status(400),
        status(401),
        status(404),
        written(400, 0, 0, "no"),
    ] {
        let receiver = Receiver::new([refusal]);
        let exporter = receiver.exporter().build().expect("an exporter");
        assert!(!export(&exporter, &requests(15, 3)).await.is_delivered());
        assert!(export(&exporter, &requests(30, 4)).await.is_delivered());
        assert_eq!(receiver.protocols(), ["2.0", "2.0"]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_as_1_0_stays_1_0() {
    let receiver = Receiver::new([status(415)]);
    let exporter = receiver
        .exporter()
        .with_protocol(RemoteWriteProtocol::V1)
        .build()
        .expect("an exporter");
    assert!(!export(&exporter, &requests(15, 3)).await.is_delivered());
    // A receiver of 1.0 says nothing of what it has written.
    let outcome = export(&exporter, &requests(30, 4)).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    assert_eq!(receiver.protocols(), ["1.0", "1.0"]);
}

#[tokio::test(start_paused = true)]
async fn retries_after_a_fall_back_are_in_1_0() {
    let receiver = Receiver::new([status(503), status(415), status(503)]);
    let outcome = receiver.export().await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 4 });
    assert_eq!(receiver.protocols(), ["2.0", "2.0", "1.0", "1.0"]);
}
