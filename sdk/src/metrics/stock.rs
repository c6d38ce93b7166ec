//! Exporters made for `opentelemetry_sdk`, in this crate's reader.

use std::any::type_name;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter as StockExporter;

use super::destination::{CollectedExporter, Destination};
use super::temporality::TemporalityPreference;
use crate::export::{Deadline, ExportError, ExportFailure, ExportOutcome, FailureReason};

/// What the SDK gives an exporter for its shutdown.
const DEFAULT_SHUTDOWN: Duration = Duration::from_secs(5);

pub(crate) fn destination(exporter: impl StockExporter) -> Destination {
    Destination::Collected(Arc::new(Stock(exporter)))
}

struct Stock<E>(E);

impl<E: StockExporter> CollectedExporter for Stock<E> {
    fn export<'a>(
        &'a self,
        collected: &'a ResourceMetrics,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(async move {
            let failed = |reason, ambiguous| {
                ExportOutcome::Failed(ExportFailure {
                    ambiguous,
                    ..ExportFailure::before_any_attempt(reason)
                })
            };
            match deadline.bound(self.0.export(collected)).await {
                // How many requests it took, such an exporter does not tell.
                Ok(Ok(())) => ExportOutcome::Delivered { attempts: 1 },
                Ok(Err(OTelSdkError::AlreadyShutdown)) => failed(FailureReason::ShutDown, false),
                Ok(Err(OTelSdkError::Timeout(_))) | Err(_) => {
                    failed(FailureReason::DeadlineExceeded, true)
                }
                Ok(Err(OTelSdkError::InternalFailure(reason))) => {
                    failed(FailureReason::Other(reason), true)
                }
            }
        })
    }

    fn force_flush(&self) -> Result<(), ExportError> {
        self.0.force_flush().map_err(export_error)
    }

    fn shutdown(&self, deadline: Deadline) -> Result<(), ExportError> {
        let timeout = deadline.remaining().unwrap_or(DEFAULT_SHUTDOWN);
        self.0.shutdown_with_timeout(timeout).map_err(export_error)
    }

    fn temporality(&self) -> TemporalityPreference {
        match self.0.temporality() {
            Temporality::Delta => TemporalityPreference::delta(),
            Temporality::LowMemory => TemporalityPreference::low_memory(),
            _ => TemporalityPreference::cumulative(),
        }
    }

    fn description(&self) -> String {
        format!("exporter={}", type_name::<E>())
    }
}

fn export_error(error: OTelSdkError) -> ExportError {
    match error {
        OTelSdkError::AlreadyShutdown => ExportError::AlreadyShutDown,
        OTelSdkError::Timeout(_) => ExportError::DeadlineExceeded,
        OTelSdkError::InternalFailure(reason) => ExportError::Other(reason),
    }
}
