//! `force_flush` in each state.

use otelbox_sdk::ProcessorError;
use tokio::time::{Instant, sleep};

use crate::rig::{Act, Numbered, Rig, for_each_signal, seconds};

for_each_signal!(
    a_flush_exports_all_that_is_queued_at_once,
    a_flush_that_is_refused_says_what_was_lost,
    a_flush_that_cannot_wait_loses_nothing,
    a_flush_waits_for_the_running_export_and_answers_for_it,
    a_flush_covers_what_came_before_it_only,
    flushes_at_once_share_what_is_exported,
    the_stock_form_on_the_processors_own_runtime_fails_with_advice,
);

async fn a_flush_exports_all_that_is_queued_at_once<B: Numbered>() {
    let rig = Rig::<B>::new([]);
    sleep(seconds(1)).await;
    rig.emit(0..8);
    let report = rig.handle.force_flush(seconds(5)).await.expect("flushed");
    assert_eq!((report.exports, report.items), (3, 8));
    assert_eq!(
        rig.exports(),
        [(1, vec![0, 1, 2]), (1, vec![3, 4, 5]), (1, vec![6, 7])]
    );
    assert_eq!(rig.exporter.flushes(), 1);
}

async fn a_flush_that_is_refused_says_what_was_lost<B: Numbered>() {
    let rig = Rig::<B>::new([Act::Deliver, Act::Refuse]);
    rig.emit(0..7);
    let error = rig.handle.force_flush(seconds(5)).await.expect_err("lost");
    assert_eq!(
        error.to_string(),
        format!(
            "not everything was delivered; lost: 3 {}s (refused after 1 attempt, no answer came)",
            B::ITEM
        )
    );
    assert_eq!(error.lost()[0].items, 3);
}

async fn a_flush_that_cannot_wait_loses_nothing<B: Numbered>() {
    let rig = Rig::<B>::new([Act::DeliverAfter(8)]);
    rig.emit(0..7);
    let started = Instant::now();
    let error = rig.handle.force_flush(seconds(2)).await.expect_err("busy");
    assert_eq!(started.elapsed(), seconds(2));
    assert_eq!(
        error,
        ProcessorError::Timeout {
            limit: seconds(2),
            lost: Vec::new(),
            pending: 7
        }
    );
    let report = rig.handle.force_flush(seconds(10)).await.expect("flushed");
    assert_eq!(report.items, 7);
    assert_eq!(
        rig.exports(),
        [(0, vec![0, 1, 2]), (8, vec![3, 4, 5]), (8, vec![6])]
    );
}

async fn a_flush_waits_for_the_running_export_and_answers_for_it<B: Numbered>() {
    let rig = Rig::<B>::new([Act::KeepTrying(4)]);
    rig.emit(0..3);
    sleep(seconds(1)).await;
    rig.emit(3..4);
    let error = rig.handle.force_flush(seconds(60)).await.expect_err("lost");
    assert_eq!(error.lost().len(), 1);
    assert_eq!(error.lost()[0].items, 3, "those that were on their way");
    assert_eq!(rig.exports(), [(0, vec![0, 1, 2]), (28, vec![3])]);
}

async fn a_flush_covers_what_came_before_it_only<B: Numbered>() {
    let rig = Rig::<B>::new([Act::Deliver, Act::Refuse]);
    rig.emit(0..3);
    sleep(seconds(1)).await;
    rig.emit(3..6);
    sleep(seconds(1)).await;
    rig.emit(6..7);
    let report = rig.handle.force_flush(seconds(5)).await.expect("flushed");
    assert_eq!((report.exports, report.items), (1, 1));
}

async fn flushes_at_once_share_what_is_exported<B: Numbered>() {
    let rig = Rig::<B>::new([Act::DeliverAfter(1); 20]);
    rig.emit(0..8);
    let flushes = (0..6).map(|_| rig.handle.force_flush(seconds(30)));
    for result in futures_util::future::join_all(flushes).await {
        assert_eq!(result.expect("flushed").items, 8);
    }
    assert_eq!(
        rig.exports(),
        [(0, vec![0, 1, 2]), (1, vec![3, 4, 5]), (2, vec![6, 7])]
    );
}

async fn the_stock_form_on_the_processors_own_runtime_fails_with_advice<B: Numbered>() {
    let rig = Rig::<B>::new([]);
    rig.emit(0..1);
    let error = B::force_flush(&rig.provider).expect_err("it would wait for itself");
    assert!(error.to_string().contains(".await"), "{error}");
    let error = rig.handle.blocking_force_flush(seconds(1));
    assert!(matches!(error, Err(ProcessorError::WouldDeadlock { .. })));
    let error = rig.handle.blocking_shutdown(seconds(1));
    assert!(matches!(error, Err(ProcessorError::WouldDeadlock { .. })));
    let report = rig.handle.shutdown(seconds(1)).await.expect("still there");
    assert_eq!(report.items, 1);
}
