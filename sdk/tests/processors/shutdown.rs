//! `shutdown` in each state.

use otelbox_sdk::{ProcessorError, Undelivered};
use tokio::time::{Instant, sleep};

use crate::log_lines::Log;
use crate::rig::{Act, Numbered, Rig, for_each_signal, seconds};

for_each_signal!(
    an_idle_processor_ends_at_once,
    everything_queued_is_delivered,
    a_second_shutdown_is_a_clean_error_and_so_is_a_flush,
    what_comes_later_is_dropped_and_counted,
    an_export_in_flight_is_waited_for,
    a_backoff_is_woken_and_nothing_is_lost_where_the_receiver_is_back,
    a_backoff_without_an_end_is_left_at_the_limit,
    a_silent_receiver_is_left_at_the_limit_and_the_losses_are_told,
    one_silent_batch_does_not_cost_the_others_their_time,
    batches_with_others_to_follow_get_half_of_the_time_each,
    an_export_during_a_shutdown_keeps_to_its_own_timeout_too,
    what_was_not_sent_is_told,
    flushes_that_wait_get_their_answer,
    a_dropped_provider_exports_in_the_background,
    a_processor_whose_runtime_ended_says_so,
);

async fn an_idle_processor_ends_at_once<B: Numbered>() {
    let rig = Rig::<B>::new([]);
    let started = Instant::now();
    let report = rig.handle.shutdown(seconds(5)).await.expect("shut down");
    assert_eq!((report.exports, started.elapsed()), (0, seconds(0)));
    assert_eq!(rig.exporter.shutdowns(), 1);
}

async fn everything_queued_is_delivered<B: Numbered>() {
    let rig = Rig::<B>::new([Act::DeliverAfter(1); 3]);
    rig.emit(0..8);
    let report = rig.handle.shutdown(seconds(5)).await.expect("shut down");
    assert_eq!((report.exports, report.items), (3, 8));
    assert_eq!(
        rig.exports(),
        [(0, vec![0, 1, 2]), (1, vec![3, 4, 5]), (2, vec![6, 7])]
    );
}

async fn a_second_shutdown_is_a_clean_error_and_so_is_a_flush<B: Numbered>() {
    let rig = Rig::<B>::new([]);
    rig.handle.shutdown(seconds(5)).await.expect("shut down");
    let already = Some(ProcessorError::AlreadyShutDown);
    assert_eq!(rig.handle.shutdown(seconds(5)).await.err(), already);
    assert_eq!(rig.handle.force_flush(seconds(5)).await.err(), already);
    assert_eq!(rig.handle.blocking_shutdown(seconds(5)).err(), already);
    assert_eq!(rig.handle.blocking_force_flush(seconds(5)).err(), already);
    B::shutdown(&rig.provider, seconds(5)).expect_err("the stock form knows too");
    assert_eq!(rig.exporter.shutdowns(), 1);
}

async fn what_comes_later_is_dropped_and_counted<B: Numbered>() {
    let rig = Rig::<B>::new([Act::DeliverAfter(2)]);
    rig.emit(0..1);
    let (ended, ()) = tokio::join!(rig.handle.shutdown(seconds(5)), async {
        sleep(seconds(1)).await;
        rig.emit(1..3);
    });
    ended.expect("shut down");
    rig.emit(3..4);
    sleep(seconds(60)).await;
    assert_eq!(rig.exports(), [(0, vec![0])]);
    let statistics = rig.handle.statistics();
    assert_eq!((statistics.received_items, statistics.late_items), (1, 3));
}

async fn an_export_in_flight_is_waited_for<B: Numbered>() {
    let rig = Rig::<B>::new([Act::DeliverAfter(4)]);
    rig.emit(0..3);
    sleep(seconds(1)).await;
    rig.emit(3..4);
    let started = Instant::now();
    let report = rig.handle.shutdown(seconds(8)).await.expect("shut down");
    assert_eq!((report.exports, report.items), (2, 4));
    assert_eq!(started.elapsed(), seconds(3));
}

async fn a_backoff_is_woken_and_nothing_is_lost_where_the_receiver_is_back<B: Numbered>() {
    let rig = Rig::<B>::new([Act::KeepTrying(8)]);
    rig.emit(0..3);
    sleep(seconds(2)).await;
    rig.emit(3..4);
    rig.exporter.recover();
    let started = Instant::now();
    let report = rig.handle.shutdown(seconds(5)).await.expect("shut down");
    assert_eq!(
        (report.items, started.elapsed()),
        (4, seconds(0)),
        "the next attempt would have been at 8 s"
    );
    assert_eq!(rig.exporter.seen()[0].attempts, [seconds(0), seconds(2)]);
}

async fn a_backoff_without_an_end_is_left_at_the_limit<B: Numbered>() {
    let rig = Rig::<B>::new([Act::KeepTrying(2), Act::KeepTrying(2)]);
    rig.emit(0..3);
    sleep(seconds(1)).await;
    rig.emit(3..4);
    let started = Instant::now();
    let error = rig.handle.shutdown(seconds(6)).await.expect_err("lost");
    assert!(started.elapsed() <= seconds(6));
    let lost: Vec<_> = error.lost().iter().map(|lost| lost.items).collect();
    assert_eq!(lost, [3, 1]);
}

