//! Runs a plan and tells what happens.

use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    lag::LagMeter,
    patience::patience,
    pool::{Ended, in_order},
    processes::Processes,
    real_time::Bench,
    recording::{Recording, RunEnd},
    request::{missing, needs},
    seed,
    target::Target,
    virtual_time,
};
use crate::{
    driver::Hello,
    judge::{expected_rules, judge},
    known_failures::KnownFailures,
    plan::{Cell, Plan},
    report::{RunFinished, RunStarted, RunTime, RunnerEvent},
    rules::{Rule, RuleCatalog},
    scenario::TimeMode,
    sut::SutError,
    verdict::CellReport,
};

/// How many cells of real time there are at a time for each core: they mostly wait.
const EACH: NonZeroUsize = NonZeroUsize::new(8).unwrap();

/// How to run a plan.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Cells at a time. Default: one for each core in virtual time, eight for each core in real time, where cells mostly
    /// wait.
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
/// Cells are finished in the order of the plan, those in virtual time before those in real time. In real time an
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
    let is_real = |place: &Place| matches!(place, Place::Real);
    let runtime = if places.iter().any(is_real) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(RunError::Runtime)?;
        Some(runtime)
    } else {
        None
    };
    let mut description = target.description.clone();
    let mut processes = None;
    if let (Some(runtime), Some(command)) = (&runtime, &target.command) {
        let (started, hello) = runtime
            .block_on(Processes::start(command))
            .map_err(|source| RunError::Driver {
                sut: target.name().to_owned(),
                source,
            })?;
        for (cell, place) in cells.iter().zip(&mut places) {
            if let (Place::Real, Some(reason)) =
                (&place, idle_reason(cell, target.name(), &hello, rules))
            {
                *place = Place::Nowhere(RunEnd::NotApplicable(reason));
            }
        }
        description.version = Some(hello.version);
        description.language = Some(hello.language);
        processes = Some(started);
    }
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
    let mut reports: BTreeMap<usize, CellReport> = BTreeMap::new();
    let mut order = Order {
        due: 0,
        known_failures: &target.known_failures,
        rules,
        sink,
    };
    for (index, place) in places.iter().enumerate() {
        if let Place::Nowhere(end) = place {
            let recording = virtual_time::empty(&cells[index], target.name(), end.clone());
            reports.insert(index, judge(&recording, rules, Duration::ZERO));
        }
    }
    in_virtual_time(
        &cells,
        &places,
        target,
        rules,
        options,
        &mut reports,
        &mut order,
    );
    let mut interrupted = false;
    if let (Some(runtime), Some(processes)) = (runtime, processes) {
        let jobs = options.jobs.unwrap_or_else(|| cores().saturating_mul(EACH));
        let bench = Bench {
            sut: target.name().to_owned(),
            processes,
            lag: runtime.block_on(async { LagMeter::start() }),
            rules,
            slots: Semaphore::new(jobs.get()),
            seed: options.seed,
        };
        let real = RealRun {
            cells: &cells,
            places: &places,
            bench: Arc::new(bench),
        };
        interrupted = runtime.block_on(real.run(&mut reports, &mut order));
        drop(real);
        // Processes that are still there are killed by now; nothing else is worth waiting for.
        runtime.shutdown_background();
    }
    order.tell(&mut reports);
    order.tell_rest(reports);
    let finished = RunFinished {
        elapsed: began.elapsed(),
        interrupted,
    };
    sink(RunnerEvent::RunFinished(finished.clone()));
    Ok(finished)
}

/// Runs one cell on a SUT in this process, in virtual time, and returns what was seen.
///
/// For tests and crooked clients; `seed` is that of the run.
pub fn record(cell: &Arc<Cell>, factory: &dyn crate::sut::SutFactory, seed: u64) -> Recording {
    virtual_time::run(cell, factory, seed::of_cell(seed, &cell.id))
}

/// Where a cell is run.
enum Place {
    Virtual,
    Real,
    Nowhere(RunEnd),
}

fn place(cell: &Cell, target: &Target, wanted: Option<RunTime>) -> Place {
    let can_virtual = target.factory.is_some() && wanted != Some(RunTime::Real);
    let can_real = target.command.is_some() && wanted != Some(RunTime::Virtual);
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

/// Tells reports in the order of the plan.
struct Order<'a> {
    due: usize,
    known_failures: &'a KnownFailures,
    rules: &'a RuleCatalog,
    sink: &'a mut dyn FnMut(RunnerEvent),
}

