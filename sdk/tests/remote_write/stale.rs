//! The end of a series is told.

use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use otelbox_sdk::{Deadline, ExportError, Exporter as _, RemoteWriteProtocol};

use crate::batches::{
    anonymous, batch, counter, exponential, gauge, histogram, metric, nothing, point, requests,
    summary,
};
use crate::decoded::{Series, lines};
use crate::receiver::{Receiver, export, status};

/// What the second of two batches ends.
async fn ended_by(
    first: Vec<opentelemetry_proto::tonic::metrics::v1::Metric>,
    second: Vec<opentelemetry_proto::tonic::metrics::v1::Metric>,
) -> Vec<String> {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    for (seconds, metrics) in [(15, first), (30, second)] {
        assert!(
            export(&exporter, &anonymous(seconds, metrics))
                .await
                .is_delivered()
        );
    }
    receiver.last().ended()
}

#[tokio::test(start_paused = true)]
async fn a_series_that_is_not_there_any_longer_is_ended_once_at_the_time_of_the_next() {
    for protocol in RemoteWriteProtocol::ALL {
        let receiver = Receiver::new([]);
        let exporter = receiver.exporter().with_protocol(protocol).build();
        let exporter = exporter.expect("an exporter");
        let color = |seconds, colors: &[&str]| {
            let points = colors
                .iter()
                .map(|color| point(seconds, Value::AsInt(1), &[("color", color)]));
            anonymous(seconds, vec![gauge("lights", points.collect())])
        };
        let mut ended = Vec::new();
        for (seconds, colors) in [
            (15, &["green", "red"][..]),
            (30, &["green"]),
            (45, &["green"]),
        ] {
            assert!(
                export(&exporter, &color(seconds, colors))
                    .await
                    .is_delivered()
            );
            ended.push(receiver.last().ended());
        }
        let red = "lights{color=\"red\"}".to_owned();
        assert_eq!(ended, [vec![], vec![red], vec![]], "{protocol}");
        let second = &receiver.seen()[1];
        let stale = second.series().into_iter().find(Series::is_stale);
        let times: Vec<i64> = stale
            .expect("one")
            .points
            .iter()
            .map(|point| point.time)
            .collect();
        assert_eq!(times, [30_000], "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_series_that_comes_back_goes_on() {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    let others = |seconds| counter("others", seconds, 1, &[]);
    for (seconds, metrics) in [
        (15, vec![others(15), counter("requests", 15, 3, &[])]),
        (30, vec![others(30)]),
        (45, vec![others(45), counter("requests", 45, 4, &[])]),
    ] {
        assert!(
            export(&exporter, &anonymous(seconds, metrics))
                .await
                .is_delivered()
        );
    }
    let [_, second, third] = &receiver.seen()[..] else {
        panic!("three requests")
    };
    assert_eq!(second.ended(), ["requests_total{}"]);
    assert_eq!(third.ended(), [""; 0]);
    assert_eq!(third.alive(), ["others_total{}", "requests_total{}"]);
}

#[tokio::test(start_paused = true)]
async fn all_series_on_the_wire_end_with_the_shutdown_right_after_their_last_point() {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    let all = batch(
        15,
        vec![
            counter("requests", 15, 3, &[("route", "/")]),
            histogram("duration", 15, &[0.5], &[1, 2]),
            exponential("size", 15, 0, Some(1.0)),
            summary("wait", 15),
        ],
    );
    assert!(export(&exporter, &all).await.is_delivered());
    assert_eq!(exporter.shutdown(Deadline::none()).await, Ok(()));
    let [data, ends] = &receiver.seen()[..] else {
        panic!("two requests")
    };
    assert_eq!(ends.alive(), [""; 0]);
    let (mut alive, mut ended) = (data.alive(), ends.ended());
    alive.sort();
    ended.sort();
    assert_eq!(ended, alive);
    let times = ends
        .series()
        .into_iter()
        .flat_map(|series| series.points)
        .map(|point| point.time);
    assert!(times.eq(std::iter::repeat_n(15_001, alive.len())));
    let natives: Vec<_> = ends
        .series()
        .into_iter()
        .filter(|series| series.points[0].histogram.is_some())
        .collect();
    insta::assert_snapshot!(lines(&natives), @r#"size{instance="one",job="shop/checkout",otel_scope_name="checkout-library",otel_scope_version="1.2.0"} sum=STALE count=0 schema=0 zero=0<=0e0 negative=[] positive=[] @15001 ; histogram "" """#);
    assert_eq!(
        exporter.shutdown(Deadline::none()).await,
        Err(ExportError::AlreadyShutDown)
    );
    assert_eq!(receiver.seen().len(), 2, "they end once");
    let counts = exporter.statistics();
    assert_eq!(
        (counts.exports, counts.delivered, counts.dropped_items),
        (2, 2, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn what_follows_a_refused_batch_is_not_earlier_than_that_was() {
    let others = |seconds| counter("others", seconds, 1, &[]);
    let requests = |seconds| counter("requests", seconds, 3, &[]);
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    let both = anonymous(15, vec![others(15), requests(15)]);
    assert!(export(&exporter, &both).await.is_delivered());
    receiver.answer_always(Some(status(401)));
    // It says that the requests have ended, too.
    let refused = anonymous(30, vec![others(30)]);
    assert!(!export(&exporter, &refused).await.is_delivered());
    receiver.answer_always(None);
    assert_eq!(exporter.shutdown(Deadline::none()).await, Ok(()));
    let ends = receiver.last();
    assert_eq!(ends.ended(), ["others_total{}", "requests_total{}"]);
    let times = ends.series().into_iter().flat_map(|series| series.points);
    let times: Vec<i64> = times.map(|point| point.time).collect();
    assert_eq!(times, [30_000, 30_000]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_ended_where_nothing_was_sent() {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    assert_eq!(exporter.shutdown(Deadline::none()).await, Ok(()));
    assert_eq!(receiver.seen().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn ends_that_cannot_be_told_are_no_loss() {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    assert!(export(&exporter, &requests(15, 3)).await.is_delivered());
    let refusing = receiver.clone();
    refusing.answer_always(Some(status(503)));
    assert_eq!(exporter.shutdown(Deadline::none()).await, Ok(()));
    let counts = exporter.statistics();
    assert_eq!((counts.failed, counts.dropped_items), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_end_that_was_lost_on_its_way_is_told_again() {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    let others = |seconds| vec![counter("others", seconds, 1, &[])];
    let both = vec![
        counter("others", 15, 1, &[]),
        counter("requests", 15, 3, &[]),
    ];
    assert!(export(&exporter, &anonymous(15, both)).await.is_delivered());
    receiver.answer_always(Some(status(503)));
    assert!(
        !export(&exporter, &anonymous(30, others(30)))
            .await
            .is_delivered()
    );
    receiver.answer_always(None);
    assert!(
        export(&exporter, &anonymous(45, others(45)))
            .await
            .is_delivered()
    );
    assert_eq!(receiver.last().ended(), ["requests_total{}"]);
    assert!(
        export(&exporter, &anonymous(60, others(60)))
            .await
            .is_delivered()
    );
    assert_eq!(receiver.last().ended(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_has_not_begun() {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().build().expect("an exporter");
    assert!(export(&exporter, &requests(15, 3)).await.is_delivered());
    receiver.answer_always(Some(status(401)));
    let more = vec![counter("more", 30, 1, &[]), counter("requests", 30, 4, &[])];
    assert!(!export(&exporter, &anonymous(30, more)).await.is_delivered());
    receiver.answer_always(None);
    assert!(export(&exporter, &requests(45, 5)).await.is_delivered());
    assert_eq!(receiver.last().ended(), [""; 0], "`more` was never taken");
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_only_when_it_was_sent_again_may_have_begun() {
    let receiver = Receiver::new([status(503), status(401)]);
    let exporter = receiver.exporter().build().expect("an exporter");
    let outcome = export(&exporter, &requests(15, 3)).await;
    assert!(!outcome.is_delivered());
    assert_eq!(exporter.shutdown(Deadline::none()).await, Ok(()));
    let ended = receiver.last().ended();
    assert_eq!(ended.len(), receiver.seen()[0].alive().len());
    assert_eq!(receiver.seen().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_series_that_changes_its_type_ends_under_its_old_name_alone() {
    let gauge_of = |seconds| gauge("level", vec![point(seconds, Value::AsInt(1), &[])]);
    let ended = ended_by(vec![counter("level", 15, 1, &[])], vec![gauge_of(30)]).await;
    assert_eq!(ended, ["level_total{}"]);
    // The name is that of the new series, too, so that it goes on.
    let ended = ended_by(vec![exponential("level", 15, 0, None)], vec![gauge_of(30)]).await;
    assert_eq!(ended, [""; 0]);
    let ended = ended_by(vec![summary("level", 15)], vec![gauge_of(30)]).await;
    let expected = [
        "level{quantile=\"0.5\"}",
        "level{quantile=\"0.99\"}",
        "level_sum{}",
        "level_count{}",
    ];
    assert_eq!(ended, expected);
}

#[tokio::test(start_paused = true)]
async fn buckets_that_are_not_there_any_longer_end() {
    let ended = ended_by(
        vec![histogram("duration", 15, &[0.1, 0.5], &[1, 2, 3])],
        vec![histogram("duration", 30, &[0.5, 2.5], &[3, 2, 3])],
    )
    .await;
    assert_eq!(ended, ["duration_bucket{le=\"0.1\"}"]);
}

#[tokio::test(start_paused = true)]
async fn a_point_without_a_value_is_the_end_of_its_series() {
    let nothing = metric_of(nothing(30));
    let ended = ended_by(
        vec![
            gauge("level", vec![point(15, Value::AsInt(1), &[])]),
            counter("others", 15, 1, &[]),
        ],
        vec![nothing, counter("others", 30, 1, &[])],
    )
    .await;
    assert_eq!(ended, ["level{}"]);
}

fn metric_of(
    point: opentelemetry_proto::tonic::metrics::v1::NumberDataPoint,
) -> opentelemetry_proto::tonic::metrics::v1::Metric {
    use opentelemetry_proto::tonic::metrics::v1::{Gauge, metric::Data};
    metric(
        "level",
        Data::Gauge(Gauge {
            data_points: vec![point],
        }),
    )
}
