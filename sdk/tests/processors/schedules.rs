//! Random schedules: every item is exported once, in order, or counted as dropped.

use otelbox_sdk::{LogBatch, ProcessorError, SpanBatch};
use proptest::prelude::*;
use tokio::time::{Instant, sleep};

use crate::rig::{Act, Numbered, Rig, seconds};

#[derive(Clone, Copy, Debug)]
enum Step {
    Emit(u64),
    Sleep(u64),
    Flush(u64),
    /// Begins a flush and goes on.
    FlushAside(u64),
    Recover,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..12_u64).prop_map(Step::Emit),
        3 => (0..8_u64).prop_map(Step::Sleep),
        2 => (0..40_u64).prop_map(Step::Flush),
        2 => (0..40_u64).prop_map(Step::FlushAside),
        1 => Just(Step::Recover),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Deliver),
        3 => (0..40_u64).prop_map(Act::DeliverAfter),
        1 => Just(Act::Refuse),
        1 => (1..9_u64).prop_map(Act::KeepTrying),
        1 => Just(Act::Hang),
        1 => Just(Act::Panic),
    ]
}

/// Follows the steps, shuts down within `limit` seconds, and checks what came of it.
async fn follow<B: Numbered>(acts: Vec<Act>, steps: Vec<Step>, limit: u64) {
    let rig = Rig::<B>::new(acts);
    let mut emitted = 0;
    let mut aside = Vec::new();
    for step in steps {
        match step {
            Step::Emit(number) => {
                rig.emit(emitted..emitted + number);
                emitted += number;
            }
            Step::Sleep(time) => sleep(seconds(time)).await,
            Step::Flush(limit) => {
                let started = Instant::now();
                // What it came to is its own affair here; that it is in time is not.
                let _ = rig.handle.force_flush(seconds(limit)).await;
                assert!(started.elapsed() <= seconds(limit), "a late flush");
            }
            Step::FlushAside(limit) => {
                let handle = rig.handle.clone();
                aside.push(tokio::spawn(async move {
                    handle.force_flush(seconds(limit)).await
                }));
                tokio::task::yield_now().await;
            }
            Step::Recover => rig.exporter.recover(),
        }
    }
    let started = Instant::now();
    let before = rig.handle.statistics();
    let ended = rig.handle.shutdown(seconds(limit)).await;
    assert!(started.elapsed() <= seconds(limit), "a late shutdown");
    rig.emit(emitted..emitted + 2);
    emitted += 2;
    sleep(seconds(100)).await;
    for flush in aside {
        flush.await.expect("every flush has an answer").ok();
    }

    let exports = rig.exports();
    assert!(exports.iter().all(|(_, numbers)| numbers.len() <= 3));
    let exported: Vec<_> = exports
        .into_iter()
        .flat_map(|(_, numbers)| numbers)
        .collect();
    assert!(exported.is_sorted_by(|one, two| one < two), "{exported:?}");
    let statistics = rig.handle.statistics();
    let dropped = statistics.queue_full_items + statistics.late_items + statistics.unsent_items;
    assert_eq!(emitted, exported.len() as u64 + dropped, "{statistics:?}");
    assert_eq!(statistics.late_items, 2);
    assert_eq!(statistics.queued_items, 0);
    assert_eq!(
        statistics.received_items,
        exported.len() as u64 + statistics.unsent_items
    );
    let lost = match &ended {
        Ok(report) => {
            assert!(report.items >= before.queued_items);
            0
        }
        Err(ProcessorError::Timeout { lost, pending, .. }) => {
            assert_eq!(*pending, 0);
            lost.iter().map(|lost| lost.items).sum()
        }
        Err(ProcessorError::Lost { lost }) => lost.iter().map(|lost| lost.items).sum(),
        Err(other) => panic!("{other}"),
    };
    assert!(lost >= statistics.unsent_items, "what was not sent is told");
}

fn in_virtual_time(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(work);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_item_is_exported_once_in_order_or_counted(
        acts in prop::collection::vec(act(), 0..12),
        steps in prop::collection::vec(step(), 0..24),
        limit in 0..30_u64,
        spans in any::<bool>(),
    ) {
        if spans {
            in_virtual_time(follow::<SpanBatch>(acts, steps, limit));
        } else {
            in_virtual_time(follow::<LogBatch>(acts, steps, limit));
        }
    }
}
