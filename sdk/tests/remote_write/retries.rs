//! What is sent again, when, and what is not.

use std::time::Duration;

use otelbox_sdk::{ExportOutcome, FailureReason};

use crate::receiver::{Receiver, answer, status, written};

#[tokio::test(start_paused = true)]
async fn every_5xx_and_429_is_asked_again_with_the_same_bytes() {
    for code in [429, 500, 501, 502, 503, 504, 507, 599] {
        let receiver = Receiver::new([status(code), status(code)]);
        let outcome = receiver.export().await;
        assert_eq!(outcome, ExportOutcome::Delivered { attempts: 3 }, "{code}");
        assert_eq!(receiver.arrivals(), [0, 1_000, 3_000], "{code}");
        let seen = receiver.seen();
        assert!(seen.iter().all(|one| one.body == seen[0].body), "{code}");
        assert_eq!(receiver.protocols(), ["2.0"; 3], "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_other_refusal_is_tried_again() {
    for code in [301, 302, 400, 401, 403, 404, 405, 408, 409, 413, 422, 425] {
        let receiver = Receiver::always(answer(code, &["retry-after: 1"], ""));
        let failure = receiver.failure().await;
        assert_eq!(failure.reason, FailureReason::Refused, "{code}");
        assert_eq!(receiver.arrivals(), [0], "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_kept_in_seconds_and_as_a_date() {
    for (code, asked) in [
        (429, "retry-after: 7"),
        (503, "retry-after: 7"),
        (429, "retry-after: Sun, 06 Nov 1994 08:49:44 GMT"),
    ] {
        let receiver = Receiver::new([answer(code, &[asked], "")]);
        let outcome = receiver.export().await;
        assert_eq!(outcome, ExportOutcome::Delivered { attempts: 2 }, "{asked}");
        assert_eq!(receiver.arrivals(), [0, 7_000], "{asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_receiver_wrote_before_it_failed_is_asked_again_as_a_whole() {
    let receiver = Receiver::new([written(500, 1, 0, "disk full")]);
    let outcome = receiver.export().await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 2 });
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
