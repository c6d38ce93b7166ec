//! What becomes of each kind of metric, in both protocols.

use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Metric, Sum, metric};
use otelbox_sdk::{ExportOutcome, Exporter as _, MetricBatch, RemoteWriteProtocol};

use crate::batches::{
    CUMULATIVE, anonymous, batch, counter, exemplar, exponential, gauge, histogram, point, sum,
    summary,
};
use crate::decoded::lines;
use crate::receiver::{Receiver, export};

/// The one request for a batch, as lines.
async fn written(batch: &MetricBatch, protocol: RemoteWriteProtocol) -> String {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().with_protocol(protocol).build();
    let outcome = export(&exporter.expect("an exporter"), batch).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    let seen = receiver.last();
    assert_eq!(seen.protocol(), protocol);
    lines(&seen.series())
}

/// One metric of each kind.
fn one_of_each() -> MetricBatch {
    let described = |mut metric: Metric, unit: &str, description: &str| {
        unit.clone_into(&mut metric.unit);
        description.clone_into(&mut metric.description);
        metric
    };
    let route = &[("http.route", "/cart")];
    let depth = Sum {
        data_points: vec![point(15, Value::AsInt(-2), &[])],
        aggregation_temporality: CUMULATIVE,
        is_monotonic: false,
    };
    batch(
        15,
        vec![
            described(
                counter("http.requests", 15, 3, route),
                "{request}",
                "Requests",
            ),
            described(
                gauge("utilization", vec![point(15, Value::AsDouble(0.25), &[])]),
                "1",
                "",
            ),
            described(
                histogram("duration", 15, &[0.1, 0.5], &[1, 2, 3]),
                "s",
                "How long it took",
            ),
            described(exponential("size", 15, 0, Some(99.5)), "By", "How large"),
            described(summary("wait", 15), "ms", ""),
            described(
                crate::batches::metric("depth", metric::Data::Sum(depth)),
                "",
                "",
            ),
        ],
    )
}

#[tokio::test(start_paused = true)]
async fn each_kind_in_2_0() {
    let lines = written(&one_of_each(), RemoteWriteProtocol::V2).await;
    insta::assert_snapshot!(lines);
}

#[tokio::test(start_paused = true)]
async fn each_kind_in_1_0() {
    let lines = written(&one_of_each(), RemoteWriteProtocol::V1).await;
    insta::assert_snapshot!(lines);
}

