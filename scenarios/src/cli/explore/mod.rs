//! `otelbox explore`.

mod progress;
mod text;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;

use self::progress::Progress;
use super::arguments::{DataFormat, Explore};
use super::error::CliError;
use super::output::{print, print_json};
use super::stop::Stop;
use crate::exit_code::ExitCode;
use crate::explore::{Counterexample, Exploration, Explorer, Tally, not_drawn};
use crate::plan::Filter;
use crate::rules::RuleCatalog;
use crate::sut::OtelboxSdk;

pub(super) fn explore(
    arguments: &Explore,
    rules: &'static RuleCatalog,
) -> Result<ExitCode, CliError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the rate is one of wall time, not a time of any case"
    )]
    let began = std::time::Instant::now();
    let stop = Arc::new(AtomicBool::new(false));
    stop_when_asked(&stop)?;
    let explorer = Explorer {
        cases: arguments.cases,
        seed: arguments.seed,
        jobs: arguments.jobs,
        filter: Filter {
            signals: arguments.signal.clone(),
            protocols: arguments.protocol.clone(),
        },
        stops_at_the_first: false,
        factory: Arc::new(OtelboxSdk::honest()),
        rules,
        stop,
    };
    if !explorer.has_cases() {
        return Err(CliError::NoCases);
    }
    let mut progress = Progress::of(arguments.cases, began);
    let exploration = explorer.explore(|tally| progress.tell(tally));
    progress.end();
    let files = written(arguments, &exploration.counterexamples)?;
    let summary = Summary::of(arguments, &exploration, began.elapsed(), files);
    match arguments.format {
        DataFormat::Human => print(&text::summary(&summary)?)?,
        DataFormat::Json => print_json(&summary)?,
    }
    Ok(exit_code(&exploration))
}

/// Sets `stop` when the user or the system asks for an end.
fn stop_when_asked(stop: &Arc<AtomicBool>) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(CliError::Runtime)?;
    let mut asked = {
        let _inside = runtime.enter();
        Stop::listen().map_err(CliError::Runtime)?
    };
    let stop = Arc::clone(stop);
    // Nobody waits for it: it ends with the process.
    std::thread::spawn(move || {
        runtime.block_on(asked.requested());
        stop.store(true, Ordering::Relaxed);
    });
    Ok(())
}

/// Writes a file for each counterexample, where a directory was named; gives their paths.
fn written(
    arguments: &Explore,
    counterexamples: &[Counterexample],
) -> Result<Vec<PathBuf>, CliError> {
    let Some(directory) = &arguments.out else {
        return Ok(Vec::new());
    };
    let failed = |path: &PathBuf| {
        let path = path.clone();
        move |source| CliError::Counterexample { path, source }
    };
    fs::create_dir_all(directory).map_err(failed(directory))?;
    counterexamples
        .iter()
        .map(|found| {
            let path = directory.join(found.file_name());
            fs::write(&path, found.yaml(arguments.seed)?).map_err(failed(&path))?;
            Ok(path)
        })
        .collect()
}

fn exit_code(exploration: &Exploration) -> ExitCode {
    if exploration.interrupted {
        ExitCode::Interrupted
    } else if !exploration.tally.violations.is_empty() {
        ExitCode::MustFailed
    } else if !exploration.tally.not_run.is_empty() {
        ExitCode::CouldNotRun
    } else {
        ExitCode::Success
    }
}

/// What was explored and what was found.
#[derive(Serialize)]
struct Summary<'a> {
    seed: u64,
    interrupted: bool,
    /// How long it took in wall time, without making cases smaller.
    #[serde(rename = "elapsed_ms", serialize_with = "in_millis")]
    elapsed: Duration,
    cases_per_minute: u64,
    #[serde(flatten)]
    tally: &'a Tally,
    /// Actions that cases can have, and none had to any effect.
    never_fired: Vec<&'static str>,
    /// Actions that no case can have.
    not_explored: Vec<&'static str>,
    counterexamples: &'a [Counterexample],
    /// Where they were written, in their order.
    files: Vec<PathBuf>,
}

fn in_millis<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

impl<'a> Summary<'a> {
    fn of(
        arguments: &Explore,
        exploration: &'a Exploration,
        elapsed: Duration,
        files: Vec<PathBuf>,
    ) -> Self {
        let tally = &exploration.tally;
        let not_explored = not_drawn();
        let mut never_fired = tally.never_fired();
        never_fired.retain(|name| !not_explored.contains(name));
        Self {
            seed: arguments.seed,
            interrupted: exploration.interrupted,
            elapsed,
            cases_per_minute: per_minute(tally.cases, elapsed),
            tally,
            never_fired,
            not_explored,
            counterexamples: &exploration.counterexamples,
            files,
        }
    }
}

/// The rate at which so many cases were run.
fn per_minute(cases: u64, elapsed: Duration) -> u64 {
    let millis = u64::try_from(elapsed.as_millis())
        .unwrap_or(u64::MAX)
        .max(1);
    cases.saturating_mul(60_000) / millis
}
