//! Processors of spans.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::batch::BatchProcessor;
use super::item::Processed;
use super::simple::SimpleProcessor;
use crate::environment::Environment;
use crate::limits::TraceLimits;
use crate::traces::SpanBatch;

impl Processed for SpanBatch {
    type Item = SpanData;
    type Limits = TraceLimits;

    const VARIABLES: &'static str = "OTEL_BSP";
    const SCHEDULE_DELAY: Duration = Duration::from_secs(5);
    const THREAD: &'static str = "otelbox-traces";
    const PROCESSOR: &'static str = "span processor";

    fn limits_from(environment: &Environment) -> TraceLimits {
        TraceLimits::from_env(environment)
    }

    fn of(items: Vec<SpanData>, resource: &Resource, limits: &TraceLimits) -> Self {
        Self::of(items, resource, limits)
    }
}

macro_rules! processes {
    ($processor:ident) => {
        impl SpanProcessor for $processor<SpanBatch> {
            fn on_start(&self, _span: &mut Span, _context: &Context) {}

            fn on_end(&self, span: SpanData) {
                if span.span_context.is_sampled() {
                    self.pipeline.queue.push(span);
                }
            }

            fn force_flush(&self) -> OTelSdkResult {
                self.leaving.force_flush()
            }

            fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
                self.leaving.shut_down(timeout)
            }

            fn set_resource(&mut self, resource: &Resource) {
                *self.pipeline.resource.lock() = resource.clone();
            }
        }
    };
}

processes!(BatchProcessor);
processes!(SimpleProcessor);
