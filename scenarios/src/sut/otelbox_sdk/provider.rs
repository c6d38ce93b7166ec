//! The providers of the reference SDK, one for each signal.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use opentelemetry::{SpanId, TraceId, metrics::MeterProvider as _};
use opentelemetry_sdk::{
    Resource,
    logs::SdkLoggerProvider,
    trace::{IdGenerator, SdkTracerProvider, SpanLimits},
};
use otelbox_sdk::{
    BatchProcessor, ConfigError, Exporter, MeterProvider, PeriodicExportingMetricReader, Processed,
    ProcessorError, ProcessorHandle, ReaderError, ReaderHandle, Sdk, SdkError, SimpleProcessor,
    Statistics, resource_from,
};

use super::{
    OtelboxSdk, Surroundings,
    direct::Direct,
    exporters::Format,
    words::{drop_policy, scope, view_of},
};
use crate::{
    driver::StartRequest,
    scenario::{Attributes, CallResult, Processor, Signal},
    sut::{
        SutError,
        emitter::Emitter,
        instruments::{Instruments, key_values},
        result::explained,
        workers::{Source, Worker},
    },
};

/// A provider of one signal, as far as it is flushed and shut down.
pub(super) struct Provider {
    handle: Handle,
    /// None where the SDK alone knows it.
    exporter: Option<Direct>,
}

enum Handle {
    Meter(MeterProvider),
    /// The processor of a tracer or logger provider.
    Processor(ProcessorHandle),
    /// All of the SDK, as it sets itself up.
    Sdk(Box<Sdk>),
}

/// What came of a call, and what the SDK said where it failed.
pub(super) type Called = Result<(), (CallResult, String)>;

impl Provider {
    pub(super) async fn force_flush(&self, limit: Duration) -> Called {
        match &self.handle {
            Handle::Meter(provider) => provider.force_flush(limit).await.map(drop).map_err(reader),
            Handle::Processor(handle) => {
                handle.force_flush(limit).await.map(drop).map_err(processor)
            }
            Handle::Sdk(sdk) => sdk.force_flush(limit).await.map(drop).map_err(whole),
        }
    }

    pub(super) async fn shutdown(&self, limit: Duration) -> Called {
        match &self.handle {
            Handle::Meter(provider) => provider.shutdown(limit).await.map(drop).map_err(reader),
            Handle::Processor(handle) => handle.shutdown(limit).await.map(drop).map_err(processor),
            Handle::Sdk(sdk) => sdk.shutdown(limit).await.map(drop).map_err(whole),
        }
    }

    /// What it has done so far.
    pub(super) fn statistics(&self) -> Statistics {
        match &self.handle {
            Handle::Meter(provider) => {
                let readers = provider.readers();
                let all = readers.iter().map(ReaderHandle::statistics);
                all.fold(Statistics::default(), Statistics::merged)
            }
            Handle::Processor(handle) => handle.statistics(),
            Handle::Sdk(sdk) => [
                otelbox_sdk::Signal::Traces,
                otelbox_sdk::Signal::Metrics,
                otelbox_sdk::Signal::Logs,
            ]
            .into_iter()
            .map(|signal| sdk.statistics(signal))
            .fold(Statistics::default(), Statistics::merged),
        }
    }

