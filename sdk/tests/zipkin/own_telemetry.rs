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
    let own: Vec<&str> = shown
        .lines()
        .filter(|line| line.contains("otel.component") || line.contains("sdk.exporter"))
        .filter(|line| !line.contains("operation.duration"))
        .collect();
    insta::assert_snapshot!(own.join("\n"), @"");
}
