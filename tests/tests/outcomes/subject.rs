//! The reference SDK for one signal: what emits, flushes and shuts down.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::KeyValue;
use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use otelbox_mock_collector::{Protocol, Signal};
use otelbox_sdk::logs::LogBatch;
use otelbox_sdk::traces::SpanBatch;
use otelbox_sdk::{
    Batch, BatchProcessor, Clock, ConfigError, Connector, CycleReport, Environment, ExportOutcome,
    Exporter, MeterProvider, MetricBatch, OtlpExporter, PemSource, PeriodicExportingMetricReader,
    Processed, ProcessorError, ProcessorHandle, ProcessorReport, RandomSource, ReaderError,
    RetryPolicy, Statistics, TemporalityPreference, Undelivered,
};
use tokio::time::Instant;

/// The attribute that numbers what is emitted: a span, a log record, a data point.
pub(super) const ITEM: &str = "otelbox.item";

/// What the SDK is made of.
pub(super) struct Parts {
    pub(super) signal: Signal,
    pub(super) protocol: Protocol,
    pub(super) endpoint: String,
    /// The authority to be trusted, in PEM.
    pub(super) ca: Option<String>,
    pub(super) connector: Arc<dyn Connector>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn RandomSource>,
    /// The time of a cycle, or of the export of a batch, with all that belongs to it; absent: the SDK's default.
    pub(super) cycle: Option<Duration>,
    /// The time of the exporter; absent: the SDK's default.
    pub(super) exporter: Option<Duration>,
    /// Another policy of retrying, with other waits.
    pub(super) policy: Option<Arc<dyn RetryPolicy>>,
}

/// The SDK for one signal.
pub(super) enum Subject {
    Metrics(MeterProvider),
    Traces(SdkTracerProvider, ProcessorHandle),
    Logs(SdkLoggerProvider, ProcessorHandle),
}

/// A call of `force_flush` or `shutdown`, and what it said.
#[derive(Clone, Debug)]
pub(super) struct Called {
    pub(super) name: &'static str,
    pub(super) limit: Duration,
    pub(super) elapsed: Duration,
    /// None where it said that all is well.
    pub(super) error: Option<String>,
    /// What it said is lost.
    pub(super) lost: Vec<Lost>,
}

/// What a call said is lost.
#[derive(Clone, Debug)]
pub(super) struct Lost {
    pub(super) items: u64,
    /// Whether the receiver may have it, as the SDK says.
    pub(super) is_ambiguous: bool,
}

/// What a call came to, without its time.
type Said = Result<(), (String, Vec<Lost>)>;

impl Subject {
    /// An SDK that runs, on the current runtime.
    pub(super) fn start(parts: &Parts) -> Result<Self, ConfigError> {
        let resource = Resource::builder_empty()
            .with_attribute(KeyValue::new("service.name", "outcomes"))
            .build();
        match parts.signal {
            Signal::Traces => {
                let processor = parts.processor::<SpanBatch>()?;
                let handle = processor.handle();
                let provider = SdkTracerProvider::builder()
                    .with_resource(resource)
                    .with_span_processor(processor)
                    .build();
                Ok(Self::Traces(provider, handle))
            }
            Signal::Logs => {
                let processor = parts.processor::<LogBatch>()?;
                let handle = processor.handle();
                let provider = SdkLoggerProvider::builder()
                    .with_resource(resource)
                    .with_log_processor(processor)
                    .build();
                Ok(Self::Logs(provider, handle))
            }
            Signal::Metrics | Signal::Profiles => {
                let exporter = parts
                    .exporter_builder::<MetricBatch>()
                    .with_temporality(TemporalityPreference::delta())
                    .build()?;
                let mut reader = PeriodicExportingMetricReader::builder(exporter)
                    .with_env(&Environment::empty())
                    .with_clock(Arc::clone(&parts.clock))
                    .on_current_runtime();
                if let Some(timeout) = parts.cycle {
                    reader = reader.with_timeout(timeout);
                }
                let provider = MeterProvider::builder()
                    .with_resource(resource)
                    .with_reader(reader.build()?)
                    .build()?;
                Ok(Self::Metrics(provider))
            }
        }
    }

    /// Emits one item for each number.
    pub(super) fn emit(&self, numbers: std::ops::Range<i64>) {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        for number in numbers {
            let item = KeyValue::new(ITEM, number);
            match self {
                Self::Metrics(provider) => {
                    let meter = provider.meter("outcomes");
                    meter.u64_counter("items").build().add(1, &[item]);
                }
                Self::Traces(provider, _) => {
                    let tracer = provider.tracer("outcomes");
                    let span = tracer
                        .span_builder("item")
                        .with_start_time(at)
                        .with_attributes([item]);
                    let mut span = tracer.build(span);
                    span.end_with_timestamp(at);
                }
                Self::Logs(provider, _) => {
                    let logger = provider.logger("outcomes");
                    let mut record = logger.create_log_record();
                    record.set_timestamp(at);
                    record.set_observed_timestamp(at);
                    record.set_body("item".into());
                    record.add_attribute(ITEM, number);
                    logger.emit(record);
                }
            }
        }
    }

