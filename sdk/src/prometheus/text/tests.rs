//! The text of every kind in both formats.

use opentelemetry_proto::tonic::metrics::v1::exemplar::Value as ExemplarValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{Exemplar, Metric, NumberDataPoint};

use super::{Format, page};
use crate::metrics::MetricBatch;
use crate::prometheus::family::tests::batches::{
    attributes, batch, counter, gauge, integer, point, resource, scope, sum,
};
use crate::prometheus::family::tests::naming;
use crate::prometheus::family::tests::points::{exponential, histogram, summary};
use crate::prometheus::family::{Escaping, Target, Translation, TranslationStrategy};

const OPEN_METRICS: Format = Format::OpenMetrics(Escaping::Underscores);

fn written(batch: &MetricBatch, format: Format) -> String {
    let families = Translation::new(Target::Info).families(batch);
    page(&families, format, true)
}

fn of_type(mut metric: Metric, kind: &str) -> Metric {
    metric.metadata = attributes(&[("prometheus.type", kind)]);
    metric
}

/// One metric of each kind, and what is hard to write.
fn everything() -> MetricBatch {
    let stale = NumberDataPoint {
        flags: 1,
        ..integer(&[("gone", "yes")], 0)
    };
    let mut hard = gauge(
        "hard",
        "",
        vec![point(
            &[("path", "C:\\a\n\"b\"")],
            Number::AsDouble(f64::NAN),
        )],
    );
    hard.description = "One \\ two\nthree \"four\"".to_owned();
    batch(vec![resource(
        &[("service.name", "shop"), ("host.name", "h\"1")],
        vec![scope(
            "lib",
            vec![
                counter(
                    "http.requests",
                    "{request}",
                    vec![
                        integer(&[("code", "200")], 5),
                        integer(&[("code", "500")], i64::MAX),
                    ],
                ),
                sum("queue", "", false, vec![integer(&[], -2), stale]),
                gauge("load", "1", vec![point(&[], Number::AsDouble(0.5))]),
                gauge(
                    "limit",
                    "",
                    vec![
                        point(&[("a", "1")], Number::AsDouble(f64::INFINITY)),
                        point(&[("a", "2")], Number::AsDouble(f64::NEG_INFINITY)),
                    ],
                ),
                hard,
                histogram("wait", &[0.5, 10.0], &[1, 2, 3], Some(4.5)),
                histogram("depth", &[-5.0, 0.0], &[1, 2, 3], Some(4.5)),
                histogram("unbounded", &[], &[], None),
                exponential("size", 1, 1),
                summary("rpc", &[(0.5, 1.0), (1.0, f64::NAN)], 9.0),
                of_type(gauge("anything", "", vec![integer(&[], 1)]), "unknown"),
                of_type(
                    sum("build_info", "", false, vec![integer(&[("v", "1")], 1)]),
                    "info",
                ),
                of_type(
                    sum("state", "", false, vec![integer(&[("state", "up")], 1)]),
                    "stateset",
                ),
                of_type(
                    gauge(
                        "only_stale",
                        "",
                        vec![NumberDataPoint {
                            flags: 1,
                            ..integer(&[], 0)
                        }],
                    ),
                    "",
                ),
            ],
        )],
    )])
}

#[test]
fn text_of_prometheus() {
    insta::assert_snapshot!(written(&everything(), Format::Text));
}

#[test]
fn text_of_open_metrics() {
    insta::assert_snapshot!(written(&everything(), OPEN_METRICS));
}

#[test]
fn versions_of_a_format_differ_in_nothing_but_their_names() {
    let all = everything();
    assert_eq!(
        written(&all, Format::Text),
        written(&all, Format::Text1(Escaping::Underscores))
    );
    assert_eq!(
        written(&all, OPEN_METRICS),
        written(&all, Format::OpenMetrics0)
    );
}

/// Names that the older formats do not allow, and some that they do.
fn any_names() -> MetricBatch {
    batch(vec![resource(
        &[("service.name", "shop")],
        vec![scope(
            "lib",
            vec![
                counter(
                    "http.requests",
                    "",
                    vec![integer(&[("http.route", "/")], 5)],
                ),
                counter("plain", "", vec![integer(&[("a.b", "1"), ("a_b", "2")], 1)]),
                gauge("größe \\ \"x\"\n", "By", vec![integer(&[], 1)]),
                histogram("http.duration", &[0.5], &[1, 2], Some(4.5)),
                summary("rpc.time", &[(0.5, 1.0)], 9.0),
            ],
        )],
    )])
}

