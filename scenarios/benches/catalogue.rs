//! What the catalogue costs in virtual time: wall time of each cell on one core, and of the whole with all cores, from
//! the start of the first cell to the last verdict.
//!
//! `cargo bench -p otelbox --bench catalogue`

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use otelbox::catalog::ScenarioCatalog;
use otelbox::plan::{Filter, Plan};
use otelbox::report::{RunTime, RunnerEvent};
use otelbox::rules::RuleCatalog;
use otelbox::run::{self, RunOptions, Target};
use otelbox::sut::OtelboxSdk;

const REPETITIONS: usize = 5;
const SLOWEST: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo test --benches` runs this without `--bench`: then it only has to show that it still works.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let repetitions = if measured { REPETITIONS } else { 1 };
    let rules = RuleCatalog::embedded()?;
    let catalog = ScenarioCatalog::embedded(rules)?;
    let plan = Plan::of(catalog.scenarios().map(AsRef::as_ref), &Filter::default());
    let target = Target::in_process(Arc::new(OtelboxSdk::honest()));

    let mut cells: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
    let mut one_core = Vec::new();
    let mut all_cores = Vec::new();
    for _ in 0..repetitions {
        let options = RunOptions {
            jobs: NonZeroUsize::new(1),
            time: Some(RunTime::Virtual),
            ..RunOptions::default()
        };
        let finished = run::run(&plan, &target, rules, &options, &mut |event| {
            if let RunnerEvent::CellFinished(cell) = event
                // What does not run in virtual time takes none.
                && !cell.elapsed.is_zero()
            {
                cells
                    .entry(cell.cell.to_string())
                    .or_default()
                    .push(cell.elapsed);
            }
        })?;
        one_core.push(finished.elapsed);
        let options = RunOptions {
            jobs: None,
            ..options
        };
        all_cores.push(run::run(&plan, &target, rules, &options, &mut drop)?.elapsed);
    }

    let mut medians: Vec<(Duration, String)> = cells
        .into_iter()
        .map(|(cell, durations)| (median(durations), cell))
        .collect();
    medians.sort();
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{} cells, medians of {repetitions} runs",
        medians.len()
    )?;
    let share = |percent: usize| {
        medians
            .get(medians.len() * percent / 100)
            .map(|cell| cell.0)
    };
    for (name, duration) in [
        ("median", share(50)),
        ("90 % within", share(90)),
        ("99 % within", share(99)),
    ] {
        writeln!(out, "{name:>14} {:>9.2?}", duration.unwrap_or_default())?;
    }
    for (duration, cell) in medians.iter().rev().take(SLOWEST) {
        writeln!(out, "{:>14} {duration:>9.2?}  {cell}", "among slowest")?;
    }
    writeln!(out, "{:>14} {:>9.2?}", "one core", median(one_core))?;
    writeln!(out, "{:>14} {:>9.2?}", "all cores", median(all_cores))?;
    Ok(())
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations
        .get(durations.len() / 2)
        .copied()
        .unwrap_or_default()
}