async fn a_silent_receiver_is_left_at_the_limit_and_the_losses_are_told<B: Numbered>() {
    let rig = Rig::<B>::new([Act::Hang]);
    rig.emit(0..3);
    let started = Instant::now();
    let error = rig.handle.shutdown(seconds(5)).await.expect_err("silent");
    assert_eq!(started.elapsed(), seconds(5));
    assert_eq!(
        error.to_string(),
        format!(
            "not done within 5s; lost: 3 {}s (the deadline passed after 1 attempt, no answer came; the receiver may \
             have them)",
            B::ITEM
        )
    );
    assert_eq!(
        rig.handle.shutdown(seconds(5)).await.err(),
        Some(ProcessorError::AlreadyShutDown)
    );
    assert_eq!(rig.exporter.shutdowns(), 1, "the exporter has ended too");
}

async fn one_silent_batch_does_not_cost_the_others_their_time<B: Numbered>() {
    let rig = Rig::<B>::new([Act::Hang]);
    rig.emit(0..3);
    sleep(seconds(1)).await;
    rig.emit(3..8);
    let started = Instant::now();
    let error = rig.handle.shutdown(seconds(6)).await.expect_err("a loss");
    assert_eq!(
        started.elapsed(),
        seconds(3),
        "half of the time for the first"
    );
    assert!(matches!(&error, ProcessorError::Lost { lost } if lost.len() == 1));
    assert_eq!(rig.exports()[1..], [(4, vec![3, 4, 5]), (4, vec![6, 7])]);
}

async fn batches_with_others_to_follow_get_half_of_the_time_each<B: Numbered>() {
    let rig = Rig::<B>::new([Act::Hang, Act::Hang]);
    rig.emit(0..8);
    let started = Instant::now();
    let error = rig.handle.shutdown(seconds(8)).await.expect_err("losses");
    assert_eq!(started.elapsed(), seconds(6));
    assert_eq!(error.lost().len(), 2);
    assert_eq!(rig.exporter.starts(), [0, 4, 6]);
}

async fn an_export_during_a_shutdown_keeps_to_its_own_timeout_too<B: Numbered>() {
    let rig = Rig::<B>::new([Act::Hang]);
    rig.emit(0..2);
    let started = Instant::now();
    let error = rig.handle.shutdown(seconds(100)).await.expect_err("silent");
    assert_eq!(started.elapsed(), seconds(30));
    assert!(matches!(error, ProcessorError::Lost { .. }), "{error:?}");
}

async fn what_was_not_sent_is_told<B: Numbered>() {
    let log = Log::default();
    let _guard = log.start();
    let rig = Rig::<B>::new([]);
    rig.emit(0..7);
    let error = rig.handle.shutdown(seconds(0)).await.expect_err("no time");
    assert_eq!(error.lost().len(), 1);
    assert_eq!(error.lost()[0].items, 7);
    assert_eq!(error.lost()[0].reason, Undelivered::NotSent);
    assert_eq!(rig.handle.statistics().unsent_items, 7);
    let line = format!(
        "lost: 7 {}s (the shutdown was over before their turn)",
        B::ITEM
    );
    assert_eq!(log.lines(&line).len(), 1, "{:?}", log.lines(""));
}

async fn flushes_that_wait_get_their_answer<B: Numbered>() {
    let rig = Rig::<B>::new([Act::DeliverAfter(4)]);
    rig.emit(0..3);
    sleep(seconds(1)).await;
    rig.emit(3..4);
    let (flush, shutdown) = tokio::join!(
        rig.handle.force_flush(seconds(20)),
        rig.handle.shutdown(seconds(20))
    );
    assert_eq!(flush.expect("flushed").items, 4);
    assert_eq!(shutdown.expect("shut down").items, 4);
}

async fn a_dropped_provider_exports_in_the_background<B: Numbered>() {
    let log = Log::default();
    let _guard = log.start();
    let rig = Rig::<B>::new([]);
    rig.emit(0..4);
    let Rig {
        exporter,
        handle,
        provider,
    } = rig;
    drop(provider);
    sleep(seconds(1)).await;
    let numbers: Vec<_> = exporter
        .seen()
        .iter()
        .flat_map(|seen| seen.batch.numbers())
        .collect();
    assert_eq!(numbers, [0, 1, 2, 3]);
    assert_eq!(exporter.shutdowns(), 1);
    assert_eq!(handle.statistics().unsent_items, 0);
    assert_eq!(log.lines("exported in the background").len(), 1);
}

async fn a_processor_whose_runtime_ended_says_so<B: Numbered>() {
    let (handle, provider) = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let _inside = runtime.enter();
        let rig = Rig::<B>::new([]);
        rig.emit(0..2);
        (rig.handle, rig.provider)
    })
    .join()
    .expect("no panic");
    let error = handle.force_flush(seconds(5)).await.expect_err("nobody");
    assert_eq!(error, ProcessorError::Gone);
    B::emit(&provider, 2);
    let statistics = handle.statistics();
    assert_eq!((statistics.unsent_items, statistics.late_items), (2, 1));
}