    /// How long it is until something that was emitted leaves by itself.
    pub(super) fn delay(&self) -> Duration {
        match self {
            Self::Metrics(_) => Duration::from_secs(60),
            Self::Traces(..) => Duration::from_secs(5),
            Self::Logs(..) => Duration::from_secs(1),
        }
    }

    pub(super) async fn force_flush(&self, limit: Duration) -> Called {
        let began = Instant::now();
        let said = match self {
            Self::Metrics(provider) => of_reader(
                provider
                    .force_flush(limit)
                    .await
                    .map(|reports| reports.into_iter().map(|report| report.cycle).collect()),
            ),
            Self::Traces(_, handle) | Self::Logs(_, handle) => {
                of_processor(handle.force_flush(limit).await)
            }
        };
        Called::of("force_flush", limit, began, said)
    }

    pub(super) async fn shutdown(&self, limit: Duration) -> Called {
        let began = Instant::now();
        let said = match self {
            Self::Metrics(provider) => of_reader(provider.shutdown(limit).await.map(|reports| {
                let cycles = reports.into_iter();
                cycles
                    .flat_map(|report| report.interrupted.into_iter().chain(report.last))
                    .collect()
            })),
            Self::Traces(_, handle) | Self::Logs(_, handle) => {
                of_processor(handle.shutdown(limit).await)
            }
        };
        Called::of("shutdown", limit, began, said)
    }

    pub(super) fn statistics(&self) -> Statistics {
        match self {
            Self::Metrics(provider) => provider
                .readers()
                .iter()
                .map(otelbox_sdk::ReaderHandle::statistics)
                .fold(Statistics::default(), Statistics::merged),
            Self::Traces(_, handle) | Self::Logs(_, handle) => handle.statistics(),
        }
    }
}

impl Parts {
    fn exporter_builder<B: Batch>(&self) -> otelbox_sdk::OtlpExporterBuilder<B> {
        let mut builder = OtlpExporter::<B>::builder()
            .with_env(&Environment::empty())
            .with_endpoint(&self.endpoint)
            .with_protocol(match self.protocol {
                Protocol::Grpc => otelbox_sdk::Protocol::Grpc,
                Protocol::HttpProtobuf => otelbox_sdk::Protocol::HttpProtobuf,
                Protocol::HttpJson => otelbox_sdk::Protocol::HttpJson,
                other => unreachable!("{other} is not OTLP"),
            })
            .with_connector(Arc::clone(&self.connector))
            .with_clock(Arc::clone(&self.clock))
            .with_random(Arc::clone(&self.random));
        if let Some(timeout) = self.exporter {
            builder = builder.with_timeout(timeout);
        }
        if let Some(policy) = &self.policy {
            builder = builder.with_retry_policy(Arc::clone(policy));
        }
        if let Some(ca) = &self.ca {
            builder = builder.with_ca_certificate(PemSource::Text(ca.clone().into_bytes()));
        }
        builder
    }

    fn processor<B: Processed>(&self) -> Result<BatchProcessor<B>, ConfigError>
    where
        OtlpExporter<B>: Exporter<B>,
    {
        let exporter = self.exporter_builder::<B>().build()?;
        let mut builder = BatchProcessor::builder(exporter)
            .with_env(&Environment::empty())
            .on_current_runtime();
        if let Some(timeout) = self.cycle {
            builder = builder.with_export_timeout(timeout);
        }
        builder.build()
    }
}

impl Called {
    fn of(name: &'static str, limit: Duration, began: Instant, said: Said) -> Self {
        let (error, lost) = match said {
            Ok(()) => (None, Vec::new()),
            Err((error, lost)) => (Some(error), lost),
        };
        Self {
            name,
            limit,
            elapsed: began.elapsed(),
            error,
            lost,
        }
    }
}

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = self.error.as_deref().unwrap_or("ok");
        write!(
            f,
            "{}({:?}) after {:?}: {said}",
            self.name, self.limit, self.elapsed
        )
    }
}

fn of_reader(result: Result<Vec<CycleReport>, ReaderError>) -> Said {
    match result {
        // The outcome of a call that succeeded is a delivery, or there was nothing to deliver.
        Ok(cycles) => {
            let failed = cycles
                .iter()
                .find(|cycle| matches!(cycle.outcome, Some(ExportOutcome::Failed(_))));
            match failed {
                Some(cycle) if cycle.lost.iter().any(|loss| !loss.is_restated) => Err((
                    "said ok, and reports a cycle that failed".to_owned(),
                    Vec::new(),
                )),
                _ => Ok(()),
            }
        }
        Err(error) => {
            let lost = error.lost().iter().map(|loss| Lost {
                items: loss.points,
                is_ambiguous: loss.failure.ambiguous,
            });
            Err((error.to_string(), lost.collect()))
        }
    }
}

fn of_processor(result: Result<ProcessorReport, ProcessorError>) -> Said {
    match result {
        Ok(_) => Ok(()),
        Err(error) => {
            let lost = error.lost().iter().map(|loss| Lost {
                items: loss.items,
                is_ambiguous: match &loss.reason {
                    Undelivered::Failed(failure) => failure.ambiguous,
                    _ => false,
                },
            });
            Err((error.to_string(), lost.collect()))
        }
    }
}
