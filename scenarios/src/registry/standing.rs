//! Whether a system under test can be run on this machine, and if not, what it takes.

use std::path::Path;

use serde::Serialize;

use super::cache::Cache;
use super::entry::{SutEntry, SutKind};
use super::installation::{Installation, InstallationError};
use super::need::{FoundNeed, Need};
use super::placeholder::Places;
use crate::driver::Hello;
use crate::sut::{LogBook, ProcessSut, Sut as _, explained};

/// How things stand with one system under test.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Standing {
    /// It can be run.
    Ready {
        /// What its driver said when it was started; none for what is no driver.
        #[serde(skip_serializing_if = "Option::is_none")]
        hello: Option<Hello>,
    },
    /// All that it needs is here, and it has not been installed by this version of this program.
    CanBeInstalled {
        /// Whether an older installation is there.
        is_outdated: bool,
    },
    /// Programs are missing.
    Needs,
    /// Another process installs it in this moment.
    Busy,
    /// It is installed and does not work.
    Broken {
        /// What went wrong.
        reason: String,
    },
}

impl Standing {
    /// In a few words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Ready { .. } => "ready",
            Self::CanBeInstalled { is_outdated: false } => "can be installed",
            Self::CanBeInstalled { is_outdated: true } => "out of date",
            Self::Needs => "needs programs",
            Self::Busy => "busy",
            Self::Broken { .. } => "broken",
        }
    }

    /// Finds out, by looking for the programs that it needs and by starting its driver. `otelbox` is this program.
    pub async fn of(entry: &SutEntry, cache: &Cache, otelbox: &Path) -> Self {
        let installation = Installation::of(entry, cache);
        let _in_use = if entry.is_linked_in() {
            None
        } else {
            match installation.open() {
                Ok(in_use) => Some(in_use),
                Err(error) => return Self::without(entry, &error),
            }
        };
        match entry.kind {
            SutKind::Driver => {}
            SutKind::Program | SutKind::Server => return Self::Ready { hello: None },
        }
        let driver = installation.driver();
        let places = Places {
            otelbox,
            driver: &driver,
            home: installation.home(),
        };
        match ProcessSut::spawn(&entry.command(&places), LogBook::default()).await {
            Ok(sut) => {
                let hello = Some(sut.hello());
                Box::new(sut).exit().await;
                Self::Ready { hello }
            }
            Err(error) => Self::Broken {
                reason: explained(&error),
            },
        }
    }

    fn without(entry: &SutEntry, error: &InstallationError) -> Self {
        match error {
            InstallationError::Busy { .. } => Self::Busy,
            InstallationError::Files { .. } => Self::Broken {
                reason: explained(error),
            },
            _ if entry.needs.iter().any(|need| !need.find().is_met()) => Self::Needs,
            InstallationError::Missing { .. } => Self::CanBeInstalled { is_outdated: false },
            InstallationError::Outdated { .. } => Self::CanBeInstalled { is_outdated: true },
        }
    }
}

/// A need of a system under test, and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckedNeed {
    /// The need.
    #[serde(flatten)]
    pub need: Need,
    /// What was found.
    #[serde(flatten)]
    pub found: FoundNeed,
}

impl CheckedNeed {
    /// All needs of `entry`, each looked for.
    pub fn all(entry: &SutEntry) -> Vec<Self> {
        entry
            .needs
            .iter()
            .map(|need| Self {
                found: need.find(),
                need: need.clone(),
            })
            .collect()
    }
}
