//! The task that empties a queue.

use std::sync::Arc;

use tokio::time::{Instant, sleep_until};

use super::error::ProcessorError;
use super::item::Processed;
use super::pipeline::{Pipeline, Processing};
use super::report::{ProcessorReport, Settled, summary};
use crate::environment::LOG_TARGET;
use crate::export::{Deadline, ExportError};
use crate::worker::{Attend, Inbox, Limit, Request, guard, guard_end, later};

/// How many exports are remembered, whether anybody waits for them or not.
const KEPT: usize = 8;

/// Runs until a shutdown. A queue whose task has ended takes nothing more, also where its runtime ended before it.
pub(super) fn run<B: Processed>(
    pipeline: Arc<Pipeline<B>>,
    inbox: Inbox<Processing>,
) -> impl Future<Output = ()> + Send + 'static {
    // Made here, so that it is dropped also where the task never gets to run.
    let closing = Closing(pipeline);
    async move {
        let pipeline = &closing.0;
        let task = Task {
            pipeline,
            inbox,
            settled: Vec::new(),
        };
        tokio::select! {
            biased;
            () = task.run() => {}
            never = pipeline.report_drops() => match never {},
        }
    }
}

/// Closes the queue when the task ends.
struct Closing<B: Processed>(Arc<Pipeline<B>>);

impl<B: Processed> Drop for Closing<B> {
    fn drop(&mut self) {
        self.0.queue.discard();
        self.0.report_new_drops();
    }
}

struct Task<'a, B: Processed> {
    pipeline: &'a Pipeline<B>,
    inbox: Inbox<Processing>,
    /// What was settled lately, for those who wait for it.
    settled: Vec<Settled>,
}

impl<B: Processed> Task<'_, B> {
    async fn run(mut self) {
        let pipeline = self.pipeline;
        tracing::info!(
            target: LOG_TARGET,
            "{} started; {} {}",
            B::PROCESSOR,
            pipeline.exporter.description(),
            pipeline.settings,
        );
        let mut due = None;
        loop {
            self.inbox.file_waiting();
            self.forget_settled();
            if self.inbox.shutdown.is_some() {
                return self.shut_down().await;
            }
            if let Some(flush) = self.next_covered_flush() {
                self.flush(flush).await;
                continue;
            }
            let is_urgent = pipeline.queue.has_batch() || !self.inbox.flushes.is_empty();
            if !is_urgent {
                due = match pipeline.queue.len() {
                    0 => None,
                    _ => due.or_else(|| Some(later(Instant::now(), pipeline.settings.delay))),
                };
                tokio::select! {
                    biased;
                    () = self.inbox.receive() => continue,
                    () = pipeline.queue.woken() => continue,
                    () = reached(due) => {}
                }
            }
            if let Err(refusal) = pipeline.control.check_process() {
                let error = ProcessorError::from(refusal);
                tracing::error!(target: LOG_TARGET, "{error}");
                return;
            }
            self.export(self.own_deadline()).await;
            due = None;
        }
    }

    /// Keeps what was settled for those who wait for it, and the last of it for those whose request is on its way.
    fn forget_settled(&mut self) {
        let flushes = self.inbox.flushes.iter().map(|flush| flush.scope);
        let shutdown = self.inbox.shutdown.iter().map(|shutdown| shutdown.scope);
        let first = flushes.chain(shutdown).map(|scope| scope.settled).min();
        let late = self.settled.len().saturating_sub(KEPT);
        let forgotten = self.settled[..late]
            .iter()
            .take_while(|settled| first.is_none_or(|first| settled.numbers.end <= first))
            .count();
        self.settled.drain(..forgotten);
    }

    fn own_deadline(&self) -> Deadline {
        self.pipeline
            .settings
            .timeout
            .map_or(Deadline::none(), Deadline::within)
    }

    /// Exports the next batch.
    async fn export(&mut self, deadline: Deadline) {
        let pipeline = self.pipeline;
        let (items, numbers) = pipeline.queue.take();
        let limit = Limit::new(deadline);
        let resource = pipeline.resource.lock().clone();
        let export = async {
            let batch = B::of(items, &resource, &pipeline.limits);
            pipeline.exporter.export(&batch, limit.deadline()).await
        };
        let attendant = Attendant {
            pipeline,
            settled: &self.settled,
        };
        let outcome = self
            .inbox
            .attend(&limit, &attendant, guard(&limit, export))
            .await;
        self.settle(Settled {
            numbers,
            outcome: Some(outcome),
        });
    }

    fn settle(&mut self, settled: Settled) {
        let pipeline = self.pipeline;
        pipeline.queue.settle(settled.numbers.end);
        if let Some(loss) = settled.loss(B::ITEM)
            && (settled.outcome.is_none() || !pipeline.exporter.logs_losses())
        {
            tracing::error!(target: LOG_TARGET, "{} lost: {loss}", B::SIGNAL);
        }
        self.settled.push(settled);
    }

    /// Takes out the first flush of which everything is settled.
    fn next_covered_flush(&mut self) -> Option<Request<Processing, ProcessorReport>> {
        let settled = self.pipeline.queue.scope().settled;
        let flushes = &mut self.inbox.flushes;
        let first = flushes
            .iter()
            .position(|flush| flush.scope.end <= settled)?;
        flushes.remove(first)
    }

    async fn flush(&mut self, flush: Request<Processing, ProcessorReport>) {
        let limit = Limit::new(flush.deadline.min(self.own_deadline()));
        let exporter = &self.pipeline.exporter;
        let attendant = Attendant {
            pipeline: self.pipeline,
            settled: &self.settled,
        };
        let work = guard_end(&limit, async {
            exporter.force_flush(limit.deadline()).await
        });
        let flushed = self.inbox.attend(&limit, &attendant, work).await;
        answer::<B>(flush, &self.settled, flushed);
    }

    /// Exports what is left while there is time, ends the exporter, and answers everybody who waits.
    async fn shut_down(mut self) {
        let pipeline = self.pipeline;
        let deadline = self
            .inbox
            .shutdown
            .as_ref()
            .map_or(Deadline::none(), |shutdown| shutdown.deadline);
        while pipeline.queue.len() > 0 && !deadline.has_passed() {
            let share = if pipeline.queue.exceeds_batch() {
                deadline.first_half()
            } else {
                deadline
            };
            self.export(share.min(self.own_deadline())).await;
        }
        let unsent = pipeline.queue.discard();
        if !unsent.is_empty() {
            self.settle(Settled {
                numbers: unsent,
                outcome: None,
            });
        }
        let limit = Limit::new(deadline);
        let ended = guard_end(&limit, async { pipeline.exporter.shutdown(deadline).await }).await;
        pipeline.control.end();
        self.inbox.close();
        for flush in self.inbox.flushes {
            answer::<B>(flush, &self.settled, Ok(()));
        }
        if let Some(shutdown) = self.inbox.shutdown {
            answer::<B>(shutdown, &self.settled, ended);
        }
    }
}