    /// Exports one item past reader and processor.
    pub(super) async fn export(&self, limit: Duration) -> Called {
        match &self.exporter {
            Some(exporter) => exporter.export(limit).await,
            None => Err((
                CallResult::Failed,
                "the exporter is out of reach".to_owned(),
            )),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn reader(error: ReaderError) -> (CallResult, String) {
    let result = match &error {
        ReaderError::Timeout { .. } => CallResult::Timeout,
        ReaderError::AlreadyShutDown => CallResult::AlreadyShutDown,
        _ => CallResult::Failed,
    };
    (result, explained(&error))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn processor(error: ProcessorError) -> (CallResult, String) {
    let result = match &error {
        ProcessorError::Timeout { .. } => CallResult::Timeout,
        ProcessorError::AlreadyShutDown => CallResult::AlreadyShutDown,
        _ => CallResult::Failed,
    };
    (result, explained(&error))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn whole(error: SdkError) -> (CallResult, String) {
    let result = match &error {
        SdkError::AlreadyShutDown => CallResult::AlreadyShutDown,
        _ => CallResult::Failed,
    };
    (result, explained(&error))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn failed(error: ConfigError) -> SutError {
    SutError::Start(explained(&error))
}

/// Everything that a provider is made of.
pub(super) struct Maker<'a> {
    pub(super) sdk: &'a OtelboxSdk,
    pub(super) surroundings: &'a Surroundings,
    pub(super) ids: &'a NumberedIds,
    pub(super) request: &'a StartRequest,
}

impl Maker<'_> {
    /// A provider, with `more` attributes of its resource.
    pub(super) fn worker(&self, more: Option<&Attributes>) -> Result<Worker<Provider>, SutError> {
        let mut attributes = key_values(&self.request.resource);
        attributes.extend(more.map(key_values).unwrap_or_default());
        let Some(format) = self.format() else {
            return self.whole(attributes);
        };
        format.check(&self.request.configuration)?;
        match self.request.signal {
            Signal::Metrics => self.meter(format, attributes),
            Signal::Traces => self.tracer(format, attributes),
            Signal::Logs => self.logger(attributes),
            Signal::Profiles => Err(SutError::Refused("there are no profiles".to_owned())),
        }
    }

    /// The SDK as it sets itself up, for what it alone reads: whether it is on, and what exports a signal.
    fn whole(
        &self,
        attributes: Vec<opentelemetry::KeyValue>,
    ) -> Result<Worker<Provider>, SutError> {
        let Surroundings {
            env,
            connector,
            clock,
            random,
            on_current_runtime,
        } = self.surroundings;
        let mut builder = Sdk::builder()
            .with_env(env)
            .with_clock(Arc::clone(clock))
            .with_random(Arc::clone(random))
            .with_drop_timeout(Duration::ZERO);
        if let Some(connector) = connector {
            builder = builder.with_connector(Arc::clone(connector));
        }
        if *on_current_runtime {
            builder = builder.on_current_runtime();
        }
        for attribute in attributes {
            builder = builder.with_attribute(attribute);
        }
        let signal = self.request.signal;
        if signal != Signal::Traces {
            builder = builder.without_traces();
        }
        if signal != Signal::Metrics {
            builder = builder.without_metrics();
        }
        if signal != Signal::Logs {
            builder = builder.without_logs();
        }
        let sdk = builder.build().map_err(failed)?;
        let scope = scope(self.request);
        let source = match signal {
            Signal::Traces => Source::Emitter(Emitter::of_spans(sdk.tracer_provider(), scope)),
            Signal::Logs => Source::Emitter(Emitter::of_records(sdk.logger_provider(), scope)),
            _ => Source::Instruments(Instruments::make(
                &sdk.meter_provider().meter_with_scope(scope),
                &self.request.instruments,
            )),
        };
        Ok(Worker {
            provider: Provider {
                handle: Handle::Sdk(Box::new(sdk)),
                exporter: None,
            },
            source,
        })
    }

    fn meter(
        &self,
        format: Format,
        attributes: Vec<opentelemetry::KeyValue>,
    ) -> Result<Worker<Provider>, SutError> {
        let configuration = &self.request.configuration;
        let env = &self.surroundings.env;
        let exporter = self.exporter_of_metrics(format).map_err(failed)?;
        let direct = Direct::Metrics(Arc::clone(&exporter));
        let mut reader = PeriodicExportingMetricReader::builder_shared(exporter)
            .with_env(env)
            .with_clock(Arc::clone(&self.surroundings.clock));
        if let Some(interval) = configuration.interval_ms {
            reader = reader.with_interval(Duration::from_millis(interval));
        }
        if let Some(timeout) = configuration.timeout_ms {
            reader = reader.with_timeout(Duration::from_millis(timeout));
        }
        if let Some(policy) = configuration.drop_policy {
            reader = reader.with_drop_policy(drop_policy(policy));
        }
        if configuration.allow_slow_cycles == Some(true) {
            reader = reader.allow_slow_cycles();
        }
        if self.surroundings.on_current_runtime {
            reader = reader.on_current_runtime();
        }
        let reader = (self.sdk.reader)(reader).build().map_err(failed)?;
        let mut provider = MeterProvider::builder()
            .with_resource(resource_from(env))
            .with_resource(
                Resource::builder_empty()
                    .with_attributes(attributes)
                    .build(),
            )
            .with_reader(reader);
        for view in &self.request.views {
            provider = provider.with_view(view_of(view));
        }
        if !self.request.views_in_order.is_empty() {
            provider =
                provider.with_views_in_order(self.request.views_in_order.iter().map(view_of));
        }
        let provider = provider.build().map_err(failed)?;
        let instruments = Instruments::make(
            &provider.meter_with_scope(scope(self.request)),
            &self.request.instruments,
        );
        Ok(Worker {
            provider: Provider {
                handle: Handle::Meter(provider),
                exporter: Some(direct),
            },
            source: Source::Instruments(instruments),
        })
    }

    fn tracer(
        &self,
        format: Format,
        attributes: Vec<opentelemetry::KeyValue>,
    ) -> Result<Worker<Provider>, SutError> {
        let exporter = self.exporter_of_spans(format).map_err(failed)?;
        let direct = Direct::Spans(Arc::clone(&exporter));
        let mut builder = SdkTracerProvider::builder()
            .with_resource(self.resource(attributes))
            .with_sampler(self.sdk.sampler.clone())
            .with_span_limits(SpanLimits::default());
        if self.surroundings.on_current_runtime {
            builder = builder.with_id_generator(self.ids.clone());
        }
        let (handle, builder) = match self.processor(exporter)? {
            Built::Batch(processor) => (processor.handle(), builder.with_span_processor(processor)),
            Built::Simple(processor) => {
                (processor.handle(), builder.with_span_processor(processor))
            }
        };
        Ok(Worker {
            provider: Provider {
                handle: Handle::Processor(handle),
                exporter: Some(direct),
            },
            source: Source::Emitter(Emitter::of_spans(&builder.build(), scope(self.request))),
        })
    }

    fn logger(
        &self,
        attributes: Vec<opentelemetry::KeyValue>,
    ) -> Result<Worker<Provider>, SutError> {
        let exporter = self.exporter_of_records().map_err(failed)?;
        let direct = Direct::Records(Arc::clone(&exporter));
        let builder = SdkLoggerProvider::builder().with_resource(self.resource(attributes));
        let (handle, builder) = match self.processor(exporter)? {
            Built::Batch(processor) => (processor.handle(), builder.with_log_processor(processor)),
            Built::Simple(processor) => (processor.handle(), builder.with_log_processor(processor)),
        };
        Ok(Worker {
            provider: Provider {
                handle: Handle::Processor(handle),
                exporter: Some(direct),
            },
            source: Source::Emitter(Emitter::of_records(&builder.build(), scope(self.request))),
        })
    }

    /// The resource of the environment with these attributes on top.
    fn resource(&self, attributes: Vec<opentelemetry::KeyValue>) -> Resource {
        let base = resource_from(&self.surroundings.env);
        let mut builder = Resource::builder_empty().with_attributes(
            base.iter()
                .map(|(key, value)| opentelemetry::KeyValue::new(key.clone(), value.clone())),
        );
        builder = builder.with_attributes(attributes);
        builder.build()
    }

    fn processor<B: Processed>(
        &self,
        exporter: Arc<dyn Exporter<B>>,
    ) -> Result<Built<B>, SutError> {
        let configuration = &self.request.configuration;
        let timeout = configuration.export_timeout_ms.map(Duration::from_millis);
        let size = |items: u64| usize::try_from(items).unwrap_or(usize::MAX);
        if configuration.processor == Some(Processor::Simple) {
            let mut builder = SimpleProcessor::builder_shared(exporter);
            if let Some(items) = configuration.max_queue_size {
                builder = builder.with_max_queue_size(size(items));
            }
            if let Some(timeout) = timeout {
                builder = builder.with_export_timeout(timeout);
            }
            if self.surroundings.on_current_runtime {
                builder = builder.on_current_runtime();
            }
            return builder.build().map(Built::Simple).map_err(failed);
        }
        let mut builder = BatchProcessor::builder_shared(exporter).with_env(&self.surroundings.env);
        if let Some(items) = configuration.max_queue_size {
            builder = builder.with_max_queue_size(size(items));
        }
        if let Some(items) = configuration.max_export_batch_size {
            builder = builder.with_max_export_batch_size(size(items));
        }
        if let Some(delay) = configuration.schedule_delay_ms {
            builder = builder.with_schedule_delay(Duration::from_millis(delay));
        }
        if let Some(timeout) = timeout {
            builder = builder.with_export_timeout(timeout);
        }
        if self.surroundings.on_current_runtime {
            builder = builder.on_current_runtime();
        }
        builder.build().map(Built::Batch).map_err(failed)
    }
}

/// A processor of one of the two kinds.
enum Built<B: Processed> {
    Batch(BatchProcessor<B>),
    Simple(SimpleProcessor<B>),
}

/// Ids that are numbered, so that timelines and payloads are the same in every run.
#[derive(Clone, Debug)]
pub(super) struct NumberedIds {
    last: Arc<AtomicU64>,
    step: u64,
}

impl NumberedIds {
    /// All ids differ, or (crooked) all are the same.
    pub(super) fn new(repeated: bool) -> Self {
        Self {
            last: Arc::new(AtomicU64::new(0)),
            step: u64::from(!repeated),
        }
    }

    fn next(&self) -> u64 {
        self.last.fetch_add(self.step, Ordering::Relaxed) + 1
    }
}

impl IdGenerator for NumberedIds {
    fn new_trace_id(&self) -> TraceId {
        TraceId::from((0x0b0c_u128 << 112) | u128::from(self.next()))
    }

    fn new_span_id(&self) -> SpanId {
        SpanId::from((0x0b0c_u64 << 48) | self.next())
    }
}
