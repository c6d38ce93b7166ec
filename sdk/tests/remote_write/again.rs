//! A batch that differs from the one before in values and times alone is filled into the message of that: nobody can tell.

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint};
use otelbox_sdk::{MetricBatch, RemoteWriteProtocol};

use crate::batches::{batch, counter, gauge, histogram, point, summary};
use crate::decoded::{decompressed, lines};
use crate::receiver::{Receiver, Seen, export};

fn without_exemplars(mut metric: Metric) -> Metric {
    if let Some(Data::Histogram(histogram)) = &mut metric.data {
        for point in &mut histogram.data_points {
            point.exemplars.clear();
        }
    }
    metric
}

/// One metric of each kind that has lines of numbers, with other values each time.
fn metrics(seconds: u64, round: u64) -> Vec<Metric> {
    let level = |of: &str, value: f64| -> NumberDataPoint {
        point(seconds, Value::AsDouble(value), &[("of", of)])
    };
    let count = i64::try_from(round).expect("few rounds");
    vec![
        counter("requests", seconds, count, &[("route", "/")]),
        gauge(
            "level",
            vec![
                level(
                    "a",
                    [0.0, f64::NAN, -1.5, 0.0][usize::try_from(round).expect("few")],
                ),
                level("b", f64::INFINITY),
            ],
        ),
        without_exemplars(histogram("duration", seconds, &[0.1, 0.5], &[round, 0, 7])),
        summary("wait", seconds),
    ]
}

/// The requests of one exporter, and those of exporters that have sent nothing else.
async fn both(batches: &[MetricBatch], protocol: RemoteWriteProtocol) -> [Vec<Seen>; 2] {
    let exporter = |receiver: &Receiver| {
        let exporter = receiver.exporter().with_protocol(protocol).build();
        exporter.expect("an exporter")
    };
    let one = Receiver::new([]);
    let kept = exporter(&one);
    let mut anew = Vec::new();
    for batch in batches {
        assert!(export(&kept, batch).await.is_delivered());
        let fresh = Receiver::new([]);
        assert!(export(&exporter(&fresh), batch).await.is_delivered());
        anew.extend(fresh.seen());
    }
    [one.seen(), anew]
}

#[tokio::test(start_paused = true)]
async fn the_same_series_with_other_values_are_the_message_that_would_be_written_anew() {
    let batches: Vec<_> = (0..4)
        .map(|round| {
            let seconds = 15 + 15 * round;
            batch(seconds, metrics(seconds, round))
        })
        .collect();
    for protocol in RemoteWriteProtocol::ALL {
        let [filled, anew] = both(&batches, protocol)
            .await
            .map(|all| -> Vec<_> { all.iter().map(|seen| decompressed(&seen.body)).collect() });
        assert!(filled == anew, "{protocol}");
        let distinct = filled
            .iter()
            .zip(&filled[1..])
            .all(|(one, next)| one != next);
        assert!(distinct, "{protocol}: each has its own values");
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_else_is_different_is_written_anew() {
    type Change = fn(&mut Vec<Metric>);
    let changes: [(&str, Change); 6] = [
        ("a unit", |metrics| metrics[0].unit = "By".to_owned()),
        ("a description", |metrics| {
            metrics[0].description = "All".to_owned();
        }),
        ("a start", |metrics| {
            let Some(Data::Sum(sum)) = &mut metrics[0].data else {
                return;
            };
            sum.data_points[0].start_time_unix_nano += 1_000_000_000;
        }),
        ("an exemplar", |metrics| {
            metrics[2] = histogram("duration", 45, &[0.1, 0.5], &[2, 0, 7]);
        }),
        ("the order of metrics", |metrics| metrics.swap(0, 1)),
        ("another series", |metrics| {
            metrics.push(counter("more", 45, 1, &[]));
        }),
    ];
    for (what, change) in changes {
        let mut last = metrics(45, 2);
        change(&mut last);
        let batches = [
            batch(15, metrics(15, 0)),
            batch(30, metrics(30, 1)),
            batch(45, last),
        ];
        for protocol in RemoteWriteProtocol::ALL {
            // But for the end of what is there no longer.
            let [filled, anew] = both(&batches, protocol).await.map(|all| -> Vec<_> {
                let alive = |seen: &Seen| {
                    let mut series = seen.series();
                    series.retain(|series| !series.is_stale());
                    lines(&series)
                };
                all.iter().map(alive).collect()
            });
            assert_eq!(filled, anew, "{protocol}: {what}");
        }
    }
}
