//! The stock `opentelemetry` stack as a SUT: its reader, its processors and its OTLP exporters, as an application wires
//! them.

mod provider;
mod view;

use std::{
    thread,
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

use self::provider::Provider;
use super::{Capability, Hello, Items, Measurement, ObservableState, StartRequest};
use crate::{
    scenario::CallResult,
    sut::{CallOutcome, Sut, SutError, workers::Workers},
};

/// The release that is linked in. Spec: the lock file.
const VERSION: &str = "0.33.1";

/// One run of the stock stack. Everything that is not in the start request comes from the environment of the process.
#[derive(Default)]
pub(super) struct OpentelemetryRust {
    workers: Workers<Provider>,
}

impl OpentelemetryRust {
    /// Calls all providers at once, each from a thread of its own but for the first.
    fn all(&self, call: impl Fn(&Provider) -> OTelSdkResult + Sync) -> CallOutcome {
        #[expect(
            clippy::disallowed_methods,
            reason = "the stock SDK blocks its caller; this is how long it did"
        )]
        let began = Instant::now();
        let mut providers = self.workers.providers();
        let first = providers.next();
        let error = thread::scope(|scope| {
            let others: Vec<_> = providers
                .map(|provider| scope.spawn(|| call(provider)))
                .collect();
            let mut results: Vec<OTelSdkResult> = first.map(&call).into_iter().collect();
            results.extend(others.into_iter().map(|other| {
                other.join().unwrap_or_else(|_| {
                    let reason = "the SDK panicked in its caller".to_owned();
                    Err(OTelSdkError::InternalFailure(reason))
                })
            }));
            results.into_iter().find_map(Result::err)
        });
        CallOutcome {
            result: match &error {
                None => CallResult::Ok,
                Some(OTelSdkError::Timeout(_)) => CallResult::Timeout,
                Some(OTelSdkError::AlreadyShutdown) => CallResult::AlreadyShutDown,
                Some(OTelSdkError::InternalFailure(_)) => CallResult::Failed,
            },
            message: error.map(|error| error.to_string()),
            elapsed: began.elapsed(),
        }
    }
}

impl Sut for OpentelemetryRust {
    fn hello(&self) -> Hello {
        Hello {
            ok: true,
            sdk: "opentelemetry-rust".to_owned(),
            version: VERSION.to_owned(),
            language: "rust".to_owned(),
            // Its flush and shutdown take no time limit that has an effect, and neither its reader nor its batch
            // processors have a timeout.
            capabilities: vec![
                Capability::Metrics,
                Capability::Traces,
                Capability::Logs,
                Capability::Grpc,
                Capability::HttpProtobuf,
                Capability::HttpJson,
                Capability::Observe,
                Capability::ObserveBlock,
                Capability::Views,
                Capability::Resource,
                Capability::Interval,
                Capability::SimpleProcessor,
                Capability::MaxQueueSize,
                Capability::MaxExportBatchSize,
                Capability::ScheduleDelay,
                Capability::Workers,
                Capability::SpanDetails,
                Capability::LogInSpan,
            ],
        }
    }

    fn start<'a>(&'a mut self, request: &'a StartRequest) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            self.workers = Workers::start(request, |more| provider::worker(request, more))?;
            Ok(())
        })
    }

    fn record<'a>(
        &'a mut self,
        measurement: &'a Measurement,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move { self.workers.record(measurement) })
    }

    fn emit<'a>(&'a mut self, items: &'a Items) -> BoxFuture<'a, Result<(), SutError>> {
        // The simple processors block their caller, and their HTTP client does not want to do that inside a task.
        Box::pin(async move { tokio::task::block_in_place(|| self.workers.emit(items, None)) })
    }

    fn observe<'a>(
        &'a mut self,
        state: &'a ObservableState,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move { self.workers.observe(state) })
    }

    fn force_flush(&mut self, _: Option<Duration>) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move { Ok(self.all(Provider::force_flush)) })
    }

    fn shutdown(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move { Ok(self.all(|provider| provider.shutdown(timeout))) })
    }

    fn exit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { drop(self) })
    }
}
