//! What the exporter tells about itself as metrics.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use otelbox_sdk::{
    ConsoleMetricExporter, Deadline, Environment, Exporter, MeterProvider, OwnTelemetry,
    PeriodicExportingMetricReader,
};
use parking_lot::Mutex;

use crate::receiver::{Receiver, status};
use crate::spans;

/// What tells this exporter from others.
const ATTRIBUTES: &str = "otel.component.name=\"zipkin_http_span_exporter/0\" \
     otel.component.type=\"zipkin_http_span_exporter\" server.address=\"zipkin\" server.port=9411";

#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_called_as_the_conventions_say_and_tells_what_was_left_out() {
    let text = Text::default();
    let own_telemetry = OwnTelemetry::new();
    let reader = PeriodicExportingMetricReader::builder(ConsoleMetricExporter::to(text.clone()))
        .with_env(&Environment::empty())
        .on_current_runtime()
        .build()
        .expect("a reader");
    let provider = MeterProvider::builder().with_reader(reader).build();
    let provider = provider.expect("a provider");
    own_telemetry.attach(&provider);

    let receiver = Receiver::new([status(503)]);
    let exporter = receiver.exporter().with_own_telemetry(&own_telemetry);
    let exporter = exporter.build().expect("an exporter");
    let mut without_id = spans::plain();
    without_id.trace_id.clear();
    let batch = spans::batch([spans::plain(), spans::plain(), without_id]);
    let outcome = exporter.export(&batch, Deadline::none()).await;
    assert!(outcome.is_delivered());

    provider
        .force_flush(Duration::from_secs(5))
        .await
        .expect("shown");
    let shown = String::from_utf8(text.0.lock().clone()).expect("text");
    let shown = shown.replace(ATTRIBUTES, "[attributes]");
    let own: Vec<&str> = shown
        .lines()
        .filter(|line| line.contains("[attributes]") || line.contains("sdk.exporter"))
        .collect();
    insta::assert_snapshot!(own.join("\n"), @r#"
    otel.sdk.exporter.operation.duration [s] histogram cumulative
      [attributes]: count 1, sum 1, min 1, max 1
    otel.sdk.exporter.span.exported [{span}] sum cumulative monotonic
      error.type="left_out" [attributes]: 1
      [attributes]: 2
    otel.sdk.exporter.span.inflight [{span}] sum cumulative
      [attributes]: 0
    otelbox.sdk.exporter.attempts [{attempt}] sum cumulative monotonic
      [attributes]: 2
    otelbox.sdk.exporter.retries [{attempt}] sum cumulative monotonic
      [attributes]: 1
    otelbox.sdk.exporter.sent [By] sum cumulative monotonic
      [attributes]: 1406
    "#);
}