/// What commands mean to the export that is running.
struct Attendant<'a, B: Processed> {
    pipeline: &'a Pipeline<B>,
    settled: &'a [Settled],
}

impl<B: Processed> Attend<Processing> for Attendant<'_, B> {
    /// Where there is more to export, the running export has half of the time.
    fn shut_down(&self, limit: &Limit, shutdown: Deadline) {
        let share = match self.pipeline.queue.len() {
            0 => shutdown,
            _ => shutdown.first_half(),
        };
        self.pipeline.exporter.hurry(limit.tighten(share));
    }

    fn expire(&self, flush: Request<Processing, ProcessorReport>) {
        let timeout = ProcessorError::Timeout {
            limit: flush.limit,
            lost: summary(self.settled, flush.scope, B::ITEM)
                .err()
                .unwrap_or_default(),
            pending: 0,
        };
        flush.answer(Err(timeout));
    }
}

/// Answers a request whose items are all settled.
fn answer<B: Processed>(
    request: Request<Processing, ProcessorReport>,
    settled: &[Settled],
    exporter: Result<(), ExportError>,
) {
    let limit = request.limit;
    let result = match (summary(settled, request.scope, B::ITEM), exporter) {
        (Ok(report), Ok(())) => Ok(report),
        (summary, _) if request.deadline.has_passed() => Err(ProcessorError::Timeout {
            limit,
            lost: summary.err().unwrap_or_default(),
            pending: 0,
        }),
        (Err(lost), _) => Err(ProcessorError::Lost { lost }),
        (Ok(_), Err(error)) => Err(ProcessorError::Exporter(error)),
    };
    request.answer(result);
}

/// Ready at `due`; never, where there is nothing to wait for.
async fn reached(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
