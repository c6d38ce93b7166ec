//! "Exporters", OTLP usage over HTTP/protobuf: traces, metrics and logs, each put together by hand.
//!
//! Needs an OTLP/HTTP receiver on localhost:4318, as `otelbox serve` is, unless the environment says otherwise.

use std::error::Error;
use std::time::Duration;

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry::trace::Tracer as _;
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use otelbox_sdk::logs::BatchLogRecordProcessor;
use otelbox_sdk::traces::BatchSpanProcessor;
use otelbox_sdk::{
    Environment, MeterProvider, OtlpLogExporter, OtlpMetricExporter, OtlpSpanExporter,
    PeriodicExportingMetricReader,
};

fn main() -> Result<(), Box<dyn Error>> {
    let environment = Environment::process();
    // Service name is required for most backends.
    let resource = Resource::builder_empty()
        .with_service_name("your-service-name")
        .build();

    let exporter = OtlpSpanExporter::builder().with_env(&environment).build()?;
    let spans = BatchSpanProcessor::builder(exporter).build()?;
    let tracer_provider = SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_span_processor(spans)
        .build();
    global::set_tracer_provider(tracer_provider.clone());

    let exporter = OtlpMetricExporter::builder()
        .with_env(&environment)
        .build()?;
    let reader = PeriodicExportingMetricReader::builder(exporter).build()?;
    let meter_provider = MeterProvider::builder()
        .with_resource(resource.clone())
        .with_reader(reader)
        .build()?;
    global::set_meter_provider(meter_provider.clone());

    let exporter = OtlpLogExporter::builder().with_env(&environment).build()?;
    let records = BatchLogRecordProcessor::builder(exporter).build()?;
    let logger_provider = SdkLoggerProvider::builder()
        .with_resource(resource)
        .with_log_processor(records)
        .build();

    drop(global::tracer("checkout").start("POST /checkout"));
    global::meter("checkout")
        .u64_counter("http.server.request.count")
        .build()
        .add(1, &[KeyValue::new("http.route", "/checkout")]);
    let logger = logger_provider.logger("checkout");
    let mut record = logger.create_log_record();
    record.set_body(AnyValue::String("paid".into()));
    logger.emit(record);

    tracer_provider.shutdown_with_timeout(Duration::from_secs(5))?;
    meter_provider.blocking_shutdown(Duration::from_secs(5))?;
    logger_provider.shutdown_with_timeout(Duration::from_secs(5))?;
    Ok(())
}
