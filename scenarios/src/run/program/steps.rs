//! Doing the steps of a cell around a program, which is told nothing but to end.

use std::time::Duration;

use otelbox_mock_collector::MockCollector;
use tokio::time::{Instant, sleep, sleep_until};

use super::super::{
    certificates::CertificateFiles,
    recording::{RunEnd, StepRecord},
    steps::{bring, install, rotate, wait_for},
};
use crate::{plan::Cell, scenario::Step, sut::Program};

/// Where steps are done.
pub(super) struct Stage<'a> {
    pub(super) cell: &'a Cell,
    pub(super) collector: &'a MockCollector,
    pub(super) certificates: Option<&'a CertificateFiles>,
    /// The start of the program.
    pub(super) start: Instant,
    pub(super) program: &'a mut Program,
    /// When it was told to end; none where it had ended before.
    pub(super) told_to_end_at: Option<Duration>,
}

impl Stage<'_> {
    /// Does all steps. Where the program ends by itself, no step waits for anything any more.
    pub(super) async fn play(&mut self) -> Result<Vec<StepRecord>, RunEnd> {
        let mut done = Vec::new();
        let cell = self.cell;
        for (index, step) in cell.steps.iter().enumerate() {
            let at = self.start.elapsed();
            self.step(step).await?;
            done.push(StepRecord {
                index,
                at,
                ended_at: self.start.elapsed(),
                outcome: None,
            });
        }
        Ok(done)
    }

    async fn step(&mut self, step: &Step) -> Result<(), RunEnd> {
        match step {
            Step::Wait(time) => self.while_it_lives(sleep(time.get())).await,
            Step::WaitUntil(time) => {
                let until = self.start + time.get();
                self.while_it_lives(sleep_until(until)).await;
            }
            Step::WaitFor(condition) => {
                let (collector, signal) = (self.collector, self.cell.id.signal);
                let waited = async {
                    wait_for(collector, signal, condition).await;
                };
                self.while_it_lives(waited).await;
            }
            Step::Collector(state) => bring(self.collector, *state).await?,
            Step::Faults(faults) => install(self.collector, faults, self.start)?,
            Step::RotateCertificates(rotation) => {
                rotate(self.collector, self.certificates, *rotation)?;
            }
            Step::Terminate(asked) => {
                // It may have ended a moment ago, unnoticed.
                self.while_it_lives(std::future::ready(())).await;
                if self.program.ended().is_none() {
                    self.told_to_end_at = Some(self.start.elapsed());
                    self.program.terminate(asked.within.get()).await;
                }
            }
            Step::Emit(_)
            | Step::Record(_)
            | Step::Observe(_)
            | Step::Export(_)
            | Step::ForceFlush(_)
            | Step::Shutdown(_)
            | Step::Exit => {
                return Err(RunEnd::NotApplicable(
                    "a program cannot be told to do this".to_owned(),
                ));
            }
        }
        Ok(())
    }

    /// Waits for `something`, or for the end of the program.
    async fn while_it_lives(&mut self, something: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = self.program.wait() => {}
            () = something => {}
        }
    }
}
