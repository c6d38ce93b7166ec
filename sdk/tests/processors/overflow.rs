//! What a full queue does.

use tokio::time::{Instant, sleep};

use crate::log_lines::Log;
use crate::rig::{Act, Numbered, Rig, for_each_signal, seconds};

for_each_signal!(
    the_newest_are_dropped_and_counted,
    emitting_never_waits,
    drops_are_told_at_once_and_then_from_time_to_time,
    drops_that_were_not_told_yet_are_told_at_the_end,
);

async fn the_newest_are_dropped_and_counted<B: Numbered>() {
    let rig = Rig::<B>::new([Act::DeliverAfter(10)]);
    rig.emit(0..3);
    sleep(seconds(1)).await;
    rig.emit(3..20);
    let statistics = rig.handle.statistics();
    assert_eq!(statistics.received_items, 11);
    assert_eq!(statistics.queue_full_items, 9);
    assert_eq!((statistics.queued_items, statistics.queue_capacity), (8, 8));
    rig.handle.shutdown(seconds(60)).await.expect("shut down");
    let numbers: Vec<_> = rig.exports().into_iter().flat_map(|(_, of)| of).collect();
    assert_eq!(numbers, (0..11).collect::<Vec<_>>());
    assert_eq!(rig.handle.statistics().queued_items, 0);
}

async fn emitting_never_waits<B: Numbered>() {
    let rig = Rig::<B>::new([Act::Hang]);
    let started = Instant::now();
    rig.emit(0..10_000);
    assert_eq!(started.elapsed(), seconds(0));
}

async fn drops_are_told_at_once_and_then_from_time_to_time<B: Numbered>() {
    let log = Log::default();
    let _guard = log.start();
    let rig = Rig::<B>::new([Act::DeliverAfter(29); 20]);
    rig.emit(0..3);
    sleep(seconds(1)).await;
    rig.emit(3..12);
    sleep(seconds(1)).await;
    let first = format!(
        "WARN otelbox_sdk: 1 {} dropped: the queue of 8 is full ({}_MAX_QUEUE_SIZE); told again every 30s at most",
        B::ITEM,
        B::VARIABLES
    );
    assert_eq!(log.lines("dropped"), [first]);
    for second in 0..20 {
        rig.emit(100 + second..101 + second);
        sleep(seconds(1)).await;
    }
    assert_eq!(log.lines("dropped").len(), 1, "one line, not one for each");
    sleep(seconds(10)).await;
    let lines = log.lines("dropped");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[1].contains(&format!("20 {}s dropped", B::ITEM)),
        "{lines:?}"
    );
}

async fn drops_that_were_not_told_yet_are_told_at_the_end<B: Numbered>() {
    let log = Log::default();
    let _guard = log.start();
    let rig = Rig::<B>::new([]);
    sleep(seconds(1)).await;
    rig.emit(0..9);
    sleep(seconds(1)).await;
    rig.emit(9..20);
    rig.handle.shutdown(seconds(5)).await.expect("shut down");
    assert_eq!(log.lines("dropped").len(), 2, "{:?}", log.lines(""));
}
