//! Runs a plan and tells what happens.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::sync::Semaphore;

use super::{
    descriptors,
    lag::LagMeter,
    pool::{Ended, in_order},
    processes::Processes,
    program::Programs,
    real_run::{RealRun, idle_reason},
    real_time::{Bench, Stand},
    recording::{ProgramRecord, Recording, RunEnd},
    seed,
    target::Target,
    virtual_time,
};
use crate::{
    driver::Hello,
    judge::{excused, judge},
    known_failures::KnownFailures,
    plan::{Cell, Plan},
    report::{CellRecorded, RunFinished, RunStarted, RunTime, RunnerEvent},
    rules::RuleCatalog,
    scenario::TimeMode,
    sut::SutError,
    verdict::CellReport,
};

/// How many cells of real time there are at a time for each core, at most: they mostly wait. Fewer where nothing says whether
/// the machine keeps up ([`super::pace`]).
const EACH: NonZeroUsize =
    NonZeroUsize::new(if cfg!(target_os = "linux") { 64 } else { 8 }).unwrap();

/// The same for programs that are started as they are: they are not made to be many.
const EACH_PROGRAM: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// How many idle processes are kept for each core.
const EACH_IDLE: NonZeroUsize = NonZeroUsize::new(16).unwrap();

/// How to run a plan.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Cells at a time, at most. Default: one for each core in virtual time; in real time, where cells mostly wait, 64 for
    /// each core (8 where the system is not Linux), and two for each core where they are programs. In real time no cell
    /// begins while the machine is busy, but for one a second.
    pub jobs: Option<NonZeroUsize>,
    /// Seed of jitter and probabilities. Default: 0.
    pub seed: u64,
    /// Which clock. Default: virtual time where cell and SUT can, else real time.
    pub time: Option<RunTime>,
}

/// Why a plan could not be run at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The runtime for sockets and processes could not be made.
    #[error("could not start the runner")]
    Runtime(#[source] std::io::Error),
    /// The driver of the SUT does not work.
    #[error("could not run {sut}")]
    Driver {
        /// The SUT.
        sut: String,
        /// The cause.
        #[source]
        source: SutError,
    },
}

/// Runs every cell of `plan` on `target`, judges it by `rules`, and tells `sink`.
///
/// Cells are finished in the order of the plan, those in virtual time before those in real time; their recordings are told
/// as soon as there are any, and not kept. In real time an
/// interrupt (Ctrl-C) ends the run, with its processes, after which [`RunFinished::interrupted`] is set.
///
/// # Errors
///
/// [`RunError`] where nothing can be run.
pub fn run(
    plan: &Plan,
    target: &Target,
    rules: &'static RuleCatalog,
    options: &RunOptions,
    sink: &mut dyn FnMut(RunnerEvent),
) -> Result<RunFinished, RunError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "reports say when and how long the runner ran, in wall time"
    )]
    let (began, started) = (std::time::Instant::now(), SystemTime::now());
    let cells: Vec<Arc<Cell>> = plan.cells.iter().cloned().map(Arc::new).collect();
    let mut places: Vec<Place> = cells
        .iter()
        .map(|cell| place(cell, target, options.time))
        .collect();
    let runtime = runtime_for(&places)?;
    let mut description = target.description.clone();
    let mut specification = None;
    let mut processes = None;
    let mut programs = None;
    let mut interrupted = false;
    if let (Some(runtime), Some(program)) = (&runtime, &target.program) {
        match runtime.block_on(Programs::start(program, &cells, &places)) {
            Some(started) => {
                started.leave_out(&cells, &mut places);
                programs = Some(started);
            }
            None => interrupted = true,
        }
    }
    let jobs_of = |each: NonZeroUsize| options.jobs.unwrap_or_else(|| cores().saturating_mul(each));
    if let (Some(runtime), Some(command)) = (&runtime, &target.command) {
        let (started, hello) = runtime
            .block_on(Processes::start(command, jobs_of(EACH_IDLE).get()))
            .map_err(|source| {
                let sut = target.name().to_owned();
                RunError::Driver { sut, source }
            })?;
        leave_out(&cells, &mut places, target.name(), &hello, rules);
        specification = target.specification_of(&hello.version);
        description.version = Some(hello.version);
        description.language = Some(hello.language);
        processes = Some(started);
    }
    let known_failures = target
        .known_failures
        .of_version(description.version.as_deref());
    sink(RunnerEvent::RunStarted(RunStarted {
        sut: description,
        started,
        cells: cells.len(),
        seed: options.seed,
        time: if runtime.is_some() {
            RunTime::Real
        } else {
            RunTime::Virtual
        },
    }));
    let mut order = Order {
        due: 0,
        reports: BTreeMap::new(),
        known_failures: &known_failures,
        rules,
        sink,
    };
    nowhere(&cells, &places, target, rules, &mut order);
    in_virtual_time(&cells, &places, target, rules, options, &mut order);
    let stand = match (processes, programs) {
        (Some(processes), _) => Some((Stand::Driver(processes), EACH)),
        (None, Some(programs)) => Some((Stand::Program(programs), EACH_PROGRAM)),
        (None, None) => None,
    };
    if let (Some(runtime), Some((stand, each))) = (runtime, stand) {
        let jobs = jobs_of(each);
        let bench = Bench {
            sut: target.name().to_owned(),
            specification,
            stand,
            lag: runtime.block_on(async { LagMeter::start() }),
            rules,
            known_failures: known_failures.clone(),
            slots: Semaphore::new(jobs.get()),
            seed: options.seed,
        };
        let real = RealRun {
            cells: &cells,
            places: &places,
            bench: Arc::new(bench),
        };
        interrupted = runtime.block_on(real.run(&mut order));
        drop(real);
        // Processes that are still there are killed by now; nothing else is worth waiting for.
        runtime.shutdown_background();
    }
    order.tell_rest();
    let elapsed = began.elapsed();
    let finished = RunFinished {
        elapsed,
        interrupted,
    };
    sink(RunnerEvent::RunFinished(finished.clone()));
    Ok(finished)
}

