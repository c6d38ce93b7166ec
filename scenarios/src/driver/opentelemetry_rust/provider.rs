//! The three providers of the stock SDK, each with what an application puts into it.

use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_otlp::{ExporterBuildError, LogExporter, MetricExporter, SpanExporter};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    logs::{self, BatchLogProcessor, SdkLoggerProvider},
    metrics::{Instrument, PeriodicReader, SdkMeterProvider},
    trace::{self, BatchSpanProcessor, SdkTracerProvider},
};

use super::view::stream;
use crate::{
    driver::StartRequest,
    scenario::{Attributes, Processor, Signal},
    sut::{
        SutError,
        emitter::Emitter,
        instruments::{Instruments, key_values},
        otelbox_sdk::scope,
        workers::{Source, Worker},
    },
};

/// A provider of one signal.
pub(super) enum Provider {
    Meter(SdkMeterProvider),
    Tracer(SdkTracerProvider),
    Logger(SdkLoggerProvider),
}

impl Provider {
    pub(super) fn force_flush(&self) -> OTelSdkResult {
        match self {
            Self::Meter(provider) => provider.force_flush(),
            Self::Tracer(provider) => provider.force_flush(),
            Self::Logger(provider) => provider.force_flush(),
        }
    }

    /// Without a time limit: the SDK's own.
    pub(super) fn shutdown(&self, timeout: Option<Duration>) -> OTelSdkResult {
        match (self, timeout) {
            (Self::Meter(provider), Some(timeout)) => provider.shutdown_with_timeout(timeout),
            (Self::Meter(provider), None) => provider.shutdown(),
            (Self::Tracer(provider), Some(timeout)) => provider.shutdown_with_timeout(timeout),
            (Self::Tracer(provider), None) => provider.shutdown(),
            (Self::Logger(provider), Some(timeout)) => provider.shutdown_with_timeout(timeout),
            (Self::Logger(provider), None) => provider.shutdown(),
        }
    }
}

/// A provider as `request` asks for it, with `more` attributes of its resource.
pub(super) fn worker(
    request: &StartRequest,
    more: Option<&Attributes>,
) -> Result<Worker<Provider>, SutError> {
    let mut attributes = key_values(&request.resource);
    attributes.extend(more.map(key_values).unwrap_or_default());
    let resource = Resource::builder().with_attributes(attributes).build();
    match request.signal {
        Signal::Metrics => meter(request, resource),
        Signal::Traces => tracer(request, resource),
        Signal::Logs => logger(request, resource),
        Signal::Profiles => Err(SutError::Refused("there are no profiles".to_owned())),
    }
}

fn failed(error: &ExporterBuildError) -> SutError {
    SutError::Start(error.to_string())
}

fn meter(request: &StartRequest, resource: Resource) -> Result<Worker<Provider>, SutError> {
    let exporter = MetricExporter::builder()
        .build()
        .map_err(|error| failed(&error))?;
    let mut reader = PeriodicReader::builder(exporter);
    if let Some(interval) = request.configuration.interval_ms {
        reader = reader.with_interval(Duration::from_millis(interval));
    }
    let mut provider = SdkMeterProvider::builder()
        .with_resource(resource)
        .with_reader(reader.build());
    for view in &request.views {
        let view = view.clone();
        provider = provider.with_view(move |instrument: &Instrument| stream(&view, instrument));
    }
    let provider = provider.build();
    let instruments = Instruments::make(
        &provider.meter_with_scope(scope(request)),
        &request.instruments,
    );
    Ok(Worker {
        provider: Provider::Meter(provider),
        source: Source::Instruments(instruments),
    })
}

/// A number of items as the stock SDK takes it.
fn size(items: u64) -> usize {
    usize::try_from(items).unwrap_or(usize::MAX)
}

fn tracer(request: &StartRequest, resource: Resource) -> Result<Worker<Provider>, SutError> {
    let configuration = &request.configuration;
    let exporter = SpanExporter::builder()
        .build()
        .map_err(|error| failed(&error))?;
    let builder = SdkTracerProvider::builder().with_resource(resource);
    let provider = if configuration.processor == Some(Processor::Simple) {
        builder.with_simple_exporter(exporter).build()
    } else {
        let mut config = trace::BatchConfigBuilder::default();
        if let Some(items) = configuration.max_queue_size {
            config = config.with_max_queue_size(size(items));
        }
        if let Some(items) = configuration.max_export_batch_size {
            config = config.with_max_export_batch_size(size(items));
        }
        if let Some(delay) = configuration.schedule_delay_ms {
            config = config.with_scheduled_delay(Duration::from_millis(delay));
        }
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(config.build());
        builder.with_span_processor(processor.build()).build()
    };
    Ok(Worker {
        source: Source::Emitter(Emitter::of_spans(&provider, scope(request))),
        provider: Provider::Tracer(provider),
    })
}

fn logger(request: &StartRequest, resource: Resource) -> Result<Worker<Provider>, SutError> {
    let configuration = &request.configuration;
    let exporter = LogExporter::builder()
        .build()
        .map_err(|error| failed(&error))?;
    let builder = SdkLoggerProvider::builder().with_resource(resource);
    let provider = if configuration.processor == Some(Processor::Simple) {
        builder.with_simple_exporter(exporter).build()
    } else {
        let mut config = logs::BatchConfigBuilder::default();
        if let Some(items) = configuration.max_queue_size {
            config = config.with_max_queue_size(size(items));
        }
        if let Some(items) = configuration.max_export_batch_size {
            config = config.with_max_export_batch_size(size(items));
        }
        if let Some(delay) = configuration.schedule_delay_ms {
            config = config.with_scheduled_delay(Duration::from_millis(delay));
        }
        let processor = BatchLogProcessor::builder(exporter).with_batch_config(config.build());
        builder.with_log_processor(processor.build()).build()
    };
    Ok(Worker {
        source: Source::Emitter(Emitter::of_records(&provider, scope(request))),
        provider: Provider::Logger(provider),
    })
}