#[test]
fn names_that_the_older_formats_do_not_allow_are_in_quotes() {
    let batch = any_names();
    let strategy = TranslationStrategy::NoUtf8EscapingWithSuffixes;
    let families = naming(strategy, Escaping::AllowUtf8).families(&batch);
    insta::assert_snapshot!(page(&families, Format::Text1(Escaping::AllowUtf8), true));
}

#[test]
fn names_in_quotes_have_units_and_samples_of_open_metrics() {
    let batch = any_names();
    let strategy = TranslationStrategy::NoUtf8EscapingWithSuffixes;
    let families = naming(strategy, Escaping::AllowUtf8).families(&batch);
    let format = Format::OpenMetrics(Escaping::AllowUtf8);
    insta::assert_snapshot!(page(&families, format, true));
}

#[test]
fn nothing_is_in_quotes_where_names_are_escaped() {
    let batch = any_names();
    for escaping in [Escaping::Underscores, Escaping::Dots, Escaping::Values] {
        let families = naming(TranslationStrategy::NoTranslation, escaping).families(&batch);
        let page = page(&families, Format::OpenMetrics(escaping), true);
        for line in page.lines() {
            let name = line.trim_start_matches("# HELP ");
            let name = name.trim_start_matches("# TYPE ");
            assert!(!name.starts_with(['"', '{']), "{escaping:?}: {line}");
            let is_quoted = line.contains("{\"") || line.contains(",\"");
            assert!(!is_quoted, "{escaping:?}: {line}");
        }
    }
}

#[test]
fn an_exemplar_has_labels_in_quotes() {
    let mut hits = counter("hits", "", vec![integer(&[], 1)]);
    if let Some(Data::Sum(sum)) = &mut hits.data {
        let mut one = exemplar(1.0, 0);
        one.filtered_attributes = attributes(&[("user.id", "7")]);
        sum.data_points[0].exemplars = vec![one];
    }
    let batch = batch(vec![resource(&[], vec![scope("", vec![hits])])]);
    let strategy = TranslationStrategy::NoTranslation;
    let families = naming(strategy, Escaping::AllowUtf8).families(&batch);
    let page = page(&families, Format::OpenMetrics(Escaping::AllowUtf8), false);
    assert!(page.contains(",\"user.id\"=\"7\"} 1.0\n"), "{page}");
}

#[test]
fn an_empty_page_is_a_page() {
    let nothing = batch(Vec::new());
    assert_eq!(written(&nothing, Format::Text), "");
    assert_eq!(written(&nothing, OPEN_METRICS), "# EOF\n");
}

#[test]
fn a_counter_without_its_suffix_is_of_no_type_that_needs_it() {
    let batch = batch(vec![resource(
        &[],
        vec![scope("", vec![counter("hits", "", vec![integer(&[], 1)])])],
    )]);
    let bare = Translation {
        type_suffix: false,
        ..Translation::new(Target::Info)
    };
    let families = bare.families(&batch);
    insta::assert_snapshot!(page(&families, OPEN_METRICS, true), @r"
    # HELP hits About hits
    # TYPE hits unknown
    hits 1
    # EOF
    ");
    insta::assert_snapshot!(page(&families, Format::Text, true), @r"
    # HELP hits About hits
    # TYPE hits counter
    hits 1
    ");
}

fn exemplar(value: f64, time: u64) -> Exemplar {
    Exemplar {
        filtered_attributes: attributes(&[("user", "u\"1")]),
        time_unix_nano: time,
        span_id: vec![2; 8],
        trace_id: vec![1; 16],
        value: Some(ExemplarValue::AsDouble(value)),
    }
}

#[test]
fn a_bucket_shows_its_largest_exemplar_or_that_of_a_lower_one() {
    let mut wait = histogram("wait", &[1.0, 2.0, 3.0], &[2, 0, 1, 1], Some(9.0));
    if let Some(Data::Histogram(histogram)) = &mut wait.data {
        histogram.data_points[0].exemplars = vec![
            exemplar(0.25, 7_000_000_000),
            exemplar(0.75, 8_500_000_000),
            exemplar(2.5, 9),
        ];
    }
    let mut hits = counter("hits", "", vec![integer(&[], 1)]);
    if let Some(Data::Sum(sum)) = &mut hits.data {
        sum.data_points[0].exemplars = vec![exemplar(1.0, 0), exemplar(3.0, 1_000_000_000)];
    }
    let batch = batch(vec![resource(&[], vec![scope("", vec![hits, wait])])]);
    let families = Translation::new(Target::Info).families(&batch);
    insta::assert_snapshot!(page(&families, OPEN_METRICS, false));
    assert!(
        !page(&families, Format::Text, false).contains("trace_id"),
        "0.0.4 has no exemplars"
    );
}
