//! What is sent again, when, and what is not.

use std::time::Duration;

use otelbox_sdk::{Deadline, ExportOutcome, Exporter, FailureReason};

use crate::receiver::{Receiver, answer, status};
use crate::spans;

#[tokio::test(start_paused = true)]
async fn servers_that_are_busy_or_fail_are_asked_again() {
    for code in [429, 500, 502, 503, 504] {
        let receiver = Receiver::new([status(code), status(code)]);
        let outcome = receiver.export().await;
        assert_eq!(outcome, ExportOutcome::Delivered { attempts: 3 }, "{code}");
        assert_eq!(receiver.arrivals(), [0, 1_000, 3_000], "{code}");
        let seen = receiver.seen();
        assert!(seen.iter().all(|one| one.body == seen[0].body), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_other_refusal_is_tried_again() {
    for code in [301, 302, 400, 401, 403, 404, 405, 408, 413, 415, 501, 505] {
        let receiver = Receiver::always(answer(code, &["retry-after: 1"], ""));
        let failure = receiver.failure().await;
        assert_eq!(failure.reason, FailureReason::Refused, "{code}");
        assert_eq!(receiver.arrivals(), [0], "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_kept_in_seconds_and_as_a_date() {
    for asked in [
        "retry-after: 7",
        "retry-after: Sun, 06 Nov 1994 08:49:44 GMT",
    ] {
        let receiver = Receiver::new([answer(503, &[asked], "")]);
        let outcome = receiver.export().await;
        assert_eq!(outcome, ExportOutcome::Delivered { attempts: 2 }, "{asked}");
        assert_eq!(receiver.arrivals(), [0, 7_000], "{asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_is_made_again() {
    let receiver = Receiver::new([]).refusing(2);
    let outcome = receiver.export().await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 3 });
    assert_eq!(receiver.arrivals(), [3_000]);
}

#[tokio::test(start_paused = true)]
async fn an_outage_ends_the_export_before_its_ten_seconds_are_over() {
    let receiver = Receiver::always(status(503));
    let failure = receiver.failure().await;
    let wait = Duration::from_secs(8);
    assert_eq!(
        failure.reason,
        FailureReason::RetryWouldPassDeadline { wait }
    );
    assert_eq!(receiver.arrivals(), [0, 1_000, 3_000, 7_000]);
}

#[tokio::test(start_paused = true)]
async fn connections_are_kept_and_a_shutdown_ends_the_exporter() {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    let batch = spans::batch([spans::plain()]);
    for _ in 0..2 {
        let outcome = exporter.export(&batch, Deadline::none()).await;
        assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    }
    exporter
        .shutdown(Deadline::none())
        .await
        .expect("the first");
    exporter
        .shutdown(Deadline::none())
        .await
        .expect_err("the second");
    let ExportOutcome::Failed(failure) = exporter.export(&batch, Deadline::none()).await else {
        panic!("it is shut down")
    };
    assert_eq!(failure.reason, FailureReason::ShutDown);
    let counts = exporter.statistics();
    assert_eq!(
        (counts.exports, counts.delivered, counts.attempts),
        (3, 2, 2)
    );
    assert_eq!((counts.failed, counts.dropped_items), (1, 1));
}
