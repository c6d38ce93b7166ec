//! A provider of meters around those of `opentelemetry_sdk`.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::{InstrumentProvider, Meter};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use parking_lot::Mutex;

use super::MeterProviderBuilder;
use super::instruments::{Instruments, NoInstruments, Scoped};
use crate::environment::LOG_TARGET;
use crate::metrics::instrumentation::{Catalogue, Instrumentation};
use crate::metrics::reader::{FlushReport, ReaderError, ReaderHandle, ShutdownReport};
use crate::metrics::temporality::TemporalityPreference;
use crate::metrics::times::Creations;

/// What a provider that is dropped without a shutdown gives each reader.
const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// Makes meters, and owns the readers that collect what their instruments record. Clones are the same provider.
///
/// It implements the API's `MeterProvider`, so any instrumented crate works with it, and it can be the global one.
///
/// When the last clone is dropped without a shutdown, the readers are shut down with 5 s each. On the runtime that a
/// reader itself runs on that is not possible without a deadlock: there a warning says what is lost. So call
/// [`shutdown`](Self::shutdown).
#[derive(Clone)]
pub struct MeterProvider {
    inner: Arc<Inner>,
}

struct Inner {
    pipelines: Vec<Arc<Pipeline>>,
    catalogue: Arc<Catalogue>,
    meters: Mutex<HashMap<InstrumentationScope, Arc<Instruments>>>,
    shut_down: AtomicBool,
}

/// A provider of the SDK with at most one reader.
pub(super) struct Pipeline {
    sdk: SdkMeterProvider,
    pub(super) read: Option<Read>,
}

/// The reader of a pipeline.
pub(super) struct Read {
    handle: ReaderHandle,
    pub(super) instrumentation: Arc<Instrumentation>,
    pub(super) creations: Arc<Creations>,
    pub(super) temporality: TemporalityPreference,
}

impl Pipeline {
    pub(super) fn new(
        sdk: SdkMeterProvider,
        handle: ReaderHandle,
        instrumentation: Arc<Instrumentation>,
        creations: Arc<Creations>,
        temporality: TemporalityPreference,
    ) -> Self {
        Self {
            sdk,
            read: Some(Read {
                handle,
                instrumentation,
                creations,
                temporality,
            }),
        }
    }

    pub(super) fn without_reader(sdk: SdkMeterProvider) -> Self {
        Self { sdk, read: None }
    }
}

impl MeterProvider {
    /// A provider without readers and views: add them.
    pub fn builder() -> MeterProviderBuilder {
        MeterProviderBuilder::default()
    }

    pub(super) fn new(pipelines: Vec<Pipeline>, catalogue: Arc<Catalogue>) -> Self {
        Self {
            inner: Arc::new(Inner {
                pipelines: pipelines.into_iter().map(Arc::new).collect(),
                catalogue,
                meters: Mutex::default(),
                shut_down: AtomicBool::new(false),
            }),
        }
    }

    /// The provider of `opentelemetry_sdk` behind the first reader. (Each reader has one of its own.) Instruments made
    /// through it reach that reader only, and their callbacks run under the SDK's lock, where a panic ends all metrics.
    pub fn sdk(&self) -> &SdkMeterProvider {
        &self.inner.pipelines[0].sdk
    }

    /// The handles of the readers, in the order in which they were added.
    pub fn readers(&self) -> Vec<ReaderHandle> {
        self.inner.handles().cloned().collect()
    }

    /// Flushes all readers at once. See [`ReaderHandle::force_flush`].
    ///
    /// # Errors
    ///
    /// The error of the first reader, in their order, that failed.
    pub async fn force_flush(&self, timeout: Duration) -> Result<Vec<FlushReport>, ReaderError> {
        let flushes = self
            .inner
            .handles()
            .map(|reader| reader.force_flush(timeout));
        join_all(flushes).await.into_iter().collect()
    }

