//! One cell in real time: a driver process against a receiver on ports of its own.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use otelbox_mock_collector::{MockCollector, journal::Journal};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::{
    convert,
    lag::{LagMeter, Starvation},
    processes::{Driver, Processes, needs_its_own},
    program::Programs,
    recording::{ProgramRecord, Recording, RunEnd},
    request::{Endpoints, SutEnvironment, env, receiver, start_request},
    runner::Judged,
    seed,
    steps::{Done, Stage, end_of, install},
    virtual_time::empty,
};
use crate::{
    driver::StartRequest,
    known_failures::KnownFailures,
    plan::Cell,
    report::RunTime,
    rules::{RuleCatalog, SpecificationVersion},
    sut::{LogBook, explained},
    verdict::{CellReport, VerdictKind},
};

/// A machine that was this late did something else in the meantime: nothing can be said about the SUT.
const STALLED: Duration = Duration::from_millis(250);

/// Programs do not flush twice in a millisecond, and a flush that is asked for while the one before is about to return may be
/// taken for the same (opentelemetry-java).
const BETWEEN_CALLS: Duration = Duration::from_millis(50);

/// How the SUT is reached.
pub(super) enum Stand {
    /// By a driver.
    Driver(Processes),
    /// Not at all: it is started as it is.
    Program(Programs),
}

/// What the cells of a run in real time have in common.
pub(super) struct Bench {
    /// The SUT's name.
    pub(super) sut: String,
    /// Which version of the specification it keeps to.
    pub(super) specification: Option<SpecificationVersion>,
    pub(super) stand: Stand,
    pub(super) lag: LagMeter,
    pub(super) rules: &'static RuleCatalog,
    /// What is known to fail needs no second run.
    pub(super) known_failures: KnownFailures,
    /// Cells at a time.
    pub(super) slots: Semaphore,
    pub(super) seed: u64,
}

/// A cell that is ready to start: its receiver listens, and its driver has said what it can do.
struct Ready {
    collector: MockCollector,
    endpoints: Endpoints,
    variables: SutEnvironment,
    driver: Driver,
    log: LogBook,
}

/// A recording, and whether the process was one that had served other cells.
struct Played {
    recording: Recording,
    was_used: bool,
}

impl Bench {
    /// Whether the SUT is a program that is started as it is.
    pub(super) const fn is_of_programs(&self) -> bool {
        matches!(self.stand, Stand::Program(_))
    }

    /// Runs and judges one cell. `boot` is given back once the cell has a process and may start.
    pub(super) async fn run(&self, cell: &Arc<Cell>, boot: OwnedSemaphorePermit) -> Judged {
        match &self.stand {
            Stand::Driver(processes) => self.run_driver(processes, cell, boot).await,
            Stand::Program(programs) => {
                let slot = self.slots.acquire().await;
                drop(boot);
                let judged = self.run_program(programs, cell).await;
                drop(slot);
                judged
            }
        }
    }

    /// What fails while the machine stalls is run once more.
    async fn run_program(&self, programs: &Programs, cell: &Arc<Cell>) -> Judged {
        let began = Instant::now();
        let once = async || {
            let seed = seed::of_cell(self.seed, &cell.id);
            let mut recording = empty(cell, &self.sut, RunEnd::Completed);
            recording.time = RunTime::Real;
            recording.program = Some(ProgramRecord::default());
            let end = programs.record(cell, seed, &self.lag, &mut recording).await;
            recording.end = end.map_or_else(|end| end, |()| RunEnd::Completed);
            let judged = Judged::of(recording, self.rules, began.elapsed());
            let is_stalled = judged.recording.lag > STALLED && is_doubtful(&judged.report);
            (judged, is_stalled)
        };
        match once().await {
            (judged, false) => judged,
            (_, true) => match once().await {
                (judged, false) => judged,
                (judged, true) => judged.stalled(),
            },
        }
    }

    /// What fails in a process that has served other cells is run again in a fresh one, and only that counts. What fails
    /// while the machine stalls is run once more. Neither is done for what is known to fail. Lower bounds and order, which is
    /// most of what is judged, do not suffer from a stall.
    async fn run_driver(
        &self,
        processes: &Processes,
        cell: &Arc<Cell>,
        boot: OwnedSemaphorePermit,
    ) -> Judged {
        let mut may_be_used = !needs_its_own(cell, &self.sut, self.rules);
        let mut ready = self.prepare(processes, cell, may_be_used).await;
        let slot = self.slots.acquire().await;
        drop(boot);
        let began = Instant::now();
        let mut stalls = 0;
        let judged = loop {
            let played = self.play(processes, cell, ready).await;
            let judged = Judged::of(played.recording, self.rules, began.elapsed());
            let recording = &judged.recording;
            let mut report = judged.report.clone();
            self.known_failures.apply(&mut report, self.rules);
            let is_stalled = recording.lag > STALLED && is_doubtful(&report);
            if !(played.was_used && has_failed(recording, &report) || is_stalled) {
                break judged;
            }
            if !played.was_used {
                stalls += 1;
                if stalls == 2 {
                    break judged.stalled();
                }
            }
            may_be_used = false;
            ready = self.prepare(processes, cell, may_be_used).await;
        };
        drop(slot);
        judged
    }

    async fn prepare(
        &self,
        processes: &Processes,
        cell: &Arc<Cell>,
        may_be_used: bool,
    ) -> Result<Ready, RunEnd> {
        let seed = seed::of_cell(self.seed, &cell.id);
        let collector = receiver(cell, seed)
            .start()
            .await
            .map_err(|error| RunEnd::Broken(explained(&error)))?;
        if cell.receiver.down_at_start {
            collector.take_down().await;
        }
        let log = LogBook::default();
        let endpoints = Endpoints::of(cell, &collector, &log)?;
        let variables = env(cell, &endpoints);
        let taken = processes.take(cell, &variables, may_be_used, &log);
        Ok(Ready {
            driver: taken.await?,
            collector,
            endpoints,
            variables,
            log,
        })
    }