#[tokio::test(start_paused = true)]
async fn exemplars_go_with_the_bucket_that_they_are_in_and_with_counters() {
    let mut total = point(15, Value::AsInt(3), &[]);
    total.exemplars = vec![exemplar(1.0, 15)];
    let batch = anonymous(
        15,
        vec![
            sum("requests", CUMULATIVE, vec![total]),
            histogram("duration", 15, &[0.1, 0.5], &[1, 2, 3]),
            exponential("size", 15, 2, Some(1.0)),
        ],
    );
    let lines = written(&batch, RemoteWriteProtocol::V2).await;
    let with_next: Vec<[&str; 2]> = lines
        .lines()
        .zip(lines.lines().skip(1))
        .filter(|(_, next)| next.starts_with("    #"))
        .map(|(line, next)| [line.split(' ').next().unwrap_or(line), next.trim()])
        .collect();
    let exemplar = |value| {
        let ids = format!(
            "trace_id={:?},span_id={:?}",
            "cd".repeat(16),
            "ab".repeat(8)
        );
        format!("# {{{ids},user=\"ada\"}} {value} @14500")
    };
    let [in_bucket, of_counter, of_native] = [0.25, 1.0, 4.5].map(exemplar);
    assert_eq!(
        with_next,
        [
            ["duration_bucket{le=\"0.5\"}", &in_bucket],
            ["requests_total{}", &of_counter],
            ["size{}", &of_native],
        ]
    );
    let in_1_0 = Receiver::new([]);
    let exporter = in_1_0
        .exporter()
        .with_protocol(RemoteWriteProtocol::V1)
        .build();
    let exporter = exporter.expect("an exporter");
    let outcome = export(&exporter, &batch).await;
    assert!(outcome.is_delivered(), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn upper_case_comes_before_the_name_and_empty_labels_are_left_out() {
    let labels = &[("Zone", "a"), ("code", "200"), ("empty", ""), ("_x", "y")];
    let batch = anonymous(15, vec![counter("requests", 15, 3, labels)]);
    for protocol in RemoteWriteProtocol::ALL {
        let receiver = Receiver::new([]);
        let exporter = receiver.exporter().with_protocol(protocol).build();
        export(&exporter.expect("an exporter"), &batch)
            .await
            .is_delivered();
        let [series] = &receiver.last().series()[..] else {
            panic!("one series")
        };
        let names: Vec<&str> = series
            .labels
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["Zone", "__name__", "_x", "code"], "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_number_is_no_stale_marker() {
    let value = |bits| Value::AsDouble(f64::from_bits(bits));
    let values = [
        ("nan", value(f64::NAN.to_bits())),
        ("stale", value(0x7ff0_0000_0000_0002)),
        ("up", Value::AsDouble(f64::INFINITY)),
        ("down", Value::AsDouble(f64::NEG_INFINITY)),
        ("zero", Value::AsDouble(0.0)),
        ("large", Value::AsInt(i64::MAX)),
    ];
    let points = values.map(|(name, value)| point(15, value, &[("of", name)]));
    let batch = anonymous(15, vec![gauge("level", points.to_vec())]);
    for protocol in RemoteWriteProtocol::ALL {
        let lines = written(&batch, protocol).await;
        let values: Vec<&str> = lines
            .lines()
            .filter_map(|line| line.split(' ').nth(1))
            .collect();
        // The last as a double.
        let expected = ["NaN", "NaN", "inf", "-inf", "0", "9223372036854776000"];
        assert_eq!(values, expected, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_finer_scale_is_made_coarser_and_a_sum_that_is_not_known_is_no_number() {
    let batch = anonymous(
        15,
        vec![
            exponential("fine", 15, 10, Some(1.0)),
            exponential("some", 15, 3, None),
        ],
    );
    let lines = written(&batch, RemoteWriteProtocol::V2).await;
    insta::assert_snapshot!(lines, @r##"
    fine{} sum=1 count=8 schema=8 zero=1<=1e-128 negative=[1:1] positive=[0:1 1:2 2:3] @15000 since 2000 ; histogram "" ""
        # {trace_id="cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",span_id="abababababababab",user="ada"} 4.5 @14500
    some{} sum=NaN count=8 schema=3 zero=1<=1e-128 negative=[3:1] positive=[0:1 4:2 5:3] @15000 since 2000 ; histogram "" ""
        # {trace_id="cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",span_id="abababababababab",user="ada"} 4.5 @14500
    "##);
}

#[tokio::test(start_paused = true)]
async fn native_histograms_are_left_out_of_1_0_counted_and_said() {
    let log = crate::log_lines::Log::default();
    let guard = log.start();
    let receiver = Receiver::new([]);
    let exporter = receiver
        .exporter()
        .with_protocol(RemoteWriteProtocol::V1)
        .build();
    let exporter = exporter.expect("an exporter");
    let both = anonymous(
        15,
        vec![
            counter("requests", 15, 3, &[]),
            exponential("size", 15, 0, None),
        ],
    );
    assert!(export(&exporter, &both).await.is_delivered());
    assert_eq!(receiver.last().alive(), ["requests_total{}"]);
    let alone = anonymous(30, vec![exponential("size", 30, 0, None)]);
    let outcome = export(&exporter, &alone).await;
    assert!(!outcome.is_delivered(), "{outcome:?}");
    drop(guard);
    assert_eq!(receiver.seen().len(), 1);
    assert_eq!(exporter.statistics().dropped_items, 2);
    let [warning] = &log.lines("WARN")[..] else {
        panic!("{:?}", log.lines(""))
    };
    let reason = "remote write 1.0 has no native histograms";
    assert!(
        warning.contains("left 1 data point out") && warning.contains(reason),
        "{warning}"
    );
    assert_eq!(log.lines("ERROR").len(), 1);
}
