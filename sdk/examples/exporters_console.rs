//! "Exporters", console: traces, metrics and logs on the standard output, without a receiver.
//!
//! The same from the environment: `OTEL_TRACES_EXPORTER=console OTEL_METRICS_EXPORTER=console OTEL_LOGS_EXPORTER=console`.

use std::error::Error;

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry::trace::Tracer as _;
use opentelemetry::{KeyValue, global};
use otelbox_sdk::{ConsoleLogRecordExporter, ConsoleMetricExporter, ConsoleSpanExporter, Sdk};

fn main() -> Result<(), Box<dyn Error>> {
    // `.as_json_lines()` on an exporter gives OTLP/JSON.
    let sdk = Sdk::builder()
        .with_service_name("your-service-name")
        .with_span_exporter(ConsoleSpanExporter::stdout())
        .with_metric_exporter(ConsoleMetricExporter::stdout())
        .with_log_exporter(ConsoleLogRecordExporter::stdout())
        .build()?
        .install_global();
    drop(global::tracer("checkout").start("POST /checkout"));
    global::meter("checkout")
        .u64_counter("http.server.request.count")
        .build()
        .add(1, &[KeyValue::new("http.route", "/checkout")]);
    let logger = sdk.logger_provider().logger("checkout");
    let mut record = logger.create_log_record();
    record.set_body(AnyValue::String("paid".into()));
    logger.emit(record);
    // The drop flushes.
    Ok(())
}
