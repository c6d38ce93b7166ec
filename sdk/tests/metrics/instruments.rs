//! Every instrument of the API, in every number type, reaches the exporter.

use opentelemetry::InstrumentationScope;
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use otelbox_sdk::{Batch, Exporter, MeterProvider};

use crate::scripted::{Scripted, meter, metric, numbers, provider, reader, seconds};

#[tokio::test(start_paused = true)]
async fn all_kinds_and_number_types_are_there() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    let meter = meter(&provider);
    meter.u64_counter("u64_counter").build().add(1, &[]);
    meter.f64_counter("f64_counter").build().add(1.5, &[]);
    meter
        .i64_up_down_counter("i64_up_down")
        .build()
        .add(-1, &[]);
    meter
        .f64_up_down_counter("f64_up_down")
        .build()
        .add(-1.5, &[]);
    meter.u64_gauge("u64_gauge").build().record(1, &[]);
    meter.i64_gauge("i64_gauge").build().record(-1, &[]);
    meter.f64_gauge("f64_gauge").build().record(-1.5, &[]);
    meter.u64_histogram("u64_histogram").build().record(1, &[]);
    meter
        .f64_histogram("f64_histogram")
        .build()
        .record(1.5, &[]);
    let _ = meter
        .u64_observable_counter("u64_o_counter")
        .with_callback(|i| i.observe(1, &[]))
        .build();
    let _ = meter
        .f64_observable_counter("f64_o_counter")
        .with_callback(|i| i.observe(1.5, &[]))
        .build();
    let _ = meter
        .i64_observable_up_down_counter("i64_o_up_down")
        .with_callback(|i| i.observe(-1, &[]))
        .build();
    let _ = meter
        .f64_observable_up_down_counter("f64_o_up_down")
        .with_callback(|i| i.observe(-1.5, &[]))
        .build();
    let _ = meter
        .u64_observable_gauge("u64_o_gauge")
        .with_callback(|i| i.observe(1, &[]))
        .build();
    let _ = meter
        .i64_observable_gauge("i64_o_gauge")
        .with_callback(|i| i.observe(-1, &[]))
        .build();
    let _ = meter
        .f64_observable_gauge("f64_o_gauge")
        .with_callback(|i| i.observe(-1.5, &[]))
        .build();
    provider.force_flush(seconds(1)).await.expect("flushed");

    let batch = &exporter.seen()[0].batch;
    assert_eq!(batch.streams(), 16);
    for metric in batch.metrics() {
        let value = match metric.data.as_ref().expect("data") {
            Data::Sum(sum) => sum.data_points[0].value,
            Data::Gauge(gauge) => gauge.data_points[0].value,
            Data::Histogram(histogram) => histogram.data_points[0].sum.map(Value::AsDouble),
            other => panic!("{other:?}"),
        };
        let magnitude = match value.expect("a value") {
            Value::AsInt(value) => {
                assert!(!metric.name.starts_with("f64"), "{}", metric.name);
                value.abs()
            }
            Value::AsDouble(value) => {
                let wanted = if metric.name == "u64_histogram" {
                    1.0
                } else {
                    1.5
                };
                assert!((value.abs() - wanted).abs() < 1e-9, "{}", metric.name);
                1
            }
        };
        assert_eq!(magnitude, 1, "{}", metric.name);
    }
}

#[tokio::test(start_paused = true)]
async fn scope_resource_unit_and_description_travel_along() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    let scope = InstrumentationScope::builder("checkout")
        .with_version("3.1.0")
        .with_schema_url("https://opentelemetry.io/schemas/1.30.0")
        .with_attributes([KeyValue::new("team", "checkout")])
        .build();
    provider
        .meter_with_scope(scope)
        .u64_counter("http.server.request.count")
        .with_unit("{request}")
        .with_description("Total HTTP requests handled")
        .build()
        .add(1, &[KeyValue::new("http.route", "/checkout")]);
    provider.force_flush(seconds(1)).await.expect("flushed");
    let batch = &exporter.seen()[0].batch;
    let metric = metric(batch, "http.server.request.count").expect("the metric");
    assert_eq!(
        (metric.unit.as_str(), metric.description.as_str()),
        ("{request}", "Total HTTP requests handled")
    );
    let resource = &batch.request.resource_metrics[0];
    let scope_metrics = &resource.scope_metrics[0];
    assert_eq!(
        scope_metrics.schema_url,
        "https://opentelemetry.io/schemas/1.30.0"
    );
    let scope = scope_metrics.scope.as_ref().expect("a scope");
    assert_eq!(
        (scope.name.as_str(), scope.version.as_str()),
        ("checkout", "3.1.0")
    );
    assert_eq!(scope.attributes[0].key, "team");
    let service = &resource.resource.as_ref().expect("a resource").attributes[0];
    assert_eq!(service.key, "service.name");
}

