//! The batch processor.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::handle::ProcessorHandle;
use super::item::Processed;
use super::pipeline::Pipeline;
use super::settings::Wanted;
use super::stock::Leaving;
use crate::config_error::ConfigError;
use crate::environment::Environment;
use crate::export::Exporter;
use crate::own_telemetry::{OwnTelemetry, ProcessorType};

/// Collects ended spans or log records and exports them in batches.
///
/// - A batch is exported when 512 items wait, or when the first that waits has waited for the schedule delay (spans 5 s,
///   log records 1 s; counted from the end of the previous export where that is later), or for a flush or shutdown.
/// - Two exports never overlap. One that is not over within the export timeout, 30 s, is given up. What an export could
///   not deliver is lost, logged, and never sent again.
/// - The queue holds 2048 items beside the batch that is being exported. What finds it full is dropped, counted and
///   logged. Ending a span or emitting a record never waits.
/// - Spans that are not sampled are left out.
///
/// It is given to a stock `SdkTracerProvider` or `SdkLoggerProvider`, and flushed and shut down through its
/// [`handle`](Self::handle), or through the provider where blocking is no harm. The provider shuts it down when its last
/// clone is dropped; on the processor's own runtime, where that call must not block, what is queued is exported in the
/// background as long as the runtime lives.
///
/// A processor belongs to the process that built it. After a `fork` its thread does not exist in the child, where its
/// calls fail with [`Forked`](super::ProcessorError::Forked): build the provider after the fork, in each worker.
///
/// ```
/// use std::time::Duration;
///
/// use opentelemetry::trace::{Tracer, TracerProvider};
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// use otelbox_sdk::traces::{BatchSpanProcessor, ConsoleSpanExporter};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let processor = BatchSpanProcessor::builder(ConsoleSpanExporter::to(std::io::sink())).build()?;
/// let handle = processor.handle();
/// let provider = SdkTracerProvider::builder().with_span_processor(processor).build();
/// provider.tracer("checkout").in_span("pay", |_| {});
/// let report = handle.shutdown(Duration::from_secs(5)).await?;
/// assert_eq!(report.items, 1);
/// # Ok(())
/// # }
/// ```
///
/// Spec: Trace SDK and Logs SDK, "Batching processor".
pub struct BatchProcessor<B: Processed> {
    pub(super) pipeline: Arc<Pipeline<B>>,
    pub(super) leaving: Leaving,
}

impl<B: Processed> BatchProcessor<B> {
    /// A processor that hands its batches to `exporter`.
    pub fn builder(exporter: impl Exporter<B>) -> BatchProcessorBuilder<B> {
        Self::builder_shared(Arc::new(exporter))
    }

    /// As [`builder`](Self::builder), with an exporter that others hold too.
    pub fn builder_shared(exporter: Arc<dyn Exporter<B>>) -> BatchProcessorBuilder<B> {
        BatchProcessorBuilder {
            exporter,
            wanted: Wanted::default(),
            limits: None,
            environment: None,
            on_current_runtime: false,
            own_telemetry: None,
        }
    }

    /// A handle to flush it, shut it down, and read its statistics.
    pub fn handle(&self) -> ProcessorHandle {
        self.leaving.handle.clone()
    }
}

impl<B: Processed> fmt::Debug for BatchProcessor<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BatchProcessor")
            .field(&self.leaving.handle)
            .finish()
    }
}

/// Configures a [`BatchProcessor`]. Variables are those of its signal: `OTEL_BSP_*` for spans, `OTEL_BLRP_*` for log
/// records.
#[must_use = "a processor exists only once it is built"]
pub struct BatchProcessorBuilder<B: Processed> {
    exporter: Arc<dyn Exporter<B>>,
    wanted: Wanted,
    limits: Option<B::Limits>,
    environment: Option<Environment>,
    on_current_runtime: bool,
    own_telemetry: Option<OwnTelemetry>,
}

impl<B: Processed> BatchProcessorBuilder<B> {
    /// How many items the queue holds, beside the batch that is being exported. More than 0; default `.._MAX_QUEUE_SIZE`,
    /// else 2048.
    pub fn with_max_queue_size(mut self, items: usize) -> Self {
        self.wanted.queue_size = Some(items);
        self
    }

    /// How many items a batch holds at most, and at how many it is exported without waiting any longer. More than 0, and
    /// not more than the queue holds; default `.._MAX_EXPORT_BATCH_SIZE`, else 512.
    pub fn with_max_export_batch_size(mut self, items: usize) -> Self {
        self.wanted.batch_size = Some(items);
        self
    }

    /// How long an item waits for others. Zero exports at once. Default `.._SCHEDULE_DELAY`, else 5 s for spans and 1 s
    /// for log records.
    pub fn with_schedule_delay(mut self, delay: Duration) -> Self {
        self.wanted.delay = Some(delay);
        self
    }

    /// How long an export may take, with all its retries; the exporter's own timeout holds besides. Zero is no limit.
    /// Default `.._EXPORT_TIMEOUT`, else 30 s.
    pub fn with_export_timeout(mut self, timeout: Duration) -> Self {
        self.wanted.timeout = Some(timeout);
        self
    }

    /// How much of a span or log record is sent. Default: what the environment states, else the limits of
    /// the specification.
    pub fn with_limits(mut self, limits: B::Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// The environment to read the variables from. Default: that of the process.
    pub fn with_env(mut self, environment: &Environment) -> Self {
        self.environment = Some(environment.clone());
        self
    }

    /// Where the processor tells what it does. Default: nowhere but in its statistics and the log.
    pub fn with_own_telemetry(mut self, own_telemetry: &OwnTelemetry) -> Self {
        self.own_telemetry = Some(own_telemetry.clone());
        self
    }

    /// Runs on the `tokio` runtime on which it is built, instead of a thread and runtime of its own: for tests in virtual
    /// time, and for programs that want no further thread.
    pub fn on_current_runtime(mut self) -> Self {
        self.on_current_runtime = true;
        self
    }

    /// Builds the processor, which runs from then on.
    ///
    /// # Errors
    ///
    /// [`BatchAboveQueue`](ConfigError::BatchAboveQueue); [`Value`](ConfigError::Value) for 0;
    /// [`Runtime`](ConfigError::Runtime) where there is no runtime to run on, or no thread could be started.
    pub fn build(self) -> Result<BatchProcessor<B>, ConfigError> {
        let environment = self.environment.unwrap_or_else(Environment::process);
        let settings = self.wanted.settle::<B>(&environment)?;
        let limits = self.limits.unwrap_or_else(|| B::limits_from(&environment));
        let pipeline = Pipeline::start(self.exporter, settings, limits, self.on_current_runtime)?;
        if let Some(own) = &self.own_telemetry {
            pipeline.tell(own, ProcessorType::Batch);
        }
        let leaving = Leaving::new(&pipeline);
        Ok(BatchProcessor { pipeline, leaving })
    }
}

impl<B: Processed> fmt::Debug for BatchProcessorBuilder<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchProcessorBuilder")
            .field("exporter", &self.exporter.description())
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}
