//! The pipeline of log records.

use std::sync::Arc;

use opentelemetry_sdk::logs::{LoggerProviderBuilder, SdkLoggerProvider};

use super::parts::{Configure, Parts, configured};
use super::route::{Feed, Kind, Wanted};
use super::started;
use crate::config_error::ConfigError;
use crate::export::Exporter as ExporterOf;
use crate::limits::LogLimits;
use crate::logs::{BatchLogRecordProcessorBuilder, ConsoleLogRecordExporter, LogBatch};
use crate::processor::ProcessorHandle;
use crate::signal::Signal;

type Exporter = dyn ExporterOf<LogBatch>;

/// The exporters that `OTEL_LOGS_EXPORTER` knows.
const KINDS: &[Kind<LogBatch, Exporter>] = &[
    ("otlp", |parts, configure| {
        Ok((Arc::new(parts.otlp(configure)?), Feed::Batches))
    }),
    ("console", |parts, _| {
        let exporter = ConsoleLogRecordExporter::to((parts.console)());
        Ok((Arc::new(exporter), Feed::AtOnce))
    }),
];

/// What was said in code about logs.
#[derive(Default)]
pub(super) struct Logs {
    pub(super) exporters: Wanted<LogBatch, Exporter>,
    pub(super) limits: Option<LogLimits>,
    pub(super) processor: Option<Configure<BatchLogRecordProcessorBuilder>>,
    pub(super) provider: Option<Configure<LoggerProviderBuilder>>,
}

impl Logs {
    pub(super) fn build(
        self,
        parts: &Parts,
    ) -> Result<(SdkLoggerProvider, Vec<ProcessorHandle>), ConfigError> {
        let limits = self
            .limits
            .unwrap_or_else(|| LogLimits::from_env(&parts.environment));
        let mut provider = SdkLoggerProvider::builder().with_resource(parts.resource.clone());
        let (mut handles, mut names) = (Vec::new(), Vec::new());
        for route in self.exporters.routes(parts, KINDS)? {
            names.push(route.name);
            match route.feed {
                Feed::Batches => {
                    let processor =
                        parts.batch_processor(route.exporter, limits, self.processor.as_ref())?;
                    handles.push(processor.handle());
                    provider = provider.with_log_processor(processor);
                }
                Feed::AtOnce => {
                    let processor = parts.simple_processor(route.exporter, limits)?;
                    handles.push(processor.handle());
                    provider = provider.with_log_processor(processor);
                }
            }
        }
        started(Signal::Logs, &names, "");
        Ok((
            configured(provider, self.provider.as_ref()).build(),
            handles,
        ))
    }
}