    async fn play(
        &self,
        processes: &Processes,
        cell: &Arc<Cell>,
        ready: Result<Ready, RunEnd>,
    ) -> Played {
        let mut recording = empty(cell, &self.sut, RunEnd::Completed);
        recording.time = RunTime::Real;
        let mut was_used = false;
        match ready {
            Ok(ready) => {
                was_used = ready.driver.is_used;
                recording.end = match self.record(processes, cell, ready, &mut recording).await {
                    Ok(end) | Err(end) => end,
                };
            }
            Err(end) => recording.end = end,
        }
        Played {
            recording,
            was_used,
        }
    }

    async fn record(
        &self,
        processes: &Processes,
        cell: &Arc<Cell>,
        ready: Ready,
        recording: &mut Recording,
    ) -> Result<RunEnd, RunEnd> {
        let Ready {
            collector,
            endpoints,
            variables,
            mut driver,
            log,
        } = ready;
        recording.capabilities = driver.sut.hello().capabilities;
        recording.specification = self.specification;
        // The SUT starts now: times, and the windows of faults, count from here and not from the start of its process.
        let start = Instant::now();
        let starved = Starvation::of(driver.id);
        recording.epoch_unix_nano = unix_nano();
        install(&collector, &cell.faults, start)?;
        let request = StartRequest {
            env: processes.can_reset().then_some(variables),
            ..start_request(cell, &endpoints)
        };
        if let Err(error) = driver.sut.start(&request).await {
            recording.log = log.since(start);
            driver.sut.abandon().await;
            return Err(end_of("start", &error));
        }
        let memory = driver.sut.peak_memory_bytes();
        let mut stage = Stage {
            cell,
            collector: &collector,
            certificates: endpoints.certificates.as_ref(),
            start,
            sut: Some(driver.sut),
            pause: BETWEEN_CALLS,
            patience: patience(cell),
            log: log.clone(),
            next_item: 0,
            is_shut_down: false,
            inside: None,
        };
        let Done {
            steps,
            emissions,
            items,
            end,
        } = stage.play().await;
        let sut = stage.sut.take();
        let peak = sut.as_ref().and_then(|sut| sut.peak_memory_bytes());
        recording.memory_growth = memory
            .zip(peak)
            .map(|(before, after)| after.saturating_sub(before));
        let late = self.lag.since(start);
        recording.lag = late.max(Starvation::of(driver.id).since(&starved));
        recording.steps = steps;
        recording.emissions = emissions;
        recording.items = items;
        // Nothing that the process does from here on belongs to the scenario.
        let is_idle = collector
            .journal()
            .exchanges()
            .iter()
            .all(|exchange| exchange.completion().is_some());
        let may_return = processes.can_reset()
            && end == RunEnd::Completed
            && is_idle
            && !needs_its_own(cell, &self.sut, self.rules);
        match sut {
            Some(sut) if may_return => {
                take_down(&collector.journal(), start, recording);
                driver.sut = sut;
                if accept_everything(&collector).await {
                    processes.give_back(driver, cell.random).await;
                } else {
                    driver.sut.abandon().await;
                }
                recording.log = log.since(start);
                collector.stop().await;
            }
            left => {
                if let Some(sut) = left {
                    sut.abandon().await;
                }
                recording.log = log.since(start);
                take_down(&collector.stop().await, start, recording);
            }
        }
        Ok(end)
    }
}

/// What the receiver saw until now.
pub(super) fn take_down(journal: &Journal, start: Instant, recording: &mut Recording) {
    recording.exchanges = convert::exchanges(journal, start);
    recording.connections = convert::connections(journal, start);
    recording.evicted = journal.evicted().entries + journal.evicted().payloads;
}

/// Makes the receiver one at which a shutdown ends at once. Returns whether that worked.
async fn accept_everything(collector: &MockCollector) -> bool {
    collector.set_faults([]).is_ok() && collector.bring_up().await.is_ok()
}

/// Whether there is something in the report that a machine that stalls may have caused.
fn is_doubtful(report: &CellReport) -> bool {
    report.results.iter().any(|result| {
        matches!(
            result.verdict,
            VerdictKind::Failed | VerdictKind::Inconclusive
        )
    })
}

/// Whether something went wrong that the cells before, in the same process, may have caused: a failure that is not known, or
/// an end before time that no known failure explains.
fn has_failed(recording: &Recording, report: &CellReport) -> bool {
    let has = |verdict| {
        report
            .results
            .iter()
            .any(|result| result.verdict == verdict)
    };
    has(VerdictKind::Failed)
        || recording.end != RunEnd::Completed && !has(VerdictKind::ExpectedFailure)
}

#[expect(
    clippy::disallowed_methods,
    reason = "in real time the time of day is what is recorded"
)]
pub(super) fn unix_nano() -> u64 {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX)
}

/// How long a call may take: two minutes, and longer than what is expected of it, so that a call that
/// takes too long is judged, and not given up.
fn patience(cell: &Cell) -> Duration {
    const LEAST: Duration = Duration::from_secs(120);
    const BEYOND: Duration = Duration::from_secs(10);
    let calls = cell.expect.iter().filter_map(|expect| expect.call.as_ref());
    calls
        .filter_map(|call| call.elapsed_at_most)
        .map(|most| most.get().saturating_add(BEYOND))
        .fold(LEAST, Duration::max)
}