/// A runtime for sockets and processes, where a cell is run in real time.
fn runtime_for(places: &[Place]) -> Result<Option<tokio::runtime::Runtime>, RunError> {
    let is_real = |place: &Place| matches!(place, Place::Real);
    if !places.iter().any(is_real) {
        return Ok(None);
    }
    descriptors::allow();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map(Some)
        .map_err(RunError::Runtime)
}

/// Judges the cells that are not run.
fn nowhere(
    cells: &[Arc<Cell>],
    places: &[Place],
    target: &Target,
    rules: &RuleCatalog,
    order: &mut Order<'_>,
) {
    for (index, place) in places.iter().enumerate() {
        if let Place::Nowhere(end) = place {
            let mut recording = virtual_time::empty(&cells[index], target.name(), end.clone());
            recording.program = target.program.is_some().then(ProgramRecord::default);
            order.take(index, Judged::of(recording, rules, Duration::ZERO));
        }
    }
}

/// Runs one cell on a SUT in this process, in virtual time, and returns what was seen.
///
/// For tests and crooked clients; `seed` is that of the run.
pub fn record(cell: &Arc<Cell>, factory: &dyn crate::sut::SutFactory, seed: u64) -> Recording {
    virtual_time::run(cell, factory, seed::of_cell(seed, &cell.id))
}

/// Where a cell is run.
pub(super) enum Place {
    Virtual,
    Real,
    Nowhere(RunEnd),
}

fn place(cell: &Cell, target: &Target, wanted: Option<RunTime>) -> Place {
    let unfit = match target.program {
        Some(_) => cell.unfit_for_programs(),
        None => cell.unfit_for_drivers().map(str::to_owned),
    };
    if let Some(reason) = unfit {
        return Place::Nowhere(RunEnd::NotApplicable(reason));
    }
    let can_virtual = target.factory.is_some() && wanted != Some(RunTime::Real);
    let has_process = target.command.is_some() || target.program.is_some();
    let can_real = has_process && wanted != Some(RunTime::Virtual);
    match cell.time {
        TimeMode::Any | TimeMode::Virtual if can_virtual => Place::Virtual,
        TimeMode::Any | TimeMode::Real if can_real => Place::Real,
        TimeMode::Virtual => Place::Nowhere(RunEnd::NotApplicable(
            "it runs in virtual time only".to_owned(),
        )),
        TimeMode::Real => Place::Nowhere(RunEnd::NotApplicable(
            "it runs in real time only".to_owned(),
        )),
        TimeMode::Any => Place::Nowhere(RunEnd::NotApplicable(format!(
            "{} cannot be run with the clock that was asked for",
            target.name()
        ))),
    }
}

