//! The pipeline of metrics.

use std::sync::Arc;
use std::time::Duration;

use super::parts::{Configure, Parts, configured};
use super::route::{Feed, Kind, Route, Wanted};
use super::started;
use crate::config_error::ConfigError;
use crate::metrics::{
    ConsoleMetricExporter, MeterProvider, MeterProviderBuilder, MetricBatch,
    PeriodicExportingMetricReader, PeriodicExportingMetricReaderBuilder, PushMetricExporter,
};
use crate::signal::Signal;

type Exporter = dyn PushMetricExporter;

/// The exporters that `OTEL_METRICS_EXPORTER` knows.
const KINDS: &[Kind<MetricBatch, Exporter>] = &[
    ("otlp", |parts, configure| {
        Ok((Arc::new(parts.otlp(configure)?), Feed::Batches))
    }),
    ("console", |parts, _| {
        let exporter = ConsoleMetricExporter::to((parts.console)());
        Ok((Arc::new(exporter), Feed::AtOnce))
    }),
    #[cfg(feature = "prometheus-remote-write")]
    ("prometheus_remote_write", |parts, _| {
        Ok((Arc::new(parts.prometheus_remote_write()?), Feed::Batches))
    }),
];

/// The interval of a reader whose exporter is fed at once.
const CONSOLE_INTERVAL: Duration = Duration::from_secs(10);
const INTERVAL_VARIABLE: &str = "OTEL_METRIC_EXPORT_INTERVAL";

/// What was said in code about metrics.
#[derive(Default)]
pub(super) struct Metrics {
    pub(super) exporters: Wanted<MetricBatch, Exporter>,
    pub(super) reader: Option<Configure<PeriodicExportingMetricReaderBuilder>>,
    pub(super) provider: Option<Configure<MeterProviderBuilder>>,
}

impl Metrics {
    pub(super) fn build(self, parts: &Parts) -> Result<MeterProvider, ConfigError> {
        let routes = self.exporters.routes(parts, KINDS)?;
        let names: Vec<_> = routes.iter().map(|route| route.name).collect();
        let mut provider = MeterProvider::builder().with_resource(parts.resource.clone());
        for route in routes {
            let builder = configured(reader(route, parts), self.reader.as_ref());
            provider = provider.with_reader(builder.build()?);
        }
        let provider = configured(provider, self.provider.as_ref()).build()?;
        if let Some(own_telemetry) = &parts.own_telemetry {
            own_telemetry.attach(&provider);
        }
        started(Signal::Metrics, &names, "");
        Ok(provider)
    }
}

fn reader(route: Route<Exporter>, parts: &Parts) -> PeriodicExportingMetricReaderBuilder {
    let mut reader = PeriodicExportingMetricReader::builder_shared(route.exporter)
        .with_env(&parts.environment)
        .with_clock(Arc::clone(&parts.clock));
    if route.feed == Feed::AtOnce && parts.environment.get(INTERVAL_VARIABLE).is_none() {
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
