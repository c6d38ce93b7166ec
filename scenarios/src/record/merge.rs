//! Puts the recordings of several runs together: shards of one system under test become one report, other systems under
//! test reports of their own.

use std::path::PathBuf;

use indexmap::IndexMap;

use super::{CellSelectors, RecordedRun, RecordingError, RunLine, replay};
use crate::known_failures::{KnownFailures, KnownFailuresError};
use crate::report::{RunReport, RunTime};
use crate::rules::RuleCatalog;
use crate::shard::Shard;

/// Runs that cannot be put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// One of the recordings cannot be read.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The known failures of a system under test cannot be read.
    #[error(transparent)]
    KnownFailures(#[from] KnownFailuresError),
    /// A shard, or a whole run, that is there twice.
    #[error("{what} of {sut} is there twice: {} and {}", first.display(), second.display())]
    Doubled {
        /// The system under test.
        sut: String,
        /// `shard 2/4`, or `the run`.
        what: String,
        /// The file that came first.
        first: PathBuf,
        /// The other one.
        second: PathBuf,
    },
    /// Shards that are not there.
    #[error("{} of {sut} {} missing", list(shards, *count), if shards.len() == 1 { "is" } else { "are" })]
    Missing {
        /// The system under test.
        sut: String,
        /// Which, from 1.
        shards: Vec<u32>,
        /// How many there should be.
        count: u32,
    },
    /// Runs that are no shards of one whole.
    #[error("{} and {} are no shards of one run of {sut}: they differ in {what}", first.display(), second.display())]
    Unlike {
        /// The system under test.
        sut: String,
        /// In what they differ: `the number of shards`, `the cells that were selected`, ...
        what: &'static str,
        /// A file.
        first: PathBuf,
        /// Another one.
        second: PathBuf,
    },
}

/// Reports that were put together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// One for each system under test, in the order in which they came.
    pub reports: Vec<RunReport>,
    /// What is missing in the recordings.
    pub warnings: Vec<String>,
}

/// Judges `runs` again, and puts shards of one system under test together.
///
/// # Errors
///
/// [`MergeError`]; before anything is judged where shards are missing, doubled or unlike.
pub fn merge(runs: Vec<RecordedRun>, rules: &RuleCatalog) -> Result<Merged, MergeError> {
    let mut systems: IndexMap<String, Vec<RecordedRun>> = IndexMap::new();
    for run in runs {
        // Two versions of one system are two systems, so that they can be compared.
        let sut = run.run().sut.to_string();
        systems.entry(sut).or_default().push(run);
    }
    for (sut, shards) in &systems {
        complete(sut, shards)?;
    }
    let mut merged = Merged::default();
    for shards in systems.into_values() {
        let report = together(shards, rules, &mut merged.warnings)?;
        merged.reports.push(report);
    }
    Ok(merged)
}

/// One report of all shards: it begins with the first of them, and takes as long as the longest.
fn together(
    shards: Vec<RecordedRun>,
    rules: &RuleCatalog,
    warnings: &mut Vec<String>,
) -> Result<RunReport, MergeError> {
    let mut judged = Vec::new();
    let mut whole: Option<RunReport> = None;
    for mut run in shards {
        let sut = &run.run().sut;
        let known_failures = KnownFailures::embedded(&sut.name)?.of_version(sut.version.as_deref());
        let all = &mut CellSelectors::default();
        judged.extend(replay::judged(&mut run, all, &known_failures, rules)?);
        warnings.extend(run.warning());
        let mut report = replay::report(&run, run.run().cells_in_all());
        if let Some(before) = whole {
            report.started.cells += before.started.cells;
            report.started.started = report.started.started.min(before.started.started);
            if before.started.time == RunTime::Real {
                report.started.time = RunTime::Real;
            }
            report.finished.elapsed = report.finished.elapsed.max(before.finished.elapsed);
            report.finished.interrupted |= before.finished.interrupted;
        }
        whole = Some(report);
    }
    judged.sort_by_key(|(place, _)| *place);
    let mut report = whole.unwrap_or_default();
    report.cells = judged.into_iter().map(|(_, cell)| cell).collect();
    Ok(report)
}

/// Checks that these runs are all shards of one whole, or one whole run.
fn complete(sut: &str, runs: &[RecordedRun]) -> Result<(), MergeError> {
    let Some(first) = runs.first() else {
        return Ok(());
    };
    let mut by_shard = IndexMap::new();
    for run in runs {
        if let Some(what) = difference(first.run(), run.run()) {
            return Err(MergeError::Unlike {
                sut: sut.to_owned(),
                what,
                first: first.path().to_owned(),
                second: run.path().to_owned(),
            });
        }
        if let Some(before) = by_shard.insert(run.run().shard, run.path()) {
            return Err(MergeError::Doubled {
                sut: sut.to_owned(),
                what: run
                    .run()
                    .shard
                    .map_or_else(|| "the run".to_owned(), |shard| format!("shard {shard}")),
                first: before.to_owned(),
                second: run.path().to_owned(),
            });
        }
    }
    let Some(shard) = first.run().shard else {
        return Ok(());
    };
    let is_there = |index: &u32| {
        by_shard
            .keys()
            .flatten()
            .any(|there| there.index() == *index)
    };
    let shards: Vec<u32> = (1..=shard.count())
        .filter(|index| !is_there(index))
        .collect();
    if shards.is_empty() {
        return Ok(());
    }
    Err(MergeError::Missing {
        sut: sut.to_owned(),
        shards,
        count: shard.count(),
    })
}

/// In what two runs differ that should be shards of one.
fn difference(one: &RunLine, other: &RunLine) -> Option<&'static str> {
    let count = |run: &RunLine| run.shard.map(Shard::count);
    [
        (count(one) != count(other), "the number of shards"),
        (one.plan != other.plan, "the cells that were selected"),
        (
            one.tool.version != other.tool.version,
            "the version of otelbox",
        ),
        (one.seed != other.seed, "the seed"),
        (one.repeat != other.repeat, "the number of repeats"),
    ]
    .into_iter()
    .find_map(|(differs, what)| differs.then_some(what))
}

/// `shard 2/4`, `shards 2/4 and 3/4`.
fn list(shards: &[u32], count: u32) -> String {
    let names: Vec<String> = shards
        .iter()
        .map(|index| format!("{index}/{count}"))
        .collect();
    match names.split_last() {
        Some((last, [])) => format!("shard {last}"),
        Some((last, others)) => format!("shards {} and {last}", others.join(", ")),
        None => "no shard".to_owned(),
    }
}