/// Leaves out the cells of real time in which nothing can be judged on a SUT that says this about itself.
fn leave_out(
    cells: &[Arc<Cell>],
    places: &mut [Place],
    sut: &str,
    hello: &Hello,
    rules: &RuleCatalog,
) {
    for (cell, place) in cells.iter().zip(places) {
        if let (Place::Real, Some(reason)) = (&place, idle_reason(cell, sut, hello, rules)) {
            *place = Place::Nowhere(RunEnd::NotApplicable(reason));
        }
    }
}

/// A cell that was run, and what the judge says about it.
pub(super) struct Judged {
    pub(super) recording: Arc<Recording>,
    pub(super) report: CellReport,
    stalled: bool,
}

impl Judged {
    pub(super) fn of(recording: Recording, rules: &RuleCatalog, elapsed: Duration) -> Self {
        let report = judge(&recording, rules, elapsed);
        Self {
            recording: Arc::new(recording),
            report,
            stalled: false,
        }
    }

    /// The same on a machine that stalled, twice: failures that are not known do not count.
    pub(super) fn stalled(self) -> Self {
        Self {
            stalled: true,
            ..self
        }
    }
}

/// Tells recordings at once, and reports in the order of the plan.
pub(super) struct Order<'a> {
    due: usize,
    reports: BTreeMap<usize, CellReport>,
    known_failures: &'a KnownFailures,
    rules: &'a RuleCatalog,
    sink: &'a mut dyn FnMut(RunnerEvent),
}

impl Order<'_> {
    /// Takes the cell at `index` of the plan, and tells all that are due.
    pub(super) fn take(&mut self, index: usize, judged: Judged) {
        let Judged {
            recording,
            mut report,
            stalled,
        } = judged;
        let lag = recording.lag;
        (self.sink)(RunnerEvent::CellRecorded(CellRecorded {
            index,
            recording,
            stalled,
            elapsed: report.elapsed,
        }));
        self.known_failures.apply(&mut report, self.rules);
        if stalled {
            report = excused(report, lag);
        }
        self.reports.insert(index, report);
        while let Some(report) = self.reports.remove(&self.due) {
            (self.sink)(RunnerEvent::CellFinished(report));
            self.due += 1;
        }
    }

    /// Tells what is left when a run has ended early.
    fn tell_rest(&mut self) {
        for report in std::mem::take(&mut self.reports).into_values() {
            (self.sink)(RunnerEvent::CellFinished(report));
        }
    }
}

pub(crate) fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn in_virtual_time(
    cells: &[Arc<Cell>],
    places: &[Place],
    target: &Target,
    rules: &'static RuleCatalog,
    options: &RunOptions,
    order: &mut Order<'_>,
) {
    let Some(factory) = target.factory.clone() else {
        return;
    };
    let chosen: Vec<usize> = places
        .iter()
        .enumerate()
        .filter(|(_, place)| matches!(place, Place::Virtual))
        .map(|(index, _)| index)
        .collect();
    let mine: Vec<Arc<Cell>> = chosen
        .iter()
        .map(|index| Arc::clone(&cells[*index]))
        .collect();
    let seed = options.seed;
    let name = target.name().to_owned();
    let hung = {
        let mine = mine.clone();
        move |index: usize| {
            let reason = "it was busy for a minute of wall time without an end".to_owned();
            Judged::of(
                virtual_time::empty(&mine[index], &name, RunEnd::Crashed(reason)),
                rules,
                Duration::ZERO,
            )
        }
    };
    let job = move |index: usize| {
        let cell = &mine[index];
        #[expect(
            clippy::disallowed_methods,
            reason = "the wall time that a cell costs, not a time of the cell"
        )]
        let began = std::time::Instant::now();
        let recording = record(cell, factory.as_ref(), seed);
        Judged::of(recording, rules, began.elapsed())
    };
    in_order(
        chosen.len(),
        options.jobs.unwrap_or_else(cores),
        job,
        |index, ended| {
            let judged = match ended {
                Ended::With(judged) => judged,
                Ended::Hung => hung(index),
            };
            order.take(chosen[index], judged);
        },
    );
}