    /// Shuts all readers down at once. See [`ReaderHandle::shutdown`]. Meters made after it record nothing.
    ///
    /// # Errors
    ///
    /// The error of the first reader, in their order, that failed; [`AlreadyShutDown`](ReaderError::AlreadyShutDown) the
    /// second time.
    pub async fn shutdown(&self, timeout: Duration) -> Result<Vec<ShutdownReport>, ReaderError> {
        if self.inner.shut_down.swap(true, Ordering::SeqCst) {
            return Err(ReaderError::AlreadyShutDown);
        }
        let shutdowns = self.inner.handles().map(|reader| reader.shutdown(timeout));
        let results = join_all(shutdowns).await;
        self.inner.end_sdk();
        results.into_iter().collect()
    }

    /// As [`force_flush`](Self::force_flush), from outside of any runtime, one reader after the other.
    ///
    /// # Errors
    ///
    /// As the async form, and [`WouldDeadlock`](ReaderError::WouldDeadlock).
    pub fn blocking_force_flush(&self, timeout: Duration) -> Result<Vec<FlushReport>, ReaderError> {
        let results: Vec<_> = self
            .inner
            .handles()
            .map(|reader| reader.blocking_force_flush(timeout))
            .collect();
        results.into_iter().collect()
    }

    /// As [`shutdown`](Self::shutdown), from outside of any runtime, one reader after the other.
    ///
    /// # Errors
    ///
    /// As the async form, and [`WouldDeadlock`](ReaderError::WouldDeadlock), after which the provider still runs.
    pub fn blocking_shutdown(&self, timeout: Duration) -> Result<Vec<ShutdownReport>, ReaderError> {
        self.inner.check_blocking()?;
        if self.inner.shut_down.swap(true, Ordering::SeqCst) {
            return Err(ReaderError::AlreadyShutDown);
        }
        let result = self.inner.blocking_shutdown(timeout);
        self.inner.end_sdk();
        result
    }
}

impl opentelemetry::metrics::MeterProvider for MeterProvider {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        if self.inner.shut_down.load(Ordering::SeqCst) {
            return Meter::new(Arc::new(NoInstruments));
        }
        let mut meters = self.inner.meters.lock();
        let instruments = meters.entry(scope.clone()).or_insert_with(|| {
            let scoped = self
                .inner
                .pipelines
                .iter()
                .map(|pipeline| {
                    let meter = pipeline.sdk.meter_with_scope(scope.clone());
                    Scoped::new(meter, Arc::clone(pipeline))
                })
                .collect();
            Arc::new(Instruments::new(
                scope,
                scoped,
                Arc::clone(&self.inner.catalogue),
            ))
        });
        let instruments: Arc<dyn InstrumentProvider + Send + Sync> = Arc::clone(instruments) as _;
        Meter::new(instruments)
    }
}

impl fmt::Debug for MeterProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeterProvider")
            .field("readers", &self.readers())
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn handles(&self) -> impl Iterator<Item = &ReaderHandle> {
        self.pipelines
            .iter()
            .filter_map(|pipeline| pipeline.read.as_ref())
            .map(|read| &read.handle)
    }

    fn check_blocking(&self) -> Result<(), ReaderError> {
        self.handles().try_for_each(ReaderHandle::check_blocking)
    }

    fn blocking_shutdown(&self, timeout: Duration) -> Result<Vec<ShutdownReport>, ReaderError> {
        let results: Vec<_> = self
            .handles()
            .map(|reader| reader.blocking_shutdown(timeout))
            .collect();
        results.into_iter().collect()
    }

    /// Tells the SDK that it is over; its readers know already, and say so.
    fn end_sdk(&self) {
        for pipeline in &self.pipelines {
            let _ = pipeline.sdk.shutdown_with_timeout(Duration::ZERO);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.shut_down.load(Ordering::SeqCst) {
            return;
        }
        match self.blocking_shutdown(DROP_TIMEOUT) {
            // Somebody has shut the reader down by its handle.
            Ok(_) | Err(ReaderError::AlreadyShutDown) => {}
            Err(error) => tracing::warn!(
                target: LOG_TARGET,
                "the meter provider was dropped without a shutdown, what was recorded since the last collection is \
                 lost: {error}"
            ),
        }
        self.handles().for_each(ReaderHandle::abandon);
    }
}
