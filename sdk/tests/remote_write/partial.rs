//! What a receiver says it has written.

use otelbox_sdk::{ExportOutcome, Exporter as _, FailureReason, MetricBatch, RemoteWriteProtocol};

use crate::batches::{anonymous, counter, exponential, histogram};
use crate::receiver::{Receiver, answer, export, status, written};

/// Two counters, a histogram of five samples and a native one.
fn four() -> MetricBatch {
    anonymous(
        15,
        vec![
            counter("a", 15, 1, &[]),
            counter("b", 15, 1, &[]),
            histogram("duration", 15, &[0.5], &[1, 2]),
            exponential("size", 15, 0, Some(1.0)),
        ],
    )
}

async fn outcome_of(answer: String) -> (ExportOutcome, u64) {
    let receiver = Receiver::always(answer);
    let exporter = receiver.exporter().build().expect("an exporter");
    let outcome = export(&exporter, &four()).await;
    (outcome, exporter.statistics().rejected_items)
}

#[tokio::test(start_paused = true)]
async fn fewer_than_were_sent_are_a_partial_success() {
    let (outcome, rejected_items) = outcome_of(written(204, 5, 1, "")).await;
    let partial = ExportOutcome::PartialSuccess {
        attempts: 1,
        rejected: 1,
        message: "it wrote 5 of 6 samples and 1 of 1 histograms".to_owned(),
    };
    assert_eq!((outcome, rejected_items), (partial, 1));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_wrote_a_part_is_one_too_with_its_words() {
    let (outcome, rejected_items) = outcome_of(written(400, 4, 0, "out of order sample")).await;
    let partial = ExportOutcome::PartialSuccess {
        attempts: 1,
        rejected: 3,
        message: "it wrote 4 of 6 samples and 0 of 1 histograms: HTTP 400 Bad Request: out of order sample"
            .to_owned(),
    };
    assert_eq!((outcome, rejected_items), (partial, 3));
}

#[tokio::test(start_paused = true)]
async fn no_more_points_are_rejected_than_there_were() {
    let (outcome, rejected_items) = outcome_of(written(400, 0, 1, "no")).await;
    assert!(
        matches!(outcome, ExportOutcome::PartialSuccess { rejected: 4, .. }),
        "{outcome:?}"
    );
    assert_eq!(rejected_items, 4);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_wrote_nothing_is_a_loss() {
    for refusal in [written(400, 0, 0, "no"), status(400)] {
        let receiver = Receiver::always(refusal);
        let failure = receiver.failure().await;
        assert_eq!(failure.reason, FailureReason::Refused);
        assert!(!failure.ambiguous);
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_that_is_missing_is_none() {
    let headers = ["X-Prometheus-Remote-Write-Samples-Written: 6"];
    let (outcome, _) = outcome_of(answer(200, &headers, "")).await;
    assert!(
        matches!(outcome, ExportOutcome::PartialSuccess { rejected: 1, .. }),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_receiver_of_1_0_may_say_nothing() {
    let receiver = Receiver::always(status(200));
    let exporter = receiver
        .exporter()
        .with_protocol(RemoteWriteProtocol::V1)
        .build();
    let exporter = exporter.expect("an exporter");
    let batch = anonymous(15, vec![counter("a", 15, 1, &[])]);
    let outcome = export(&exporter, &batch).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
}
