//! Processors of log records.

use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};

use super::batch::BatchProcessor;
use super::item::Processed;
use super::simple::SimpleProcessor;
use crate::environment::Environment;
use crate::limits::LogLimits;
use crate::logs::LogBatch;

impl Processed for LogBatch {
    type Item = (SdkLogRecord, InstrumentationScope);
    type Limits = LogLimits;

    const VARIABLES: &'static str = "OTEL_BLRP";
    const SCHEDULE_DELAY: Duration = Duration::from_secs(1);
    const THREAD: &'static str = "otelbox-logs";
    const PROCESSOR: &'static str = "log record processor";

    fn limits_from(environment: &Environment) -> LogLimits {
        LogLimits::from_env(environment)
    }

    fn of(items: Vec<Self::Item>, resource: &Resource, limits: &LogLimits) -> Self {
        Self::of(items, resource, limits)
    }
}

macro_rules! processes {
    ($processor:ident) => {
        impl LogProcessor for $processor<LogBatch> {
            fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
                self.pipeline.queue.push((record.clone(), scope.clone()));
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
