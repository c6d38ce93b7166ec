//! What is on the page.

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use otelbox_sdk::MeterProvider;

use crate::client::{get, provider, reader};

/// Records with instruments of every kind, and with attributes that are hard to name.
fn record(provider: &MeterProvider) -> Vec<Box<dyn std::any::Any>> {
    let scope = InstrumentationScope::builder("lib.http")
        .with_version("1.2.0")
        .with_schema_url("https://example.com/schema")
        .with_attributes([KeyValue::new("short.lived", true)])
        .build();
    let meter = provider.meter_with_scope(scope);
    let requests = meter
        .u64_counter("http.server.requests")
        .with_unit("{request}")
        .with_description("Requests,\nby route")
        .build();
    requests.add(
        3,
        &[
            KeyValue::new("http.route", "/checkout"),
            KeyValue::new("code", 200),
        ],
    );
    requests.add(
        1,
        &[
            KeyValue::new("http.route", "C:\\\"x\"\n"),
            KeyValue::new("code", 500),
        ],
    );
    let hard = meter.f64_up_down_counter("hard").build();
    hard.add(
        -0.5,
        &[
            KeyValue::new("9 lives!", "yes"),
            KeyValue::new("a.b", "1"),
            KeyValue::new("a_b", "2"),
            KeyValue::new("otel_scope_name", "mine"),
            KeyValue::new("empty", ""),
            KeyValue::new("größe", Value::Array(vec![1_i64, 2].into())),
        ],
    );
    // `opentelemetry_sdk` takes no number that is not finite, so only the last one is there.
    let gauge = meter.f64_gauge("load").with_unit("1").build();
    gauge.record(f64::NAN, &[KeyValue::new("cpu", 0)]);
    gauge.record(f64::INFINITY, &[KeyValue::new("cpu", 1)]);
    gauge.record(f64::NEG_INFINITY, &[KeyValue::new("cpu", 2)]);
    gauge.record(0.5, &[KeyValue::new("cpu", 3)]);
    let duration = meter
        .f64_histogram("http.server.duration")
        .with_unit("s")
        .with_boundaries(vec![0.1, 1.0])
        .build();
    for value in [0.0625, 0.5, 4.0] {
        duration.record(value, &[KeyValue::new("le", "taken")]);
    }
    let observed = meter
        .i64_observable_gauge("temperature")
        .with_unit("Cel")
        .with_callback(|gauge| gauge.observe(-4, &[]))
        .build();
    let panics = meter
        .u64_observable_counter("broken")
        .with_callback(|_| panic!("the sensor is gone"))
        .build();
    vec![Box::new(observed), Box::new(panics)]
}

#[test]
fn the_page_has_every_instrument_under_its_name() {
    let (provider, address) = provider(reader());
    let _observed = record(&provider);
    insta::assert_snapshot!(get(address, "").text());
}

#[test]
fn open_metrics_has_types_and_units_of_its_own() {
    let (provider, address) = provider(reader().without_created());
    let _observed = record(&provider);
    let page = get(address, "Accept: application/openmetrics-text\r\n");
    insta::assert_snapshot!(page.text());
}

#[test]
fn parts_can_be_left_out() {
    let bare = reader()
        .without_scope_info()
        .without_target_info()
        .without_units()
        .without_type_suffix();
    let (provider, address) = provider(bare);
    let meter = provider.meter("lib");
    meter.u64_counter("io").with_unit("By").build().add(1, &[]);
    insta::assert_snapshot!(get(address, "").text(), @r"
    # TYPE io counter
    io 1
    ");
}

#[test]
fn attributes_of_the_resource_are_labels_where_they_are_wanted() {
    let reader = reader().with_resource_constant_labels(|key| key == "service.name");
    let (provider, address) = provider(reader);
    let hits = provider.meter("lib").u64_counter("hits").build();
    for total in 1..=2 {
        hits.add(1, &[KeyValue::new("a", "b")]);
        let page = get(address, "");
        let line = format!(
            "hits_total{{a=\"b\",otel_scope_name=\"lib\",service_name=\"shop\"}} {total}\n"
        );
        assert!(page.text().contains(&line), "{}", page.text());
        let target = "target_info{service_name=\"shop\"} 1\n";
        assert!(page.text().contains(target), "{}", page.text());
    }
}

#[test]
fn totals_go_on_from_scrape_to_scrape() {
    let (provider, address) = provider(reader());
    let hits = provider.meter("lib").u64_counter("hits").build();
    for total in 1..=3 {
        hits.add(1, &[]);
        let page = get(address, "");
        let line = format!("hits_total{{otel_scope_name=\"lib\"}} {total}\n");
        assert!(page.text().contains(&line), "{}", page.text());
    }
}

#[test]
fn a_metric_that_becomes_another_type_is_the_other_one_on_the_next_page() {
    let (provider, address) = provider(reader());
    let meter = provider.meter("lib");
    let kind = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let first = std::sync::Arc::clone(&kind);
    let _gauge = meter
        .u64_observable_gauge("thing")
        .with_callback(move |gauge| {
            if !first.load(std::sync::atomic::Ordering::SeqCst) {
                gauge.observe(1, &[]);
            }
        })
        .build();
    let page = get(address, "");
    assert!(
        page.text().contains("# TYPE thing gauge\n"),
        "{}",
        page.text()
    );
    kind.store(true, std::sync::atomic::Ordering::SeqCst);
    meter
        .f64_histogram("thing")
        .with_boundaries(vec![1.0])
        .build()
        .record(0.5, &[]);
    let page = get(address, "");
    // The gauge keeps its value: of two metrics of one name the first in order stays, and the other is told of.
    assert_eq!(
        page.text().matches("# TYPE thing ").count(),
        1,
        "{}",
        page.text()
    );
}
