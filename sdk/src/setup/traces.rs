//! The pipeline of spans.

use std::sync::Arc;

use opentelemetry_sdk::trace::{
    IdGenerator, SdkTracerProvider, ShouldSample, TracerProviderBuilder,
};

use super::parts::{Configure, Parts, configured};
use super::route::{Feed, Kind, Wanted};
use super::sampler::sampler_from;
use super::started;
use crate::config_error::ConfigError;
use crate::export::Exporter as ExporterOf;
use crate::limits::TraceLimits;
use crate::processor::ProcessorHandle;
use crate::signal::Signal;
use crate::traces::{BatchSpanProcessorBuilder, ConsoleSpanExporter, SpanBatch};

type Exporter = dyn ExporterOf<SpanBatch>;

/// The exporters that `OTEL_TRACES_EXPORTER` knows.
const KINDS: &[Kind<SpanBatch, Exporter>] = &[
    ("otlp", |parts, configure| {
        Ok((Arc::new(parts.otlp(configure)?), Feed::Batches))
    }),
    ("console", |parts, _| {
        let exporter = ConsoleSpanExporter::to((parts.console)());
        Ok((Arc::new(exporter), Feed::AtOnce))
    }),
    #[cfg(feature = "zipkin")]
    ("zipkin", |parts, _| {
        Ok((Arc::new(parts.zipkin()?), Feed::Batches))
    }),
];

/// What was said in code about traces.
#[derive(Default)]
pub(super) struct Traces {
    pub(super) exporters: Wanted<SpanBatch, Exporter>,
    pub(super) sampler: Option<Box<dyn ShouldSample>>,
    pub(super) id_generator: Option<Ids>,
    pub(super) limits: Option<TraceLimits>,
    pub(super) processor: Option<Configure<BatchSpanProcessorBuilder>>,
    pub(super) provider: Option<Configure<TracerProviderBuilder>>,
}

impl Traces {
    pub(super) fn build(
        self,
        parts: &Parts,
    ) -> Result<(SdkTracerProvider, Vec<ProcessorHandle>), ConfigError> {
        let limits = self
            .limits
            .unwrap_or_else(|| TraceLimits::from_env(&parts.environment));
        let (sampler, sampler_name) = if let Some(sampler) = self.sampler {
            let name = format!("{sampler:?}");
            (sampler, name)
        } else {
            let (sampler, name) = sampler_from(&parts.environment);
            (sampler.into(), name)
        };
        let mut provider = SdkTracerProvider::builder()
            .with_resource(parts.resource.clone())
            .with_sampler(sampler)
            .with_span_limits(limits.sdk_limits());
        if let Some(ids) = self.id_generator {
            provider = provider.with_id_generator(ids);
        }
        let (mut handles, mut names) = (Vec::new(), Vec::new());
        for route in self.exporters.routes(parts, KINDS)? {
            names.push(route.name);
            match route.feed {
                Feed::Batches => {
                    let processor =
                        parts.batch_processor(route.exporter, limits, self.processor.as_ref())?;
                    handles.push(processor.handle());
                    provider = provider.with_span_processor(processor);
                }
                Feed::AtOnce => {
                    let processor = parts.simple_processor(route.exporter, limits)?;
                    handles.push(processor.handle());
                    provider = provider.with_span_processor(processor);
                }
            }
        }
        started(Signal::Traces, &names, &format!(" sampler={sampler_name}"));
        Ok((
            configured(provider, self.provider.as_ref()).build(),
            handles,
        ))
    }
}

/// An id generator that was given in code.
#[derive(Debug)]
pub(super) struct Ids(pub(super) Box<dyn IdGenerator>);

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> opentelemetry::trace::TraceId {
        self.0.new_trace_id()
    }

    fn new_span_id(&self) -> opentelemetry::trace::SpanId {
        self.0.new_span_id()
    }
}
