//! Names, labels, and what collides.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope};
use opentelemetry_proto::tonic::metrics::v1::ScopeMetrics;

use super::batches::{attributes, batch, batch_of, counter, gauge, integer, resource, scope, sum};
use super::{Target, Translation, naming, shown, translated};
use crate::prometheus::family::escaping::Escaping;
use crate::prometheus::family::strategy::TranslationStrategy;

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

#[test]
fn a_strategy_decides_about_letters_and_suffixes() {
    let metrics = vec![
        counter("http.io", "By", vec![integer(&[("a.b", "1")], 1)]),
        gauge("load", "1", vec![integer(&[], 1)]),
    ];
    let batch = batch(vec![resource(
        &[("service.name", "shop")],
        vec![scope("", metrics)],
    )]);
    let shown = |strategy| {
        let translation = naming(strategy, Escaping::AllowUtf8);
        shown(&translation.families(&batch))
    };
    insta::assert_snapshot!(shown(TranslationStrategy::UnderscoreEscapingWithSuffixes), @r#"
    http_io_bytes+_total Counter unit=bytes "About http.io"
      {a_b=1} 1
    load_ratio+ Gauge unit=ratio "About load"
      {} 1
    target+_info Info unit= "Target metadata"
      {service_name=shop} 1
    "#);
    insta::assert_snapshot!(shown(TranslationStrategy::UnderscoreEscapingWithoutSuffixes), @r#"
    http_io+ Counter unit= "About http.io"
      {a_b=1} 1
    load+ Gauge unit= "About load"
      {} 1
    target+_info Info unit= "Target metadata"
      {service_name=shop} 1
    "#);
    insta::assert_snapshot!(shown(TranslationStrategy::NoUtf8EscapingWithSuffixes), @r#"
    http.io_bytes+_total Counter unit=bytes "About http.io"
      {a.b=1} 1
    load_ratio+ Gauge unit=ratio "About load"
      {} 1
    target+_info Info unit= "Target metadata"
      {service.name=shop} 1
    "#);
    insta::assert_snapshot!(shown(TranslationStrategy::NoTranslation), @r#"
    http.io+ Counter unit= "About http.io"
      {a.b=1} 1
    load+ Gauge unit= "About load"
      {} 1
    target+_info Info unit= "Target metadata"
      {service.name=shop} 1
    "#);
}

#[test]
fn what_is_left_out_of_suffixes_is_left_out_of_those_of_a_strategy() {
    let batch = batch_of(vec![counter("http.io", "By", vec![integer(&[], 1)])]);
    let strategy = TranslationStrategy::NoUtf8EscapingWithSuffixes;
    for (unit_suffix, type_suffix, name) in [
        (true, false, "http.io_bytes+ "),
        (false, true, "http.io+_total "),
        (false, false, "http.io+ "),
    ] {
        let translation = Translation {
            unit_suffix,
            type_suffix,
            ..naming(strategy, Escaping::AllowUtf8)
        };
        let shown = shown(&translation.families(&batch));
        assert!(shown.starts_with(name), "{shown}");
    }
}

#[test]
fn what_collides_is_decided_in_each_escaping() {
    let metrics = vec![
        counter(
            "x.y",
            "",
            vec![integer(&[("a.b", "1")], 1), integer(&[("a_b", "1")], 2)],
        ),
        gauge("x_y", "", vec![integer(&[], 3)]),
        gauge("x..z", "", vec![integer(&[("a.b", "1"), ("a-b", "2")], 4)]),
    ];
    let batch = batch_of(metrics);
    let shown = |escaping| {
        let translation = naming(TranslationStrategy::NoTranslation, escaping);
        shown(&translation.families(&batch))
    };
    insta::assert_snapshot!(shown(Escaping::AllowUtf8), @r#"
    x..z+ Gauge unit= "About x..z"
      {a-b=2, a.b=1} 4
    x.y+ Counter unit= "About x.y"
      {a.b=1} 1
      {a_b=1} 2
    x_y+ Gauge unit= "About x_y"
      {} 3
    "#);
    insta::assert_snapshot!(shown(Escaping::Underscores), @r#"
    x__z+ Gauge unit= "About x..z"
      {a_b=2;1} 4
    x_y+ Counter unit= "About x.y"
      {a_b=1} 1
    ! metric "x_y": the family "x_y" of another metric has the same name and another type: rename one of them; 1 data point left out
    ! metric "x.y": another series has the same name and the same labels in Prometheus, and is used in its place; 1 data point left out
    "#);
    insta::assert_snapshot!(shown(Escaping::Dots), @r#"
    x_dot__dot_z+ Gauge unit= "About x..z"
      {a__b=2, a_dot_b=1} 4
    x_dot_y+ Counter unit= "About x.y"
      {a_dot_b=1} 1
      {a_b=1} 2
    x_y+ Gauge unit= "About x_y"
      {} 3
    "#);
    insta::assert_snapshot!(shown(Escaping::Values), @r#"
    U__x_2e__2e_z+ Gauge unit= "About x..z"
      {U__a_2d_b=2, U__a_2e_b=1} 4
    U__x_2e_y+ Counter unit= "About x.y"
      {U__a_2e_b=1} 1
      {a_b=1} 2
    x_y+ Gauge unit= "About x_y"
      {} 3
    "#);
}

#[test]
fn an_attribute_is_not_called_as_the_label_of_the_name() {
    let points = vec![integer(&[("__name__", "other"), ("a", "1")], 1)];
    let batch = batch_of(vec![gauge("g", "", points)]);
    for escaping in [Escaping::AllowUtf8, Escaping::Underscores] {
        let translation = naming(TranslationStrategy::NoTranslation, escaping);
        insta::allow_duplicates! {
            insta::assert_snapshot!(shown(&translation.families(&batch)), @r#"
            g+ Gauge unit= "About g"
              {a=1, exported___name__=other} 1
            ! metric "g": an attribute would have the name of the label "__name__", which means something else: it is called exported___name__
            "#);
        }
    }
}

#[test]
fn attributes_of_the_scope_are_called_as_their_keys() {
    let scoped = ScopeMetrics {
        scope: Some(InstrumentationScope {
            attributes: attributes(&[("short.lived", "no")]),
            ..InstrumentationScope::default()
        }),
        metrics: vec![gauge("g", "", vec![integer(&[], 1)])],
        schema_url: String::new(),
    };
    let batch = batch(vec![resource(&[("host.name", "h")], vec![scoped])]);
    let translation = naming(TranslationStrategy::NoTranslation, Escaping::AllowUtf8);
    insta::assert_snapshot!(shown(&translation.families(&batch)), @r#"
    g+ Gauge unit= "About g"
      {otel_scope_short.lived=no} 1
    target+_info Info unit= "Target metadata"
      {host.name=h} 1
    "#);
}
