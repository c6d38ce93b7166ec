//! All three signals as one thing.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::global;
use opentelemetry::metrics::noop::NoopMeterProvider;
use opentelemetry::trace::noop::NoopTracerProvider;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime;

use super::pipelines::Pipelines;
use super::{Propagator, SdkBuilder, SdkError, SdkReport};
use crate::config_error::ConfigError;
use crate::environment::LOG_TARGET;
use crate::metrics::MeterProvider;
use crate::signal::Signal;
use crate::statistics::Statistics;

/// Traces, metrics and logs, set up together. It is a guard: keep it for as long as the program runs.
///
/// ```no_run
/// use std::time::Duration;
/// use opentelemetry::global;
/// use otelbox_sdk::Sdk;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let sdk = Sdk::from_env()?.install_global();
/// global::meter("checkout").u64_counter("requests").build().add(1, &[]);
/// let report = sdk.shutdown(Duration::from_secs(5)).await?;
/// for loss in &report.lost {
///     eprintln!("{loss}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// Dropped without a [`shutdown`](Self::shutdown) it shuts down by itself, and blocks for 5 s at most
/// ([`with_drop_timeout`](SdkBuilder::with_drop_timeout)). On the runtime that it itself runs on
/// ([`on_current_runtime`](SdkBuilder::on_current_runtime)) that is not possible without a deadlock: there a warning says
/// what is lost.
#[must_use = "what is dropped at once flushes and ends at once"]
pub struct Sdk {
    pub(super) tracer_provider: SdkTracerProvider,
    pub(super) logger_provider: SdkLoggerProvider,
    pub(super) propagator: Propagator,
    pub(super) pipelines: Pipelines,
    pub(super) disabled: bool,
    pub(super) drop_timeout: Duration,
    pub(super) shut_down: AtomicBool,
}

impl Sdk {
    /// All of it as the environment of the process says. Wrong values in it are warnings, never errors.
    ///
    /// # Errors
    ///
    /// [`Runtime`](ConfigError::Runtime) where no thread can be started; [`Listen`](ConfigError::Listen) where metrics are to be
    /// scraped and the port is taken.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// All of it as code and the environment say; code wins.
    pub fn builder() -> SdkBuilder {
        SdkBuilder::default()
    }

    /// Makes the providers and the propagator the global ones.
    ///
    /// The API knows no global provider of loggers: hand [`logger_provider`](Self::logger_provider) to the bridge of the
    /// logging library. A disabled SDK installs no-op providers, which pass the trace context of a caller on.
    pub fn install_global(self) -> Self {
        if self.disabled {
            global::set_tracer_provider(NoopTracerProvider::new());
            global::set_meter_provider(NoopMeterProvider::new());
        } else {
            global::set_tracer_provider(self.tracer_provider.clone());
            global::set_meter_provider(self.pipelines.meter_provider.clone());
        }
        global::set_text_map_propagator(self.propagator.clone());
        self
    }

    /// Makes tracers. Of a disabled SDK its tracers record nothing.
    pub const fn tracer_provider(&self) -> &SdkTracerProvider {
        &self.tracer_provider
    }

    /// Makes meters. Of a disabled SDK their instruments record nothing.
    pub const fn meter_provider(&self) -> &MeterProvider {
        &self.pipelines.meter_provider
    }

    /// Makes loggers, for the bridges of logging libraries. Of a disabled SDK its loggers record nothing.
    pub const fn logger_provider(&self) -> &SdkLoggerProvider {
        &self.logger_provider
    }

    /// Writes trace context and baggage into carriers and reads them from there.
    pub const fn propagator(&self) -> &Propagator {
        &self.propagator
    }

    /// Whether `OTEL_SDK_DISABLED` switched it off.
    pub const fn is_disabled(&self) -> bool {
        self.disabled
    }

    /// What the pipelines of `signal` have done so far.
    pub fn statistics(&self, signal: Signal) -> Statistics {
        self.pipelines.statistics(signal)
    }

    /// Sends everything recorded before the call, of all signals at once and within `timeout`.
    ///
    /// # Errors
    ///
    /// [`Failed`](SdkError::Failed) tells what was lost.
    pub async fn force_flush(&self, timeout: Duration) -> Result<SdkReport, SdkError> {
        self.pipelines.force_flush(timeout).await
    }

    /// Sends what is left and ends, all signals at once and within `timeout`. What is recorded after it is dropped.
    ///
    /// # Errors
    ///
    /// [`Failed`](SdkError::Failed) tells what was lost; the SDK has ended all the same.
    /// [`AlreadyShutDown`](SdkError::AlreadyShutDown) the second time.
    pub async fn shutdown(&self, timeout: Duration) -> Result<SdkReport, SdkError> {
        if self.shut_down.swap(true, Ordering::SeqCst) {
            return Err(SdkError::AlreadyShutDown);
        }
        let result = self.pipelines.shutdown(timeout).await;
        self.end_stock_providers();
        result
    }

    /// As [`force_flush`](Self::force_flush), from outside of any runtime.
    ///
    /// # Errors
    ///
    /// As the async form, [`WouldDeadlock`](SdkError::WouldDeadlock) and [`Runtime`](SdkError::Runtime).
    pub fn blocking_force_flush(&self, timeout: Duration) -> Result<SdkReport, SdkError> {
        self.pipelines.check_blocking()?;
        blocking(self.force_flush(timeout))
    }

    /// As [`shutdown`](Self::shutdown), from outside of any runtime.
    ///
    /// # Errors
    ///
    /// As the async form, [`WouldDeadlock`](SdkError::WouldDeadlock) and [`Runtime`](SdkError::Runtime), after which it
    /// still runs.
    pub fn blocking_shutdown(&self, timeout: Duration) -> Result<SdkReport, SdkError> {
        self.pipelines.check_blocking()?;
        blocking(self.shutdown(timeout))
    }

    /// Tells the providers of `opentelemetry_sdk` that it is over; their processors know already, and say so.
    fn end_stock_providers(&self) {
        let _ = self.tracer_provider.shutdown_with_timeout(Duration::ZERO);
        let _ = self.logger_provider.shutdown_with_timeout(Duration::ZERO);
    }
}

impl Drop for Sdk {
    fn drop(&mut self) {
        if self.shut_down.load(Ordering::SeqCst) {
            return;
        }
        // Losses were logged where they happened.
        if let Err(error @ (SdkError::WouldDeadlock | SdkError::Runtime { .. })) =
            self.blocking_shutdown(self.drop_timeout)
        {
            tracing::warn!(
                target: LOG_TARGET,
                "the SDK was dropped without a shutdown, what was recorded since the last export is lost: {error}"
            );
        }
    }
}

impl fmt::Debug for Sdk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sdk")
            .field("pipelines", &self.pipelines)
            .field("propagator", &self.propagator)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// Does `work` on a thread and a runtime of its own, and waits for it here, also where this thread belongs to a runtime.
fn blocking(
    work: impl Future<Output = Result<SdkReport, SdkError>> + Send,
) -> Result<SdkReport, SdkError> {
    let no_thread = |source| SdkError::Runtime { source };
    // The runtime is dropped where it was made: that blocks, which a thread of another runtime must not do.
    let on_thread = || {
        let mut runtime = runtime::Builder::new_current_thread();
        runtime
            .enable_time()
            .build()
            .map_err(no_thread)?
            .block_on(work)
    };
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("otelbox-blocking".to_owned())
            .spawn_scoped(scope, on_thread)
            .map_err(no_thread)?
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
