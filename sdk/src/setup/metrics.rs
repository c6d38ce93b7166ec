//! The pipeline of metrics.

use std::sync::Arc;
use std::time::Duration;

use super::parts::{Configure, Parts, configured};
use super::route::{Feed, Kind, Wanted};
use super::started;
use crate::config_error::ConfigError;
use crate::metrics::{
    ConsoleMetricExporter, MeterProvider, MeterProviderBuilder, MetricBatch,
    PeriodicExportingMetricReader, PeriodicExportingMetricReaderBuilder, PushMetricExporter,
};
#[cfg(feature = "prometheus")]
use crate::prometheus::{PrometheusReader, PrometheusReaderBuilder};
use crate::signal::Signal;

/// How metrics get away.
pub(super) enum Way {
    /// A reader hands them to an exporter, at an interval.
    Pushed(Arc<dyn PushMetricExporter>),
    /// Somebody comes for them.
    #[cfg(feature = "prometheus")]
    Scraped,
}

impl Way {
    pub(super) fn pushed(exporter: impl PushMetricExporter) -> Arc<Self> {
        Arc::new(Self::Pushed(Arc::new(exporter)))
    }
}

/// The exporters that `OTEL_METRICS_EXPORTER` knows.
const KINDS: &[Kind<MetricBatch, Way>] = &[
    ("otlp", |parts, configure| {
        Ok((Way::pushed(parts.otlp(configure)?), Feed::Batches))
    }),
    ("console", |parts, _| {
        let exporter = ConsoleMetricExporter::to((parts.console)());
        Ok((Way::pushed(exporter), Feed::AtOnce))
    }),
    #[cfg(feature = "prometheus")]
    ("prometheus", |_, _| {
        Ok((Arc::new(Way::Scraped), Feed::AtOnce))
    }),
    #[cfg(feature = "prometheus-remote-write")]
    ("prometheus_remote_write", |parts, _| {
        Ok((Way::pushed(parts.prometheus_remote_write()?), Feed::Batches))
    }),
];

/// The interval of a reader whose exporter is fed at once.
const CONSOLE_INTERVAL: Duration = Duration::from_secs(10);
const INTERVAL_VARIABLE: &str = "OTEL_METRIC_EXPORT_INTERVAL";

/// What was said in code about metrics.
#[derive(Default)]
pub(super) struct Metrics {
    pub(super) exporters: Wanted<MetricBatch, Way>,
    pub(super) reader: Option<Configure<PeriodicExportingMetricReaderBuilder>>,
    #[cfg(feature = "prometheus")]
    pub(super) prometheus: Option<Configure<PrometheusReaderBuilder>>,
    pub(super) provider: Option<Configure<MeterProviderBuilder>>,
}

impl Metrics {
    pub(super) fn build(self, parts: &Parts) -> Result<MeterProvider, ConfigError> {
        let routes = self.exporters.routes(parts, KINDS)?;
        let names: Vec<_> = routes.iter().map(|route| route.name).collect();
        let mut provider = MeterProvider::builder().with_resource(parts.resource.clone());
        for route in routes {
            provider = match &*route.exporter {
                Way::Pushed(exporter) => {
                    let builder = reader(Arc::clone(exporter), route.feed, parts);
                    provider.with_reader(configured(builder, self.reader.as_ref()).build()?)
                }
                #[cfg(feature = "prometheus")]
                Way::Scraped => {
                    let builder = prometheus_reader(parts);
                    provider.with_reader(configured(builder, self.prometheus.as_ref()).build()?)
                }
            };
        }
        let provider = configured(provider, self.provider.as_ref()).build()?;
        if let Some(own_telemetry) = &parts.own_telemetry {
            own_telemetry.attach(&provider);
        }
        started(Signal::Metrics, &names, "");
        Ok(provider)
    }
}

fn reader(
    exporter: Arc<dyn PushMetricExporter>,
    feed: Feed,
    parts: &Parts,
) -> PeriodicExportingMetricReaderBuilder {
    let mut reader = PeriodicExportingMetricReader::builder_shared(exporter)
        .with_env(&parts.environment)
        .with_clock(Arc::clone(&parts.clock));
    if feed == Feed::AtOnce && parts.environment.get(INTERVAL_VARIABLE).is_none() {
        reader = reader.with_interval(CONSOLE_INTERVAL);
    }
    if let Some(own_telemetry) = &parts.own_telemetry {
        reader = reader.with_own_telemetry(own_telemetry);
    }
    if parts.on_current_runtime {
        reader = reader.on_current_runtime();
    }
    reader
}

#[cfg(feature = "prometheus")]
fn prometheus_reader(parts: &Parts) -> PrometheusReaderBuilder {
    let mut reader = PrometheusReader::builder()
        .with_env(&parts.environment)
        .with_clock(Arc::clone(&parts.clock));
    if let Some(own_telemetry) = &parts.own_telemetry {
        reader = reader.with_own_telemetry(own_telemetry);
    }
    if parts.on_current_runtime {
        reader = reader.on_current_runtime();
    }
    reader
}
