//! Times within a series.

use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use otelbox_sdk::MetricBatch;

use crate::batches::{anonymous, gauge, point, requests};
use crate::log_lines::Log;
use crate::receiver::{Receiver, export};

/// The times of the first series in each request.
async fn times(batches: &[MetricBatch]) -> Vec<i64> {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    for batch in batches {
        assert!(export(&exporter, batch).await.is_delivered());
    }
    let first = |seen: &crate::receiver::Seen| seen.series()[0].points[0].time;
    receiver.seen().iter().map(first).collect()
}

#[tokio::test(start_paused = true)]
async fn two_collections_at_one_time_are_a_millisecond_apart() {
    let batches = [
        requests(15, 1),
        requests(15, 2),
        requests(15, 3),
        requests(30, 4),
    ];
    assert_eq!(times(&batches).await, [15_000, 15_001, 15_002, 30_000]);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_does_not_go_back_here_and_that_is_said_once() {
    let log = Log::default();
    let guard = log.start();
    let batches = [requests(600, 1), requests(15, 2), requests(30, 3)];
    assert_eq!(times(&batches).await, [600_000, 600_001, 600_002]);
    drop(guard);
    let [warning] = &log.lines("WARN")[..] else {
        panic!("{:?}", log.lines(""))
    };
    assert!(warning.contains("the clock was set back"), "{warning}");
}

#[tokio::test(start_paused = true)]
async fn each_series_has_its_own_order() {
    let late = |seconds, late| {
        let points = vec![
            point(seconds, Value::AsInt(1), &[("of", "a")]),
            point(late, Value::AsInt(1), &[("of", "b")]),
        ];
        anonymous(seconds, vec![gauge("level", points)])
    };
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    for batch in [late(15, 100), late(30, 110)] {
        assert!(export(&exporter, &batch).await.is_delivered());
    }
    let times: Vec<Vec<i64>> = receiver
        .seen()
        .iter()
        .map(|seen| {
            seen.series()
                .iter()
                .map(|series| series.points[0].time)
                .collect()
        })
        .collect();
    assert_eq!(times, [[15_000, 100_000], [30_000, 110_000]]);
}
