//! Names, labels, and what collides.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope};
use opentelemetry_proto::tonic::metrics::v1::ScopeMetrics;

use super::batches::{attributes, batch, batch_of, counter, gauge, integer, resource, scope, sum};
use super::{Target, Translation, shown, translated};

#[test]
fn labels_are_sorted_sanitised_and_joined_in_the_order_of_their_keys() {
    let points = vec![
        integer(&[("b", "2"), ("a.a", "x"), ("a_a", "y"), ("A", "1")], 1),
        integer(&[("a_a", "z"), ("a.a", "w"), ("a-a", "v")], 2),
        integer(&[("empty", ""), ("zone", "eu")], 3),
    ];
    let batch = batch_of(vec![gauge("g", "", points)]);
    insta::assert_snapshot!(translated(&batch, Target::Info), @r#"
    g+ Gauge unit= "About g"
      {A=1, a_a=x;y, b=2} 1
      {a_a=v;w;z} 2
      {zone=eu} 3
    "#);
}

#[test]
fn series_that_come_to_the_same_labels_are_there_once() {
    let number = |value: Any| {
        let mut point = integer(&[("n", "")], 3);
        point.attributes[0].value = Some(AnyValue { value: Some(value) });
        point
    };
    let points = vec![
        integer(&[("a.b", "1")], 1),
        integer(&[("a_b", "1")], 2),
        number(Any::IntValue(1)),
        number(Any::StringValue("1".to_owned())),
        integer(&[("c", "")], 5),
        integer(&[], 6),
    ];
    let mut apart = points.clone();
    let second = apart.split_off(2);
    let batch = batch_of(vec![gauge("g", "", apart), gauge("h", "", second)]);
    insta::assert_snapshot!(translated(&batch, Target::Info), @r#"
    g+ Gauge unit= "About g"
      {a_b=1} 1
    h+ Gauge unit= "About h"
      {n=1} 3
      {} 5
    ! metric "g": another series has the same name and the same labels in Prometheus, and is used in its place; 1 data point left out
    ! metric "h": another series has the same name and the same labels in Prometheus, and is used in its place; 2 data points left out
    "#);
}

#[test]
fn values_that_are_no_texts_are_labels_too() {
    let mut point = integer(&[("on", ""), ("port", "")], 1);
    point.attributes[0].value = Some(AnyValue {
        value: Some(Any::BoolValue(true)),
    });
    point.attributes[1].value = Some(AnyValue {
        value: Some(Any::IntValue(80)),
    });
    let batch = batch_of(vec![gauge("g", "", vec![point])]);
    insta::assert_snapshot!(translated(&batch, Target::Info), @r#"
    g+ Gauge unit= "About g"
      {on=true, port=80} 1
    "#);
}

#[test]
fn the_scope_is_in_labels_and_attributes_of_the_same_name_step_aside() {
    let scoped = ScopeMetrics {
        scope: Some(InstrumentationScope {
            name: "http".to_owned(),
            version: "1.2".to_owned(),
            attributes: attributes(&[("short.lived", "no"), ("name", "other")]),
            dropped_attributes_count: 0,
        }),
        metrics: vec![counter(
            "hits",
            "{hit}",
            vec![
                integer(&[("a", "1"), ("z", "2")], 5),
                integer(
                    &[("otel_scope_name", "mine"), ("otel.scope.version", "0")],
                    6,
                ),
            ],
        )],
        schema_url: "https://example.com/1".to_owned(),
    };
    let batch = batch(vec![resource(&[], vec![scoped])]);
    insta::assert_snapshot!(translated(&batch, Target::Info));
    let without = Translation {
        scope_labels: false,
        ..Translation::new(Target::Info)
    };
    insta::assert_snapshot!(shown(&without.families(&batch)), @r#"
    hits+_total Counter unit= "About hits"
      {a=1, z=2} 5
      {otel_scope_name=mine, otel_scope_version=0} 6
    "#);
}

#[test]
fn metrics_that_come_to_one_name_share_it_where_they_are_alike() {
    let mut other = counter("http_requests", "", vec![integer(&[("b", "1")], 2)]);
    other.description = "Something else".to_owned();
    let metrics = vec![
        counter("http.requests", "", vec![integer(&[("a", "1")], 1)]),
        other,
        counter(
            "http.requests_total",
            "",
            vec![integer(&[("a", "1")], 9), integer(&[], 3)],
        ),
        sum(
            "http-requests",
            "",
            false,
            vec![integer(&[], 4), integer(&[("a", "1")], 5)],
        ),
        gauge("http_requests_total", "", vec![integer(&[], 6)]),
    ];
    insta::assert_snapshot!(translated(&batch_of(metrics), Target::Info));
}

#[test]
fn a_name_is_not_that_of_a_sample_of_another_metric() {
    let metrics = vec![
        gauge("wait_count", "", vec![integer(&[], 1)]),
        super::points::histogram("wait", &[1.0], &[1, 0], Some(0.5)),
        super::points::histogram("size", &[1.0], &[1, 0], Some(0.5)),
        gauge("size_bucket", "", vec![integer(&[], 1)]),
        gauge("target_info", "", vec![integer(&[], 1)]),
    ];
    let batch = batch(vec![resource(
        &[("service.name", "shop")],
        vec![scope("", metrics)],
    )]);
    insta::assert_snapshot!(translated(&batch, Target::Info));
}

#[test]
fn units_and_kinds_can_be_left_out_of_names() {
    let batch = batch_of(vec![
        counter("io", "By", vec![integer(&[], 1)]),
        gauge("load", "1", vec![integer(&[], 1)]),
    ]);
    let bare = Translation {
        unit_suffix: false,
        type_suffix: false,
        ..Translation::new(Target::Info)
    };
    insta::assert_snapshot!(shown(&bare.families(&batch)), @r#"
    io+ Counter unit= "About io"
      {} 1
    load+ Gauge unit= "About load"
      {} 1
    "#);
    insta::assert_snapshot!(translated(&batch, Target::Info), @r#"
    io_bytes+_total Counter unit=bytes "About io"
      {} 1
    load_ratio+ Gauge unit=ratio "About load"
      {} 1
    "#);
}

#[test]
fn a_metric_without_a_name_is_left_out_and_told() {
    let batch = batch_of(vec![gauge(
        "",
        "s",
        vec![integer(&[], 1), integer(&[("a", "b")], 1)],
    )]);
    insta::assert_snapshot!(translated(&batch, Target::Info), @r#"! metric "": it has no name; 2 data points left out"#);
}

#[test]
fn a_metric_that_changes_its_type_between_two_batches_is_what_it_is_in_each() {
    let before = batch_of(vec![gauge("x", "", vec![integer(&[], 1)])]);
    let after = batch_of(vec![counter("x", "", vec![integer(&[], 2)])]);
    insta::assert_snapshot!(translated(&before, Target::Info), @r#"
    x+ Gauge unit= "About x"
      {} 1
    "#);
    insta::assert_snapshot!(translated(&after, Target::Info), @r#"
    x+_total Counter unit= "About x"
      {} 2
    "#);
}
