//! The systems under test that have a name, as `list`, `explain` and `doctor` show them.

use std::path::PathBuf;

use serde::Serialize;

use super::error::CliError;
use crate::known_failures::KnownFailures;
use crate::registry::{Cache, CheckedNeed, Standing, SutEntry};

/// One system under test, and how things stand with it on this machine.
#[derive(Debug, Serialize)]
pub(super) struct SeenSut<'a> {
    pub(super) name: &'a str,
    pub(super) about: &'a str,
    pub(super) language: &'a str,
    #[serde(flatten)]
    pub(super) standing: Standing,
    pub(super) needs: Vec<CheckedNeed>,
    /// The command that installs it; none where there is nothing to install.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) install: Option<String>,
}

impl<'a> SeenSut<'a> {
    /// Looks at it: finds the programs that it needs, and starts its driver.
    pub(super) async fn look(entry: &'a SutEntry, machine: &Machine) -> Self {
        Self {
            name: &entry.name,
            about: &entry.about,
            language: &entry.language,
            standing: Standing::of(entry, &machine.cache, &machine.otelbox).await,
            needs: CheckedNeed::all(entry),
            install: (!entry.install.is_empty()).then(|| install_command(&entry.name)),
        }
    }

    /// What there is to say beside its state: its version, what is missing, what to do.
    pub(super) fn remark(&self) -> String {
        match &self.standing {
            Standing::Ready { hello: Some(hello) } => hello.version.clone(),
            Standing::Ready { hello: None } => String::new(),
            Standing::CanBeInstalled { .. } => self.install.clone().unwrap_or_default(),
            Standing::Needs => {
                let missing: Vec<String> = self
                    .needs
                    .iter()
                    .filter(|checked| !checked.found.is_met())
                    .map(|checked| checked.need.advice(&checked.found))
                    .collect();
                missing.join("; ")
            }
            Standing::Busy => "another process installs it".to_owned(),
            Standing::Broken { reason } => match &self.install {
                Some(install) => format!("{reason}; make it again: {install}"),
                None => reason.clone(),
            },
        }
    }
}

/// A system under test with what it is known to fail.
#[derive(Debug, Serialize)]
pub(super) struct ExplainedSut<'a> {
    #[serde(flatten)]
    pub(super) seen: SeenSut<'a>,
    #[serde(flatten)]
    pub(super) known: KnownFailures,
}

/// How the system under test of this name is installed.
pub(super) fn install_command(sut: &str) -> String {
    format!("otelbox doctor --install {sut}")
}

/// What is here to run and to install systems under test with.
pub(super) struct Machine {
    pub(super) otelbox: PathBuf,
    pub(super) cache: Cache,
}

impl Machine {
    pub(super) fn here() -> Result<Self, CliError> {
        Ok(Self {
            otelbox: std::env::current_exe().map_err(CliError::Program)?,
            cache: Cache::of_user()?,
        })
    }
}

/// A runtime for processes and their pipes.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(CliError::Runtime)
}
