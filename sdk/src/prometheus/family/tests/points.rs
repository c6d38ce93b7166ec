//! Points of every kind.

use opentelemetry_proto::tonic::metrics::v1::exemplar::Value as ExemplarValue;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, Summary, SummaryDataPoint,
};

use super::batches::{
    CUMULATIVE, DELTA, START, TIME, attributes, batch_of, counter, gauge, integer, metric, point,
    sum,
};
use super::{Target, Translation, translated};

pub(crate) fn histogram(name: &str, bounds: &[f64], counts: &[u64], sum: Option<f64>) -> Metric {
    let data_points = vec![HistogramDataPoint {
        start_time_unix_nano: START,
        time_unix_nano: TIME,
        count: counts.iter().sum(),
        sum,
        bucket_counts: counts.to_vec(),
        explicit_bounds: bounds.to_vec(),
        ..HistogramDataPoint::default()
    }];
    metric(
        name,
        "",
        Data::Histogram(Histogram {
            data_points,
            aggregation_temporality: CUMULATIVE,
        }),
    )
}

pub(crate) fn exponential(name: &str, scale: i32, zero_count: u64) -> Metric {
    let data_points = vec![ExponentialHistogramDataPoint {
        start_time_unix_nano: START,
        time_unix_nano: TIME,
        count: zero_count + 6,
        sum: Some(12.5),
        scale,
        zero_count,
        positive: Some(Buckets {
            offset: -1,
            bucket_counts: vec![1, 2, 3],
        }),
        ..ExponentialHistogramDataPoint::default()
    }];
    metric(
        name,
        "",
        Data::ExponentialHistogram(ExponentialHistogram {
            data_points,
            aggregation_temporality: CUMULATIVE,
        }),
    )
}

pub(crate) fn summary(name: &str, quantiles: &[(f64, f64)], sum: f64) -> Metric {
    let data_points = vec![SummaryDataPoint {
        start_time_unix_nano: START,
        time_unix_nano: TIME,
        count: 7,
        sum,
        quantile_values: quantiles
            .iter()
            .map(|&(quantile, value)| ValueAtQuantile { quantile, value })
            .collect(),
        ..SummaryDataPoint::default()
    }];
    metric(name, "", Data::Summary(Summary { data_points }))
}

fn of_type(mut metric: Metric, kind: &str) -> Metric {
    metric.metadata = attributes(&[("prometheus.type", kind)]);
    metric
}

#[test]
fn every_kind_has_its_counterpart() {
    let batch = batch_of(vec![
        counter("requests", "{request}", vec![integer(&[], 5)]),
        sum("queue", "", false, vec![integer(&[], -2)]),
        gauge("load", "1", vec![point(&[], Number::AsDouble(0.5))]),
        histogram("wait", &[0.5, 1.0], &[1, 2, 3], Some(4.5)),
        exponential("size", 3, 1),
        summary("rpc", &[(0.99, 3.0), (0.5, 1.0)], 9.0),
        of_type(gauge("anything", "", vec![integer(&[], 1)]), "unknown"),
        of_type(
            sum("build_info", "", false, vec![integer(&[("v", "1")], 1)]),
            "info",
        ),
        of_type(
            sum("state", "", false, vec![integer(&[("state", "up")], 1)]),
            "stateset",
        ),
    ]);
    insta::assert_snapshot!(translated(&batch, Target::Info));
}

