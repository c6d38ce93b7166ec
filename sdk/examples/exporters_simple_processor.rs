//! "Exporters", batching spans: a simple processor, which exports each span by itself as soon as it has ended.
//!
//! Needs an OTLP receiver on localhost:4318, as `otelbox serve` is, unless the environment says otherwise.

use std::error::Error;
use std::time::Duration;

use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use otelbox_sdk::traces::SimpleSpanProcessor;
use otelbox_sdk::{Environment, OtlpSpanExporter, resource_from};

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_writer(std::io::stderr)
        .init();
    let environment = Environment::process();
    let exporter = OtlpSpanExporter::builder().with_env(&environment).build()?;
    let processor = SimpleSpanProcessor::builder(exporter).build()?;
    let spans = processor.handle();
    let provider = SdkTracerProvider::builder()
        .with_resource(resource_from(&environment))
        .with_span_processor(processor)
        .build();
    let tracer = provider.tracer("checkout");
    drop(tracer.start("first"));
    drop(tracer.start("second"));
    let report = spans.blocking_shutdown(Duration::from_secs(5))?;
    tracing::info!("{} spans in {} exports", report.items, report.exports);
    Ok(())
}
