//! What a run is about: a SUT, and how to reach it.

use std::{path::Path, sync::Arc};

use crate::{
    known_failures::{KnownFailures, KnownFailuresError},
    report::SutDescription,
    sut::{OtelboxSdk, ProcessCommand, SutFactory},
};

/// The SUTs that this binary knows by name.
pub const SUT_NAMES: [&str; 2] = ["otelbox-sdk", "opentelemetry-rust"];

/// A SUT, and how to reach it in virtual and in real time.
#[derive(Clone)]
pub struct Target {
    pub(super) description: SutDescription,
    pub(super) factory: Option<Arc<dyn SutFactory>>,
    pub(super) command: Option<ProcessCommand>,
    pub(super) known_failures: KnownFailures,
}

/// Why a name is no SUT that can be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// There is no such SUT.
    #[error(transparent)]
    Unknown(#[from] UnknownSut),
    /// Its known failures cannot be read.
    #[error(transparent)]
    KnownFailures(#[from] KnownFailuresError),
}

/// A name that is no SUT.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown system under test `{name}`: known are {}, and the path of a driver", SUT_NAMES.join(", "))]
#[non_exhaustive]
pub struct UnknownSut {
    /// What was given.
    pub name: String,
}

impl Target {
    /// A SUT by its name. `program` is the `otelbox` binary, whose hidden command `driver` is the SUT's process in real
    /// time.
    ///
    /// # Errors
    ///
    /// [`TargetError::Unknown`] for a name that is not among [`SUT_NAMES`].
    pub fn named(name: &str, program: &Path) -> Result<Self, TargetError> {
        let command = Some(ProcessCommand::new(program, ["driver", name]));
        let description = |name: &str, version: Option<&str>| SutDescription {
            name: name.to_owned(),
            version: version.map(str::to_owned),
            language: Some("rust".to_owned()),
        };
        match name {
            "otelbox-sdk" => Ok(Self {
                description: description(name, Some(env!("CARGO_PKG_VERSION"))),
                factory: Some(Arc::new(OtelboxSdk::honest())),
                command,
                known_failures: KnownFailures::embedded(name)?,
            }),
            "opentelemetry-rust" => Ok(Self {
                description: description(name, None),
                factory: None,
                command,
                known_failures: KnownFailures::embedded(name)?,
            }),
            _ => Err(UnknownSut {
                name: name.to_owned(),
            }
            .into()),
        }
    }

    /// A SUT in this process, in virtual time only.
    pub fn in_process(factory: Arc<dyn SutFactory>) -> Self {
        Self {
            description: SutDescription {
                name: factory.name().to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
                language: Some("rust".to_owned()),
            },
            factory: Some(factory),
            command: None,
            known_failures: KnownFailures::default(),
        }
    }

    /// A driver of one's own, in real time only.
    pub fn driver(name: impl Into<String>, command: ProcessCommand) -> Self {
        Self {
            description: SutDescription {
                name: name.into(),
                version: None,
                language: None,
            },
            factory: None,
            command: Some(command),
            known_failures: KnownFailures::default(),
        }
    }

    /// The same with these known failures.
    #[must_use]
    pub fn with_known_failures(mut self, known_failures: KnownFailures) -> Self {
        self.known_failures = known_failures;
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.description.name
    }
}
