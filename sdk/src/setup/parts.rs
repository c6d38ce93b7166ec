//! What the pipelines of all signals are made of.

use std::io::{self, Write};
use std::sync::Arc;

use opentelemetry_sdk::Resource;

use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::environment::Environment;
use crate::export::{Batch, Exporter};
use crate::otlp::{OtlpExporter, OtlpExporterBuilder};
use crate::own_telemetry::OwnTelemetry;
use crate::processor::{BatchProcessor, BatchProcessorBuilder, Processed, SimpleProcessor};
#[cfg(feature = "prometheus-remote-write")]
use crate::prometheus::PrometheusRemoteWriteExporter;
use crate::protocol::Protocol;
use crate::random::RandomSource;
use crate::transport::Connector;
#[cfg(feature = "zipkin")]
use crate::zipkin::ZipkinSpanExporter;

/// Changes a builder of one part before the part is built.
pub(super) type Configure<B> = Box<dyn Fn(B) -> B + Send + Sync>;

/// Gives a place for a console exporter to write to.
pub(super) type Console = Arc<dyn Fn() -> Box<dyn Write + Send> + Send + Sync>;

/// What the pipelines of all signals are made of.
pub(super) struct Parts {
    pub(super) environment: Environment,
    pub(super) resource: Resource,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn RandomSource>,
    pub(super) connector: Arc<dyn Connector>,
    pub(super) protocol: Option<Protocol>,
    pub(super) endpoint: Option<String>,
    pub(super) console: Console,
    pub(super) on_current_runtime: bool,
    pub(super) own_telemetry: Option<OwnTelemetry>,
}

impl Parts {
    /// The standard output.
    pub(super) fn stdout() -> Console {
        Arc::new(|| Box::new(io::stdout()))
    }

    /// The OTLP exporter of one signal.
    pub(super) fn otlp<B: Batch>(
        &self,
        configure: Option<&Configure<OtlpExporterBuilder<B>>>,
    ) -> Result<OtlpExporter<B>, ConfigError> {
        let mut builder = OtlpExporter::builder()
            .with_env(&self.environment)
            .with_connector(Arc::clone(&self.connector))
            .with_clock(Arc::clone(&self.clock))
            .with_random(Arc::clone(&self.random));
        if let Some(protocol) = self.protocol {
            builder = builder.with_protocol(protocol);
        }
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(own_telemetry) = &self.own_telemetry {
            builder = builder.with_own_telemetry(own_telemetry);
        }
        configured(builder, configure).build()
    }

    /// The exporter of spans to Zipkin.
    #[cfg(feature = "zipkin")]
    pub(super) fn zipkin(&self) -> Result<ZipkinSpanExporter, ConfigError> {
        let mut builder = ZipkinSpanExporter::builder()
            .with_env(&self.environment)
            .with_connector(Arc::clone(&self.connector))
            .with_clock(Arc::clone(&self.clock))
            .with_random(Arc::clone(&self.random));
        if let Some(own_telemetry) = &self.own_telemetry {
            builder = builder.with_own_telemetry(own_telemetry);
        }
        builder.build()
    }

    /// The exporter of metrics over Prometheus remote write.
    #[cfg(feature = "prometheus-remote-write")]
    pub(super) fn prometheus_remote_write(
        &self,
    ) -> Result<PrometheusRemoteWriteExporter, ConfigError> {
        let mut builder = PrometheusRemoteWriteExporter::builder()
            .with_env(&self.environment)
            .with_connector(Arc::clone(&self.connector))
            .with_clock(Arc::clone(&self.clock))
            .with_random(Arc::clone(&self.random));
        if let Some(own_telemetry) = &self.own_telemetry {
            builder = builder.with_own_telemetry(own_telemetry);
        }
        builder.build()
    }

    /// The batch processor before one exporter of spans or log records.
    pub(super) fn batch_processor<B: Processed>(
        &self,
        exporter: Arc<dyn Exporter<B>>,
        limits: B::Limits,
        configure: Option<&Configure<BatchProcessorBuilder<B>>>,
    ) -> Result<BatchProcessor<B>, ConfigError> {
        let mut builder = BatchProcessor::builder_shared(exporter)
            .with_env(&self.environment)
            .with_limits(limits);
        if self.on_current_runtime {
            builder = builder.on_current_runtime();
        }
        if let Some(own_telemetry) = &self.own_telemetry {
            builder = builder.with_own_telemetry(own_telemetry);
        }
        configured(builder, configure).build()
    }

    /// The simple processor before one exporter of spans or log records.
    pub(super) fn simple_processor<B: Processed>(
        &self,
        exporter: Arc<dyn Exporter<B>>,
        limits: B::Limits,
    ) -> Result<SimpleProcessor<B>, ConfigError> {
        let mut builder = SimpleProcessor::builder_shared(exporter).with_limits(limits);
        if self.on_current_runtime {
            builder = builder.on_current_runtime();
        }
        if let Some(own_telemetry) = &self.own_telemetry {
            builder = builder.with_own_telemetry(own_telemetry);
        }
        builder.build()
    }
}

/// `builder`, as `configure` changes it.
pub(super) fn configured<B>(builder: B, configure: Option<&Configure<B>>) -> B {
    match configure {
        Some(configure) => configure(builder),
        None => builder,
    }
}
