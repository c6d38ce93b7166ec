//! A program with the stock OpenTelemetry stack in an outage: `cargo test --example stock_exporter`

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_survives_an_outage() -> Result<(), Box<dyn std::error::Error>> {
    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry_otlp::{MetricExporter, WithExportConfig as _};
    use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider};
    use otelbox_mock_collector::MockCollector;
    use otelbox_mock_collector::fault::{grpc, on_attempt, secs};

    let outage = on_attempt(1).then(grpc(tonic::Code::Unavailable));
    let collector = MockCollector::builder().fault(outage).start().await?;

    let exporter = MetricExporter::builder().with_tonic();
    let exporter = exporter.with_endpoint(collector.grpc_endpoint()).build()?;
    let checkout = Resource::builder_empty().with_service_name("checkout");
    let provider = SdkMeterProvider::builder().with_resource(checkout.build());
    let provider = provider.with_periodic_exporter(exporter).build();
    let orders = provider.meter("shop").u64_counter("orders").build();
    orders.add(3, &[]);
    tokio::task::spawn_blocking(move || provider.shutdown()).await??;

    let journal = collector.wait_for().metrics(1).within(secs(10)).await?;
    insta::assert_yaml_snapshot!(journal.normalized_exchanges());
    Ok(())
}

fn main() {}
