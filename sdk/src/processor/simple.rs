//! The simple processor.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::handle::ProcessorHandle;
use super::item::Processed;
use super::pipeline::Pipeline;
use super::settings::Wanted;
use super::stock::Leaving;
use crate::config_error::ConfigError;
use crate::export::Exporter;
use crate::own_telemetry::{OwnTelemetry, ProcessorType};

/// Exports each ended span or log record by itself, as soon as it comes, one after the other: for consoles, tests and
/// debugging.
///
/// The export does not happen in the thread that ends the span or emits the record: that only hands it over and never
/// waits, not even for a receiver that is silent. So items may still be on their way when a program ends; a flush or
/// shutdown delivers them, as with a [`BatchProcessor`](super::BatchProcessor). Up to 2048 wait for their turn; what
/// comes when so many wait is dropped, counted and logged.
///
/// All else is as with a batch processor, but for the environment: its variables are not for this one.
///
/// Spec: Trace SDK and Logs SDK, "Simple processor" (MUST synchronise calls to `Export`).
pub struct SimpleProcessor<B: Processed> {
    pub(super) pipeline: Arc<Pipeline<B>>,
    pub(super) leaving: Leaving,
}

impl<B: Processed> SimpleProcessor<B> {
    /// A processor that hands each item to `exporter`.
    pub fn builder(exporter: impl Exporter<B>) -> SimpleProcessorBuilder<B> {
        Self::builder_shared(Arc::new(exporter))
    }

    /// As [`builder`](Self::builder), with an exporter that others hold too.
    pub fn builder_shared(exporter: Arc<dyn Exporter<B>>) -> SimpleProcessorBuilder<B> {
        SimpleProcessorBuilder {
            exporter,
            wanted: Wanted::default(),
            limits: B::Limits::default(),
            on_current_runtime: false,
            own_telemetry: None,
        }
    }

    /// A handle to flush it, shut it down, and read its statistics.
    pub fn handle(&self) -> ProcessorHandle {
        self.leaving.handle.clone()
    }
}

impl<B: Processed> fmt::Debug for SimpleProcessor<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SimpleProcessor")
            .field(&self.leaving.handle)
            .finish()
    }
}

/// Configures a [`SimpleProcessor`].
#[must_use = "a processor exists only once it is built"]
pub struct SimpleProcessorBuilder<B: Processed> {
    exporter: Arc<dyn Exporter<B>>,
    wanted: Wanted,
    limits: B::Limits,
    on_current_runtime: bool,
    own_telemetry: Option<OwnTelemetry>,
}

impl<B: Processed> SimpleProcessorBuilder<B> {
    /// How many items may wait, beside the one that is being exported. More than 0; default 2048.
    pub fn with_max_queue_size(mut self, items: usize) -> Self {
        self.wanted.queue_size = Some(items);
        self
    }

    /// How long an export may take, with all its retries; the exporter's own timeout holds besides. Zero is no limit.
    /// Default 30 s.
    pub fn with_export_timeout(mut self, timeout: Duration) -> Self {
        self.wanted.timeout = Some(timeout);
        self
    }

    /// How much of a span or log record is sent. Default: the limits of the specification.
    pub fn with_limits(mut self, limits: B::Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where the processor tells what it does. Default: nowhere but in its statistics and the log.
    pub fn with_own_telemetry(mut self, own_telemetry: &OwnTelemetry) -> Self {
        self.own_telemetry = Some(own_telemetry.clone());
        self
    }

    /// Runs on the `tokio` runtime on which it is built, instead of a thread and runtime of its own.
    pub fn on_current_runtime(mut self) -> Self {
        self.on_current_runtime = true;
        self
    }

    /// Builds the processor, which runs from then on.
    ///
    /// # Errors
    ///
    /// [`Value`](ConfigError::Value) for 0; [`Runtime`](ConfigError::Runtime) where there is no runtime to run on, or no
    /// thread could be started.
    pub fn build(self) -> Result<SimpleProcessor<B>, ConfigError> {
        let settings = self.wanted.settle_simple()?;
        let pipeline = Pipeline::start(
            self.exporter,
            settings,
            self.limits,
            self.on_current_runtime,
        )?;
        if let Some(own) = &self.own_telemetry {
            pipeline.tell(own, ProcessorType::Simple);
        }
        let leaving = Leaving::new(&pipeline);
        Ok(SimpleProcessor { pipeline, leaving })
    }
}

impl<B: Processed> fmt::Debug for SimpleProcessorBuilder<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimpleProcessorBuilder")
            .field("exporter", &self.exporter.description())
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}