#[test]
fn delta_is_refused_and_told() {
    let delta = |mut metric: Metric| {
        match &mut metric.data {
            Some(Data::Sum(sum)) => sum.aggregation_temporality = DELTA,
            Some(Data::Histogram(histogram)) => histogram.aggregation_temporality = DELTA,
            _ => {}
        }
        metric
    };
    let batch = batch_of(vec![
        delta(counter("a", "", vec![integer(&[], 5)])),
        delta(histogram("b", &[], &[], None)),
        counter("c", "", vec![integer(&[], 1)]),
    ]);
    insta::assert_snapshot!(translated(&batch, Target::Info), @r#"
    c+_total Counter unit= "About c"
      {} 1
    ! metric "a": its temporality is delta, and Prometheus takes cumulative only: set the temporality to cumulative; 1 data point left out
    ! metric "b": its temporality is delta, and Prometheus takes cumulative only: set the temporality to cumulative; 1 data point left out
    "#);
}

#[test]
fn nan_and_infinities_are_numbers_and_what_was_not_recorded_is_stale() {
    let silent = NumberDataPoint {
        flags: 1,
        ..point(&[("a", "4")], Number::AsInt(0))
    };
    let points = vec![
        point(&[("a", "1")], Number::AsDouble(f64::NAN)),
        point(&[("a", "2")], Number::AsDouble(f64::INFINITY)),
        point(&[("a", "3")], Number::AsDouble(f64::NEG_INFINITY)),
        silent,
    ];
    insta::assert_snapshot!(translated(&batch_of(vec![gauge("g", "", points)]), Target::Info), @r#"
    g+ Gauge unit= "About g"
      {a=1} NaN
      {a=2} inf
      {a=3} -inf
      {a=4} Stale
    "#);
}

#[test]
fn a_sum_that_may_fall_is_left_out() {
    let batch = batch_of(vec![
        histogram("a", &[-1.0, 1.0], &[1, 0, 0], Some(5.0)),
        histogram("b", &[-1.0, 1.0], &[0, 1, 0], Some(0.5)),
        histogram("c", &[1.0], &[1, 0], Some(-0.5)),
        summary("d", &[], -1.0),
    ]);
    let text = translated(&batch, Target::Info);
    let has_sum: Vec<bool> = text
        .lines()
        .filter(|line| line.starts_with("  "))
        .map(|line| line.contains("sum: Some"))
        .collect();
    assert_eq!(has_sum, [false, true, false, false], "{text}");
    assert_eq!(text.matches("! metric").count(), 3, "{text}");
}

#[test]
fn points_that_contradict_themselves_are_left_out() {
    let no_value = NumberDataPoint {
        value: None,
        ..integer(&[], 0)
    };
    let mut too_few = histogram("e", &[1.0], &[1, 0], None);
    if let Some(Data::Histogram(histogram)) = &mut too_few.data {
        histogram.data_points[0].count = 0;
    }
    let batch = batch_of(vec![
        gauge("a", "", vec![no_value]),
        histogram("b", &[2.0, 1.0], &[1, 1, 1], None),
        histogram("c", &[1.0], &[1], None),
        histogram("d", &[f64::NAN], &[1, 0], None),
        too_few,
        summary("f", &[(1.5, 1.0)], 0.0),
        summary("g", &[(0.5, 1.0), (0.5, 1.0)], 0.0),
        exponential("h", -5, 0),
        exponential("i", i32::MIN, 0),
    ]);
    let text = translated(&batch, Target::Info);
    let lost = text
        .lines()
        .filter(|line| line.ends_with("; 1 data point left out"));
    assert_eq!((lost.count(), text.lines().count()), (9, 9), "{text}");
}

#[test]
fn scales_that_are_too_fine_are_made_coarser() {
    let batch = batch_of(vec![exponential("a", 9, 0), exponential("b", i32::MAX, 0)]);
    let text = translated(&batch, Target::Info);
    assert!(text.contains("scale: 8"), "{text}");
    assert!(text.contains("offset: -1, counts: [1, 5]"), "{text}");
}

#[test]
fn exemplars_of_counters_and_histograms_are_kept_in_order_of_time() {
    let exemplar = |time, filtered: &[(&str, &str)]| Exemplar {
        filtered_attributes: attributes(filtered),
        time_unix_nano: time,
        trace_id: vec![0xab; 16],
        span_id: vec![0x01; 8],
        value: Some(ExemplarValue::AsInt(3)),
    };
    let long = "x".repeat(62);
    let all = vec![
        exemplar(5, &[("user.id", "7"), ("trace_id", "mine")]),
        exemplar(3, &[("long", &long)]),
        Exemplar {
            value: None,
            ..exemplar(1, &[])
        },
    ];
    let with = |mut point: NumberDataPoint| {
        point.exemplars.clone_from(&all);
        point
    };
    let batch = batch_of(vec![
        counter("a", "", vec![with(integer(&[], 1))]),
        gauge("b", "", vec![with(integer(&[], 1))]),
    ]);
    let families = Translation::new(Target::Info).families(&batch);
    assert!(families.families[1].series[0].exemplars.is_empty());
    let labels: Vec<Vec<String>> = families.families[0].series[0]
        .exemplars
        .iter()
        .map(|exemplar| {
            exemplar
                .labels
                .iter()
                .map(|label| label.name.to_string())
                .collect()
        })
        .collect();
    assert_eq!(
        labels,
        [
            vec!["trace_id", "span_id"],
            vec!["trace_id", "span_id", "user_id"]
        ]
    );
}
