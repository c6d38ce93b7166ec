//! A directory of reports, written whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{FactTable, JunitError, RunReport, html, human, json, junit, markdown, matrix::matrix};

/// A directory that reports can be written to: `report.json`, `report.html`, `report.txt`, `summary.md`, `junit.xml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportDirectory {
    path: PathBuf,
}

/// Reports that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The directory, or a file in it, cannot be written.
    #[error("cannot write the report to {}", path.display())]
    Write {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The JSON report.
    #[error("cannot write the JSON report")]
    Json(#[from] serde_json::Error),
    /// The `JUnit` report.
    #[error(transparent)]
    Junit(#[from] JunitError),
}

impl ReportDirectory {
    /// The name of the recording in it, which is written while the run goes (see [`crate::record`]).
    pub const RECORDING: &str = "run.jsonl";

    /// The file for the recording.
    pub fn recording(&self) -> PathBuf {
        self.path.join(Self::RECORDING)
    }

    /// Makes sure, before anything is run, that reports can be written to `path`; makes the directory where there is
    /// none.
    ///
    /// # Errors
    /// [`ReportError::Write`]
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, ReportError> {
        let path = path.into();
        let failed = |cause| ReportError::Write {
            path: path.clone(),
            cause,
        };
        fs::create_dir_all(&path).map_err(failed)?;
        let probe = path.join(".otelbox-probe");
        fs::write(&probe, [])
            .and_then(|()| fs::remove_file(&probe))
            .map_err(failed)?;
        Ok(Self { path })
    }

    /// Writes all reports. Each file is complete or as it was before.
    ///
    /// # Errors
    /// [`ReportError`]
    pub fn write(&self, run: &RunReport) -> Result<(), ReportError> {
        let mut document = serde_json::to_string_pretty(&json(run))?;
        document.push('\n');
        let files = [
            ("report.json", document),
            ("junit.xml", junit(run)?),
            ("report.html", html(std::slice::from_ref(run))),
            ("summary.md", markdown(std::slice::from_ref(run))),
            (
                "report.txt",
                anstream::adapter::strip_str(&human(run, None)).to_string(),
            ),
        ];
        for (name, text) in &files {
            replace(&self.path.join(name), text)?;
        }
        Ok(())
    }

    /// Writes the reports of several runs: one page, one summary, one `matrix.json` and one table of facts (`facts.json`) for all
    /// of them, the others into a directory for each run, called as the system under test. Of one run it writes what
    /// [`Self::write`] does.
    ///
    /// # Errors
    /// [`ReportError`]
    pub fn write_all(&self, runs: &[RunReport]) -> Result<(), ReportError> {
        if let [run] = runs {
            return self.write(run);
        }
        self.write_matrix(runs)?;
        let mut table = serde_json::to_string_pretty(&FactTable::of(runs))?;
        table.push('\n');
        replace(&self.path.join("facts.json"), &table)?;
        for run in runs {
            Self::open(self.path.join(directory_name(run)))?.write(run)?;
        }
        Ok(())
    }
}

impl ReportDirectory {
    /// Writes what is about all of these runs: one page, one summary and `matrix.json`.
    ///
    /// # Errors
    /// [`ReportError`]
    pub fn write_matrix(&self, runs: &[RunReport]) -> Result<(), ReportError> {
        replace(&self.path.join("report.html"), &html(runs))?;
        replace(&self.path.join("summary.md"), &markdown(runs))?;
        replace(&self.path.join("matrix.json"), &matrix(runs)?)
    }
}

/// `opentelemetry-rust-0.33.1`: name and version of the system under test, without what a path would take for more.
fn directory_name(run: &RunReport) -> String {
    let sut = &run.started.sut;
    let name = match &sut.version {
        Some(version) => format!("{}-{version}", sut.name),
        None => sut.name.clone(),
    };
    name.chars()
        .map(|letter| match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' => letter,
            _ => '-',
        })
        .collect()
}

/// Writes beside the file and renames: nobody ever sees half of it.
fn replace(path: &Path, text: &str) -> Result<(), ReportError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, path))
        .map_err(|cause| ReportError::Write {
            path: path.to_owned(),
            cause,
        })
}
