//! The resource.

use super::batches::{batch, gauge, integer, resource, scope};
use super::points::{histogram, summary};
use super::{Target, Translation, shown, translated};
use crate::prometheus::family::constant_labels::ConstantLabels;

const SERVICE: &[(&str, &str)] = &[
    ("host.name", "h1"),
    ("service.instance.id", "i-1"),
    ("service.name", "shop"),
    ("service.namespace", "eu"),
];

fn one(name: &str) -> Vec<opentelemetry_proto::tonic::metrics::v1::ScopeMetrics> {
    let own = [("job", "mine"), ("z", "1")];
    vec![scope("s", vec![gauge(name, "", vec![integer(&own, 1)])])]
}

#[test]
fn a_scraped_target_tells_all_about_itself_in_one_series() {
    let batch = batch(vec![resource(SERVICE, one("g"))]);
    insta::assert_snapshot!(translated(&batch, Target::Info), @r#"
    g+ Gauge unit= "About g"
      {job=mine, otel_scope_name=s, z=1} 1
    target+_info Info unit= "Target metadata"
      {host_name=h1, service_instance_id=i-1, service_name=shop, service_namespace=eu} 1
    "#);
    insta::assert_snapshot!(translated(&batch, Target::WithoutInfo), @r#"
    g+ Gauge unit= "About g"
      {job=mine, otel_scope_name=s, z=1} 1
    "#);
}

#[test]
fn a_target_that_is_sent_has_job_and_instance_in_each_series() {
    let batch = batch(vec![
        resource(SERVICE, one("g")),
        resource(&[("service.name", "cart")], one("g")),
        resource(SERVICE, one("h")),
        resource(&[("host.name", "h2")], one("i")),
    ]);
    insta::assert_snapshot!(translated(&batch, Target::JobAndInstance));
}

#[test]
fn a_second_resource_is_not_mixed_into_the_first() {
    let batch = batch(vec![
        resource(SERVICE, one("g")),
        resource(&[("service.name", "cart")], one("g")),
    ]);
    insta::assert_snapshot!(translated(&batch, Target::WithoutInfo), @r#"
    g+ Gauge unit= "About g"
      {job=mine, otel_scope_name=s, z=1} 1
    ! metric "g": it is of a second resource, and there can be one only; 1 data point left out
    "#);
}

#[test]
fn a_resource_without_attributes_has_no_target_info() {
    let batch = batch(vec![resource(&[], one("g"))]);
    assert!(!translated(&batch, Target::Info).contains("target"));
}

fn with_constants(keys: &'static [&'static str]) -> Translation {
    Translation {
        constant_labels: ConstantLabels::new(|key| keys.contains(&key)),
        ..Translation::new(Target::Info)
    }
}

#[test]
fn what_is_chosen_of_the_resource_is_in_each_series_and_all_of_it_in_the_target() {
    let batch = batch(vec![resource(SERVICE, one("g"))]);
    let translation = with_constants(&["service.name", "host.name", "no.such"]);
    insta::assert_snapshot!(shown(&translation.families(&batch)), @r#"
    g+ Gauge unit= "About g"
      {host_name=h1, job=mine, otel_scope_name=s, service_name=shop, z=1} 1
    target+_info Info unit= "Target metadata"
      {host_name=h1, service_instance_id=i-1, service_name=shop, service_namespace=eu} 1
    "#);
    let nowhere_else = Translation {
        target: Target::WithoutInfo,
        scope_labels: false,
        ..translation
    };
    insta::assert_snapshot!(shown(&nowhere_else.families(&batch)), @r#"
    g+ Gauge unit= "About g"
      {host_name=h1, job=mine, service_name=shop, z=1} 1
    "#);
}

#[test]
fn a_label_of_the_resource_and_one_of_the_series_are_joined_in_the_order_of_their_keys() {
    let points = vec![
        integer(&[("host-name", "own")], 1),
        integer(&[("host_name", "own")], 2),
        integer(&[("host.name", "own")], 3),
        integer(&[("host.name", "h1")], 4),
        integer(&[("host.name", "")], 5),
        integer(&[("a", "1")], 6),
    ];
    let metrics = vec![gauge("g", "", points)];
    let batch = batch(vec![resource(
        &[("host.name", "h1")],
        vec![scope("", metrics)],
    )]);
    let families = with_constants(&["host.name"]).families(&batch);
    insta::assert_snapshot!(shown(&families), @r#"
    g+ Gauge unit= "About g"
      {host_name=own;h1} 1
      {host_name=h1;own} 2
      {host_name=h1} 4
      {a=1, host_name=h1} 6
    target+_info Info unit= "Target metadata"
      {host_name=h1} 1
    ! metric "g": another series has the same name and the same labels in Prometheus, and is used in its place; 2 data points left out
    "#);
}

#[test]
fn a_label_of_the_resource_is_not_called_as_one_that_means_something_else() {
    let metrics = vec![
        gauge("g", "", vec![integer(&[], 1), integer(&[("z", "")], 2)]),
        histogram("h", &[1.0], &[1, 0], Some(0.5)),
        summary("s", &[(0.5, 1.0)], 9.0),
    ];
    let batch = batch(vec![resource(
        &[("le", "x"), ("otel.scope.name", "y"), ("quantile", "z")],
        vec![scope("lib", metrics)],
    )]);
    let families = with_constants(&["le", "otel.scope.name", "quantile"]).families(&batch);
    insta::assert_snapshot!(shown(&families), @r#"
    g+ Gauge unit= "About g"
      {exported_otel_scope_name=y, le=x, otel_scope_name=lib, quantile=z} 1
    h+ Histogram unit= "About h"
      {exported_le=x, exported_otel_scope_name=y, otel_scope_name=lib, quantile=z} Histogram(Histogram { buckets: [Bucket { upper_bound: 1.0, cumulative_count: 1 }], count: 1, sum: Some(0.5) })
    s+ Summary unit= "About s"
      {exported_otel_scope_name=y, exported_quantile=z, le=x, otel_scope_name=lib} Summary(Summary { quantiles: [Quantile { quantile: 0.5, value: 1.0 }], count: 7, sum: Some(9.0) })
    target+_info Info unit= "Target metadata"
      {le=x, otel_scope_name=y, quantile=z} 1
    ! metric "g": an attribute would have the name of the label "otel_scope_name", which means something else: it is called exported_otel_scope_name
    ! metric "h": an attribute would have the name of the label "le", which means something else: it is called exported_le
    ! metric "h": an attribute would have the name of the label "otel_scope_name", which means something else: it is called exported_otel_scope_name
    ! metric "s": an attribute would have the name of the label "otel_scope_name", which means something else: it is called exported_otel_scope_name
    ! metric "s": an attribute would have the name of the label "quantile", which means something else: it is called exported_quantile
    ! metric "g": another series has the same name and the same labels in Prometheus, and is used in its place; 1 data point left out
    "#);
}