#[tokio::test(start_paused = true)]
async fn the_boundaries_that_an_instrument_advises_are_used() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    meter(&provider)
        .f64_histogram("latency")
        .with_boundaries(vec![10.0, 25.0, 50.0, 100.0])
        .build()
        .record(42.5, &[]);
    provider.force_flush(seconds(1)).await.expect("flushed");
    let batch = &exporter.seen()[0].batch;
    let Some(Data::Histogram(histogram)) = &metric(batch, "latency").expect("there").data else {
        panic!("a histogram")
    };
    assert_eq!(histogram.data_points[0].bucket_counts, [0, 0, 1, 0, 0]);
    assert_eq!(
        histogram.data_points[0].explicit_bounds,
        [10.0, 25.0, 50.0, 100.0]
    );
}

#[tokio::test(start_paused = true)]
async fn an_invalid_instrument_records_nothing_and_harms_nothing() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    meter(&provider)
        .u64_counter("not a name")
        .build()
        .add(1, &[]);
    meter(&provider).u64_counter("items").build().add(1, &[]);
    provider.force_flush(seconds(1)).await.expect("flushed");
    assert_eq!(exporter.seen()[0].batch.streams(), 1);
}

#[tokio::test(start_paused = true)]
async fn too_many_series_end_up_in_one_overflow_point_and_nothing_is_lost() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    let items = meter(&provider).u64_counter("items").build();
    for user in 0..2_500_i64 {
        items.add(1, &[KeyValue::new("user.id", user)]);
    }
    provider.force_flush(seconds(1)).await.expect("flushed");
    let batch = &exporter.seen()[0].batch;
    let points = numbers(batch, "items");
    assert_eq!(crate::scripted::sum(batch, "items"), Some(2_500));
    let overflow = points
        .iter()
        .filter(|point| point.attributes[0].key == "otel.metric.overflow");
    assert_eq!(overflow.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_provider_without_reader_records_into_nothing() {
    let provider = MeterProvider::builder().build().expect("a provider");
    meter(&provider).u64_counter("items").build().add(1, &[]);
    assert!(provider.readers().is_empty());
    assert_eq!(
        provider
            .force_flush(seconds(1))
            .await
            .expect("nothing to do"),
        []
    );
    assert_eq!(
        provider.shutdown(seconds(1)).await.expect("nothing to do"),
        []
    );
}

#[tokio::test(start_paused = true)]
async fn the_reader_works_with_the_provider_of_the_sdk_too() {
    let exporter = Scripted::new([]);
    let reader = reader(&exporter).build().expect("a reader");
    let handle = reader.handle();
    let provider = opentelemetry_sdk::metrics::SdkMeterProvider::builder()
        .with_reader(reader)
        .build();
    let meter = provider.meter("test");
    meter.u64_counter("items").build().add(1, &[]);
    let _ = meter
        .u64_observable_gauge("level")
        .with_callback(|i| i.observe(3, &[]))
        .build();
    handle.force_flush(seconds(1)).await.expect("flushed");
    assert_eq!(exporter.seen()[0].batch.streams(), 2);
    handle.shutdown(seconds(1)).await.expect("shut down");
}

#[tokio::test(start_paused = true)]
async fn the_provider_is_a_provider_of_the_api() {
    fn instrumented_crate(provider: &dyn opentelemetry::metrics::MeterProvider) {
        provider
            .meter("crate")
            .u64_counter("items")
            .build()
            .add(1, &[]);
    }
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    instrumented_crate(&provider);
    provider.force_flush(seconds(1)).await.expect("flushed");
    assert_eq!(exporter.seen()[0].batch.items(), 1);
    assert_eq!(exporter.description(), "exporter=scripted");
}
