//! The resource.

use super::batches::{batch, gauge, integer, resource, scope};
use super::{Target, translated};

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
