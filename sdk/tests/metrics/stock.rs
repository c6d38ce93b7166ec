//! Exporters made for `opentelemetry_sdk`, in this reader.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics, SumDataPoint,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use otelbox_sdk::{
    Environment, FailureReason, MeterProvider, PeriodicExportingMetricReader, ReaderError,
};
use tokio::time::{Instant, sleep};

use crate::scripted::{meter, seconds};

/// Keeps the sums that it is given, and takes its time.
#[derive(Clone, Default)]
pub(crate) struct Stock {
    sums: Arc<Mutex<Vec<u64>>>,
    takes: Duration,
    fails: bool,
}

impl PushMetricExporter for Stock {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        sleep(self.takes).await;
        if self.fails {
            return Err(OTelSdkError::InternalFailure("no route".to_owned()));
        }
        for metric in metrics.scope_metrics().flat_map(ScopeMetrics::metrics) {
            if let AggregatedMetrics::U64(MetricData::Sum(sum)) = metric.data() {
                let values = sum.data_points().map(SumDataPoint::value);
                self.sums.lock().expect("not poisoned").extend(values);
            }
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Delta
    }
}

fn provider(exporter: &Stock) -> MeterProvider {
    let reader = PeriodicExportingMetricReader::builder_stock(exporter.clone())
        .with_interval(seconds(15))
        .with_env(&Environment::empty())
        .on_current_runtime()
        .build()
        .expect("a reader");
    MeterProvider::builder()
        .with_reader(reader)
        .build()
        .expect("a provider")
}

#[tokio::test(start_paused = true)]
async fn it_gets_what_the_sdk_collected_with_the_temporality_that_it_wants() {
    let exporter = Stock::default();
    let provider = provider(&exporter);
    let items = meter(&provider).u64_counter("items").build();
    for count in [3, 4] {
        items.add(count, &[]);
        let reports = provider.force_flush(seconds(1)).await.expect("flushed");
        assert_eq!(reports[0].cycle.points, 1);
    }
    provider.shutdown(seconds(1)).await.expect("shut down");
    assert_eq!(*exporter.sums.lock().expect("not poisoned"), [3, 4]);
}

#[tokio::test(start_paused = true)]
async fn its_export_ends_at_the_deadline() {
    let exporter = Stock {
        takes: seconds(60),
        ..Stock::default()
    };
    let provider = provider(&exporter);
    meter(&provider).u64_counter("items").build().add(1, &[]);
    let started = Instant::now();
    provider
        .force_flush(seconds(30))
        .await
        .expect_err("too slow");
    assert_eq!(started.elapsed(), seconds(10));
}

#[tokio::test(start_paused = true)]
async fn its_errors_are_failures() {
    let exporter = Stock {
        fails: true,
        ..Stock::default()
    };
    let provider = provider(&exporter);
    meter(&provider).u64_counter("items").build().add(1, &[]);
    let error = provider
        .force_flush(seconds(1))
        .await
        .expect_err("no route");
    let ReaderError::ExportFailed { failure, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(failure.reason, FailureReason::Other("no route".to_owned()));
}
