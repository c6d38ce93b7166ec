//! What a processor, its handles and its task have in common.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::Resource;
use parking_lot::Mutex;
use tokio::time::sleep;

use super::error::ProcessorError;
use super::item::Processed;
use super::queue::Queue;
use super::report::{ProcessorReport, Scope};
use super::settings::Settings;
use super::task;
use crate::config_error::ConfigError;
use crate::environment::LOG_TARGET;
use crate::export::{Exporter, counted};
use crate::own_telemetry::{OwnTelemetry, ProcessorType, observe_processor};
use crate::statistics::Statistics;
use crate::worker::{self, Control, HomeProcess, Job, Phase};

/// How often drops are logged while they go on.
const DROP_SUMMARY_INTERVAL: Duration = Duration::from_secs(30);

/// Exporting what is queued, as a worker does it.
pub(super) struct Processing;

impl Job for Processing {
    type Scope = Scope;
    type Flushed = ProcessorReport;
    type Ended = ProcessorReport;
    type Error = ProcessorError;

    const ADVICE: &'static str = "on the processor's own runtime use the async form of its handle, force_flush(..).await or shutdown(..).await";
}

/// From the queue to the exporter.
pub(super) struct Pipeline<B: Processed> {
    pub(super) queue: Queue<B::Item>,
    pub(super) exporter: Arc<dyn Exporter<B>>,
    pub(super) resource: Mutex<Resource>,
    pub(super) limits: B::Limits,
    pub(super) settings: Settings,
    pub(super) control: Control<Processing>,
}

impl<B: Processed> Pipeline<B> {
    /// A pipeline with its task running.
    pub(super) fn start(
        exporter: Arc<dyn Exporter<B>>,
        settings: Settings,
        limits: B::Limits,
        on_current_runtime: bool,
    ) -> Result<Arc<Self>, ConfigError> {
        let process = HomeProcess::this();
        Self::start_in(process, exporter, settings, limits, on_current_runtime)
    }

    fn start_in(
        process: HomeProcess,
        exporter: Arc<dyn Exporter<B>>,
        settings: Settings,
        limits: B::Limits,
        on_current_runtime: bool,
    ) -> Result<Arc<Self>, ConfigError> {
        let (control, inbox) = Control::new(process, Phase::Running);
        let pipeline = Arc::new(Self {
            queue: Queue::new(settings.queue_size, settings.batch_size),
            exporter,
            resource: Mutex::new(Resource::builder_empty().build()),
            limits,
            settings,
            control,
        });
        let work = task::run(Arc::clone(&pipeline), inbox);
        let home = worker::start(on_current_runtime, B::THREAD, work)?;
        pipeline.control.settle(home);
        Ok(pipeline)
    }

    /// Tells `own` what it has done, whenever that is asked and as long as the pipeline lives.
    pub(super) fn tell(self: &Arc<Self>, own: &OwnTelemetry, kind: ProcessorType) {
        let pipeline = Arc::downgrade(self);
        observe_processor(own, B::SIGNAL, kind, move || {
            pipeline.upgrade().map(|pipeline| pipeline.statistics())
        });
    }

    /// Logs what the full queue dropped: the first at once, then a sum from time to time.
    pub(super) async fn report_drops(&self) -> Infallible {
        loop {
            self.queue.dropped().await;
            self.report_new_drops();
            sleep(DROP_SUMMARY_INTERVAL).await;
        }
    }

    pub(super) fn report_new_drops(&self) {
        let dropped = self.queue.newly_dropped();
        if dropped > 0 {
            tracing::warn!(
                target: LOG_TARGET,
                "{} dropped: the queue of {} is full ({}_MAX_QUEUE_SIZE); told again every {DROP_SUMMARY_INTERVAL:?} at \
                 most",
                counted(dropped, B::ITEM),
                self.queue.capacity(),
                B::VARIABLES,
            );
        }
    }
}

/// A pipeline of any signal, as a handle sees it.
pub(super) trait AnyPipeline: Send + Sync {
    fn control(&self) -> &Control<Processing>;
    fn settings(&self) -> &Settings;
    /// What a flush that is called now covers.
    fn scope(&self) -> Scope;
    /// Takes no more items.
    fn close(&self) -> Scope;
    fn statistics(&self) -> Statistics;
    /// Name and exporter, for people.
    fn description(&self) -> String;
}

impl<B: Processed> AnyPipeline for Pipeline<B> {
    fn control(&self) -> &Control<Processing> {
        &self.control
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn scope(&self) -> Scope {
        self.queue.scope()
    }

    fn close(&self) -> Scope {
        self.queue.close()
    }

    fn statistics(&self) -> Statistics {
        let counts = self.queue.counts();
        let own = Statistics {
            received_items: counts.received,
            queue_full_items: counts.full,
            late_items: counts.late,
            unsent_items: counts.unsent,
            queued_items: counts.queued,
            queue_capacity: self.queue.capacity() as u64,
            ..Statistics::default()
        };
        own.merged(self.exporter.statistics())
    }

    fn description(&self) -> String {
        format!("{}; {}", B::PROCESSOR, self.exporter.description())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::LogLimits;
    use crate::logs::{ConsoleLogRecordExporter, LogBatch};
    use crate::processor::ProcessorHandle;
    use crate::processor::settings::Wanted;

    #[tokio::test(start_paused = true)]
    async fn every_call_in_another_process_says_so_at_once_and_nothing_is_sent() {
        let exporter = Arc::new(ConsoleLogRecordExporter::to(std::io::sink()));
        let pipeline = Pipeline::<LogBatch>::start_in(
            HomeProcess::another(),
            exporter,
            Wanted::default().settle_simple().expect("settled"),
            LogLimits::default(),
            true,
        )
        .expect("a pipeline");
        let handle = ProcessorHandle { pipeline };
        let limit = Duration::from_secs(1);
        for error in [
            handle.force_flush(limit).await.expect_err("refused"),
            handle.shutdown(limit).await.expect_err("refused"),
            handle.blocking_force_flush(limit).expect_err("refused"),
            handle.blocking_shutdown(limit).expect_err("refused"),
        ] {
            assert!(matches!(error, ProcessorError::Forked { .. }), "{error:?}");
            assert!(error.to_string().contains("after the fork"), "{error}");
        }
    }
}
