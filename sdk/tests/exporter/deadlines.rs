//! One deadline over all attempts and waits.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use otelbox_sdk::Protocol::{Grpc, HttpProtobuf};
use otelbox_sdk::{
    AttemptError, BoxFuture, BoxedStream, Connector, Deadline, ExportFailure, ExportOutcome,
    Exporter, FailureReason, Protocol, Target,
};
use tokio::time::Instant;

use crate::receiver::{Receiver, Reply, batch, export, ok, secs, unavailable};

fn failure(outcome: ExportOutcome) -> ExportFailure {
    match outcome {
        ExportOutcome::Failed(failure) => failure,
        delivered => panic!("not a failure: {delivered:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_given_up_when_the_next_wait_would_cross_the_deadline() {
    for protocol in Protocol::ALL {
        let receiver = Receiver::always(protocol, unavailable(protocol));
        let started = Instant::now();
        let failure = failure(receiver.export().await);
        assert_eq!(receiver.arrivals(), [0, 1_000, 3_000, 7_000], "{protocol}");
        assert_eq!(started.elapsed(), secs(7), "{protocol}");
        assert_eq!(failure.attempts, 4, "{protocol}");
        let wait = secs(8);
        assert_eq!(
            failure.reason,
            FailureReason::RetryWouldPassDeadline { wait }
        );
        assert!(!failure.ambiguous, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_in_flight_is_cancelled_at_the_deadline() {
    for protocol in Protocol::ALL {
        let receiver = Receiver::always(protocol, Reply::Hang);
        let started = Instant::now();
        let failure = failure(receiver.export().await);
        assert_eq!(started.elapsed(), secs(10), "{protocol}");
        assert_eq!(
            failure.reason,
            FailureReason::DeadlineExceeded,
            "{protocol}"
        );
        assert!(failure.ambiguous, "{protocol}");
        tokio::time::sleep(secs(1)).await;
        assert_eq!(receiver.cancelled(), [10_000], "{protocol}");
    }
}

/// Neither connects nor fails: a port that swallows whoever knocks.
struct NeverConnects;

impl Connector for NeverConnects {
    fn connect<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, io::Result<BoxedStream>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_was_never_connected_to_cannot_have_the_data() {
    for protocol in Protocol::ALL {
        let receiver = Receiver::always(protocol, Reply::Hang);
        let exporter = receiver.exporter().with_connector(Arc::new(NeverConnects));
        let failure = failure(export(exporter).await);
        assert_eq!(failure.reason, FailureReason::DeadlineExceeded);
        assert!(!failure.ambiguous, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_did_not_connect_in_its_time_is_retried_and_says_so() {
    for protocol in Protocol::ALL {
        let receiver = Receiver::always(protocol, Reply::Hang);
        let exporter = receiver
            .exporter()
            .with_connector(Arc::new(NeverConnects))
            .with_attempt_timeout(secs(2));
        let failure = failure(export(exporter).await);
        assert_eq!(failure.attempts, 3, "{protocol}: at 0, 3 and 7 s");
        assert!(!failure.ambiguous, "{protocol}");
        assert!(
            matches!(&failure.last_status, Some(AttemptError::Connection(error)) if !error.request_sent),
            "{failure:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_earlier_of_the_two_deadlines_counts() {
    for (own, callers) in [(4, 9), (9, 4)] {
        let receiver = Receiver::always(Grpc, Reply::Hang);
        let exporter = receiver.exporter().with_timeout(secs(own));
        let exporter = exporter.build().expect("an exporter");
        let started = Instant::now();
        let deadline = Deadline::within(secs(callers));
        let outcome = exporter.export(&batch(1), deadline).await;
        assert_eq!(failure(outcome).reason, FailureReason::DeadlineExceeded);
        assert_eq!(started.elapsed(), secs(4));
    }
}

#[tokio::test(start_paused = true)]
async fn zero_is_no_limit() {
    let slow = Reply::After(secs(1_000), Box::new(ok()));
    let receiver = Receiver::new(HttpProtobuf, [slow]);
    let outcome = export(receiver.exporter().with_timeout(Duration::ZERO)).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
}

#[tokio::test(start_paused = true)]
async fn the_remaining_budget_is_announced_over_grpc() {
    let receiver = Receiver::always(Grpc, unavailable(Grpc));
    let _ = receiver.export().await;
    let announced: Vec<_> = receiver
        .seen()
        .iter()
        .map(|seen| {
            seen.headers["grpc-timeout"]
                .to_str()
                .expect("text")
                .to_owned()
        })
        .collect();
    assert_eq!(announced, ["10000m", "9000m", "7000m", "3000m"]);
}

/// Connects after a while.
struct Slow(Receiver, Duration);

impl Connector for Slow {
    fn connect<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, io::Result<BoxedStream>> {
        Box::pin(async move {
            tokio::time::sleep(self.1).await;
            self.0.connect(target).await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn the_budget_that_is_announced_is_what_connecting_has_left_of_it() {
    let receiver = Receiver::new(Grpc, []);
    let slow = Slow(receiver.clone(), secs(4));
    let outcome = export(receiver.exporter().with_connector(Arc::new(slow))).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    assert_eq!(receiver.arrivals(), [4_000]);
    assert_eq!(receiver.seen()[0].headers["grpc-timeout"], "6000m");
}

#[tokio::test(start_paused = true)]
async fn a_hung_attempt_is_retried_inside_the_deadline_where_attempts_have_a_limit() {
    for protocol in Protocol::ALL {
        let receiver = Receiver::new(protocol, [Reply::Hang]);
        let outcome = export(receiver.exporter().with_attempt_timeout(secs(2))).await;
        assert_eq!(
            outcome,
            ExportOutcome::Delivered { attempts: 2 },
            "{protocol}"
        );
        assert_eq!(receiver.arrivals(), [0, 3_000], "{protocol}");
        assert_eq!(receiver.cancelled(), [2_000], "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_wins_over_the_limit_of_an_attempt() {
    let receiver = Receiver::always(Grpc, Reply::Hang);
    let exporter = receiver.exporter().with_timeout(secs(5));
    let failure = failure(export(exporter.with_attempt_timeout(secs(2))).await);
    assert_eq!(receiver.arrivals(), [0, 3_000]);
    assert_eq!(failure.reason, FailureReason::DeadlineExceeded);
    assert_eq!(receiver.seen()[1].headers["grpc-timeout"], "2000m");
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_is_taken_and_one_that_is_late_is_not() {
    for (seconds, delivered) in [(9, true), (11, false)] {
        let slow = Reply::After(secs(seconds), Box::new(ok()));
        let receiver = Receiver::new(Grpc, [slow]);
        assert_eq!(
            receiver.export().await.is_delivered(),
            delivered,
            "{seconds} s"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_has_passed_allows_no_attempt() {
    let receiver = Receiver::new(Grpc, []);
    let exporter = receiver.exporter().build().expect("an exporter");
    let outcome = exporter
        .export(&batch(1), Deadline::within(Duration::ZERO))
        .await;
    let failure = failure(outcome);
    assert_eq!(
        (failure.attempts, failure.reason),
        (0, FailureReason::DeadlineExceeded)
    );
    assert_eq!(receiver.dials(), []);
}

#[tokio::test(start_paused = true)]
async fn refused_connections_are_retried_until_the_deadline() {
    let receiver = Receiver::new(HttpProtobuf, []).refusing(99);
    let failure = failure(receiver.export().await);
    assert_eq!(receiver.dials(), [0, 1_000, 3_000, 7_000]);
    assert_eq!(
        failure.to_string(),
        "the next retry, in 8s, would have been past the deadline after 4 attempts, the last answer was connection \
         refused"
    );
    assert!(!failure.ambiguous);
}