impl Order<'_> {
    /// Tells all that are due.
    fn tell(&mut self, reports: &mut BTreeMap<usize, CellReport>) {
        while let Some(mut report) = reports.remove(&self.due) {
            self.known_failures.apply(&mut report, self.rules);
            (self.sink)(RunnerEvent::CellFinished(report));
            self.due += 1;
        }
    }

    /// Tells what is left when a run has ended early.
    fn tell_rest(&mut self, reports: BTreeMap<usize, CellReport>) {
        for report in reports.into_values() {
            (self.sink)(RunnerEvent::CellFinished(report));
        }
    }
}

fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn in_virtual_time(
    cells: &[Arc<Cell>],
    places: &[Place],
    target: &Target,
    rules: &'static RuleCatalog,
    options: &RunOptions,
    reports: &mut BTreeMap<usize, CellReport>,
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
            judge(
                &virtual_time::empty(&mine[index], &name, RunEnd::Crashed(reason)),
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
        judge(&recording, rules, began.elapsed())
    };
    in_order(
        chosen.len(),
        options.jobs.unwrap_or_else(cores),
        job,
        |index, ended| {
            let report = match ended {
                Ended::With(report) => report,
                Ended::Hung => hung(index),
            };
            reports.insert(chosen[index], report);
            order.tell(reports);
        },
    );
}

/// Why nothing in `cell` can be judged on a SUT that says this about itself; none where something can.
fn idle_reason(cell: &Cell, sut: &str, hello: &Hello, rules: &RuleCatalog) -> Option<String> {
    if let Some(reason) = missing(needs(cell), &hello.capabilities) {
        return Some(format!("{sut} cannot do: {reason}"));
    }
    let expected: Vec<_> = expected_rules(cell).map(|rule| rules.rule(&rule)).collect();
    let others = |rule: &Option<&Rule>| rule.is_some_and(|rule| !rule.is_about(sut));
    (!expected.is_empty() && expected.iter().all(others))
        .then(|| format!("{sut} has not promised what is judged here"))
}

/// The real-time part of a run.
struct RealRun<'a> {
    cells: &'a [Arc<Cell>],
    places: &'a [Place],
    bench: Arc<Bench>,
}

impl RealRun<'_> {
    /// Runs all cells of real time; returns whether the user interrupted it.
    ///
    /// Those that wait longest begin first, so that none of them is left alone at the end. While cells run, the processes
    /// of the next are started, one for each core at a time.
    async fn run(&self, reports: &mut BTreeMap<usize, CellReport>, order: &mut Order<'_>) -> bool {
        let mut left: Vec<usize> = (0..self.cells.len())
            .filter(|index| matches!(self.places[*index], Place::Real))
            .collect();
        left.sort_by_key(|index| patience(&self.cells[*index]));
        let boots = Arc::new(Semaphore::new(cores().get()));
        let mut tasks = JoinSet::new();
        let mut running = HashMap::new();
        let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
        while !left.is_empty() || !tasks.is_empty() {
            tokio::select! {
                boot = Arc::clone(&boots).acquire_owned(), if !left.is_empty() => {
                    let (Some(index), Ok(boot)) = (left.pop(), boot) else {
                        continue;
                    };
                    let (bench, cell) = (Arc::clone(&self.bench), Arc::clone(&self.cells[index]));
                    let task = tasks.spawn(async move { bench.run(&cell, boot).await });
                    running.insert(task.id(), index);
                }
                Some(joined) = tasks.join_next_with_id(), if !tasks.is_empty() => {
                    let (task, report) = match joined {
                        Ok((task, report)) => (task, Ok(report)),
                        Err(error) => (error.id(), Err(error)),
                    };
                    let Some(index) = running.remove(&task) else {
                        continue;
                    };
                    let report = report.unwrap_or_else(|error| self.crashed(index, &error));
                    reports.insert(index, report);
                    order.tell(reports);
                }
                _ = &mut interrupt => {
                    tasks.shutdown().await;
                    return true;
                }
            }
        }
        false
    }

    /// The report of a cell in which the runner itself panicked.
    fn crashed(&self, index: usize, error: &tokio::task::JoinError) -> CellReport {
        let end = RunEnd::Crashed(format!("the runner failed: {error}"));
        let recording = virtual_time::empty(&self.cells[index], &self.bench.sut, end);
        judge(&recording, self.bench.rules, Duration::ZERO)
    }
}
