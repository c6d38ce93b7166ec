//! A stock provider with one of our processors and a scripted exporter.

use std::ops::Range;
use std::time::Duration;

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger, LoggerProvider as _};
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLoggerProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanProcessor};
use otelbox_sdk::{
    BatchProcessor, BatchProcessorBuilder, Environment, LogBatch, Processed, ProcessorHandle,
    SimpleProcessor, SpanBatch,
};

pub(crate) use crate::exporter::{Act, Scripted, seconds};

/// A signal whose items carry a number.
pub(crate) trait Numbered: Processed + Clone {
    type Provider: Send + 'static;

    fn provider_of_batches(processor: BatchProcessor<Self>) -> Self::Provider;
    fn provider_of_each(processor: SimpleProcessor<Self>) -> Self::Provider;
    fn emit(provider: &Self::Provider, number: u64);
    fn numbers(&self) -> Vec<u64>;
    fn service(&self) -> String;
    fn force_flush(provider: &Self::Provider) -> OTelSdkResult;
    fn shutdown(provider: &Self::Provider, limit: Duration) -> OTelSdkResult;
}

fn resource() -> Resource {
    Resource::builder_empty()
        .with_service_name("checkout")
        .build()
}

fn tracer_provider(processor: impl SpanProcessor + 'static) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_span_processor(processor)
        .with_sampler(Sampler::AlwaysOn)
        .with_resource(resource())
        .build()
}

fn logger_provider(processor: impl LogProcessor + 'static) -> SdkLoggerProvider {
    SdkLoggerProvider::builder()
        .with_log_processor(processor)
        .with_resource(resource())
        .build()
}

impl Numbered for SpanBatch {
    type Provider = SdkTracerProvider;

    fn provider_of_batches(processor: BatchProcessor<Self>) -> SdkTracerProvider {
        tracer_provider(processor)
    }

    fn provider_of_each(processor: SimpleProcessor<Self>) -> SdkTracerProvider {
        tracer_provider(processor)
    }

    fn emit(provider: &SdkTracerProvider, number: u64) {
        provider.tracer("test").start(number.to_string()).end();
    }

    fn numbers(&self) -> Vec<u64> {
        let number = |name: &str| name.parse().expect("a number");
        self.spans().map(|span| number(&span.name)).collect()
    }

    fn service(&self) -> String {
        format!("{:?}", self.request.resource_spans[0].resource)
    }

    fn force_flush(provider: &SdkTracerProvider) -> OTelSdkResult {
        provider.force_flush()
    }

    fn shutdown(provider: &SdkTracerProvider, limit: Duration) -> OTelSdkResult {
        provider.shutdown_with_timeout(limit)
    }
}

impl Numbered for LogBatch {
    type Provider = SdkLoggerProvider;

    fn provider_of_batches(processor: BatchProcessor<Self>) -> SdkLoggerProvider {
        logger_provider(processor)
    }

    fn provider_of_each(processor: SimpleProcessor<Self>) -> SdkLoggerProvider {
        logger_provider(processor)
    }

    fn emit(provider: &SdkLoggerProvider, number: u64) {
        let logger = provider.logger("test");
        let mut record = logger.create_log_record();
        record.set_body(AnyValue::String(number.to_string().into()));
        logger.emit(record);
    }

    fn numbers(&self) -> Vec<u64> {
        let number = |record: &opentelemetry_proto::tonic::logs::v1::LogRecord| match record
            .body
            .as_ref()
            .and_then(|body| body.value.as_ref())
        {
            Some(Value::StringValue(text)) => text.parse().expect("a number"),
            other => panic!("{other:?} is not a text"),
        };
        self.log_records().map(number).collect()
    }

    fn service(&self) -> String {
        format!("{:?}", self.request.resource_logs[0].resource)
    }

    fn force_flush(provider: &SdkLoggerProvider) -> OTelSdkResult {
        provider.force_flush()
    }

    fn shutdown(provider: &SdkLoggerProvider, limit: Duration) -> OTelSdkResult {
        provider.shutdown_with_timeout(limit)
    }
}

/// Runs each test for spans and for log records, in virtual time.
macro_rules! for_each_signal {
    ($($test:ident),* $(,)?) => {
        mod spans {
            $(#[tokio::test(start_paused = true)]
            async fn $test() {
                super::$test::<otelbox_sdk::SpanBatch>().await;
            })*
        }
        mod log_records {
            $(#[tokio::test(start_paused = true)]
            async fn $test() {
                super::$test::<otelbox_sdk::LogBatch>().await;
            })*
        }
    };
}
pub(crate) use for_each_signal;

/// Provider, processor and exporter.
pub(crate) struct Rig<B: Numbered> {
    pub(crate) exporter: Scripted<B>,
    pub(crate) handle: ProcessorHandle,
    pub(crate) provider: B::Provider,
}

/// A batch processor for `exporter` that reads no environment: a queue of 8, batches of 3, a delay of 5 s and an export
/// timeout of 30 s.
pub(crate) fn builder<B: Numbered>(exporter: &Scripted<B>) -> BatchProcessorBuilder<B> {
    BatchProcessor::builder(exporter.clone())
        .with_max_queue_size(8)
        .with_max_export_batch_size(3)
        .with_schedule_delay(seconds(5))
        .with_export_timeout(seconds(30))
        .with_env(&Environment::empty())
}

impl<B: Numbered> Rig<B> {
    /// On the test's own runtime.
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        let exporter = Scripted::new(acts);
        let builder = builder(&exporter).on_current_runtime();
        Self::of(exporter, builder)
    }

    pub(crate) fn of(exporter: Scripted<B>, builder: BatchProcessorBuilder<B>) -> Self {
        let processor = builder.build().expect("a processor");
        Self {
            exporter,
            handle: processor.handle(),
            provider: B::provider_of_batches(processor),
        }
    }

    /// Ends spans or emits log records with these numbers.
    pub(crate) fn emit(&self, numbers: Range<u64>) {
        numbers.for_each(|number| B::emit(&self.provider, number));
    }

    /// When each export started, in seconds, and what it carried.
    pub(crate) fn exports(&self) -> Vec<(u64, Vec<u64>)> {
        self.exporter
            .seen()
            .iter()
            .map(|seen| (seen.started.as_secs(), seen.batch.numbers()))
            .collect()
    }
}
