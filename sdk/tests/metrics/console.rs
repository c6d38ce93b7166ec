//! The console exporter.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use otelbox_sdk::{
    ConsoleMetricExporter, Environment, MeterProvider, PeriodicExportingMetricReader, ReaderError,
    TemporalityPreference, VirtualClock,
};

use crate::scripted::{EPOCH, meter, seconds};

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("text")
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("not poisoned")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn provider(exporter: ConsoleMetricExporter) -> MeterProvider {
    let reader = PeriodicExportingMetricReader::builder(exporter)
        .with_interval(seconds(5))
        .with_env(&Environment::empty())
        .with_clock(VirtualClock::starting_at(EPOCH))
        .on_current_runtime()
        .build()
        .expect("a reader");
    let resource = Resource::builder_empty()
        .with_service_name("checkout-service")
        .build();
    MeterProvider::builder()
        .with_reader(reader)
        .with_resource(resource)
        .build()
        .expect("a provider")
}

fn traffic(provider: &MeterProvider) {
    let meter = meter(provider);
    let requests = meter
        .u64_counter("http.server.request.count")
        .with_unit("{request}")
        .build();
    let latency = meter
        .f64_histogram("http.server.duration")
        .with_unit("ms")
        .build();
    for _ in 0..50 {
        requests.add(
            1,
            &[
                KeyValue::new("http.route", "/checkout"),
                KeyValue::new("http.status_code", 200),
            ],
        );
        latency.record(42.5, &[KeyValue::new("http.route", "/checkout")]);
    }
    let _pool = meter
        .u64_observable_gauge("db.pool.in_use")
        .with_callback(|pool| pool.observe(7, &[]))
        .build();
}

#[tokio::test(start_paused = true)]
async fn text_is_for_people() {
    let paper = Paper::default();
    let exporter =
        ConsoleMetricExporter::to(paper.clone()).with_temporality(TemporalityPreference::delta());
    let provider = provider(exporter);
    traffic(&provider);
    tokio::time::sleep(seconds(5)).await;
    provider.shutdown(seconds(1)).await.expect("shut down");
    let expected = r#"3 metrics with 3 data points, 1970-01-01T00:00:00.000Z to 1970-01-01T00:00:05.000Z
resource service.name="checkout-service"
  scope test
    db.pool.in_use gauge
      7
    http.server.duration [ms] histogram delta
      http.route="/checkout": count 50, sum 2125, min 42.5, max 42.5, (25, 50]: 50
    http.server.request.count [{request}] sum delta monotonic
      http.route="/checkout" http.status_code=200: 50
"#;
    let text = paper.text();
    assert_eq!(&text[..expected.len()], expected);
}

#[tokio::test(start_paused = true)]
async fn json_lines_are_requests() {
    let paper = Paper::default();
    let provider = provider(ConsoleMetricExporter::to(paper.clone()).as_json_lines());
    traffic(&provider);
    provider.force_flush(seconds(1)).await.expect("flushed");
    provider.shutdown(seconds(1)).await.expect("shut down");
    let text = paper.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        let request: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let metrics = &request["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
        assert_eq!(metrics[2]["sum"]["dataPoints"][0]["asInt"], "50");
    }
}

struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::from(io::ErrorKind::StorageFull))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_fails_is_a_failed_export() {
    let provider = provider(ConsoleMetricExporter::to(Full));
    traffic(&provider);
    let error = provider.force_flush(seconds(1)).await.expect_err("full");
    assert!(
        matches!(error, ReaderError::ExportFailed { .. }),
        "{error:?}"
    );
}
