//! What a run is about: a SUT, and how to reach it.

use std::{path::Path, sync::Arc, time::Duration};

use crate::{
    known_failures::{KnownFailures, KnownFailuresError},
    registry::{
        Cache, CacheError, InUse, Installation, InstallationError, Places, Registry, RegistryError,
        SutEntry, SutKind, UnknownSut,
    },
    report::SutDescription,
    rules::{PROGRAM, SpecificationVersion},
    sut::{OtelboxSdk, ProcessCommand, ProgramCommand, SutFactory},
};

/// A SUT, and how to reach it in virtual and in real time.
#[derive(Clone)]
pub struct Target {
    pub(super) description: SutDescription,
    pub(super) factory: Option<Arc<dyn SutFactory>>,
    pub(super) command: Option<ProcessCommand>,
    pub(super) program: Option<ProgramTarget>,
    pub(super) known_failures: KnownFailures,
    /// What the registry says about it, where it is there.
    entry: Option<&'static SutEntry>,
    /// What nobody may change while it is run.
    #[expect(dead_code, reason = "it is a lock: what counts is that it is there")]
    installation: Option<Arc<InUse>>,
}

/// A program that is started as it is.
#[derive(Clone, Debug)]
pub(super) struct ProgramTarget {
    /// Absent where somebody else starts it.
    pub(super) command: Option<ProgramCommand>,
    /// How long it may take to its first export.
    pub(super) patience: Duration,
}

/// How long a program may take to its first export, where nobody says otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a name is no SUT that can be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// There is no such SUT.
    #[error(transparent)]
    Unknown(#[from] UnknownSut),
    /// It is a server, not a SUT.
    #[error("{name} is a server: it receives telemetry, and nothing is run against it")]
    Server {
        /// Its name.
        name: String,
    },
    /// What is embedded about SUTs cannot be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Its known failures cannot be read.
    #[error(transparent)]
    KnownFailures(#[from] KnownFailuresError),
    /// There is no place for installations.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// It is not installed, or not to be used at this moment.
    #[error("not run")]
    NotInstalled {
        /// The SUT.
        sut: String,
        /// The cause.
        #[source]
        source: InstallationError,
    },
}

impl Target {
    /// A SUT of the [`Registry`] by its name. `program` is the `otelbox` binary, whose hidden command `driver` is the
    /// process of the SUTs that are linked in. The installation of any other is kept as it is while the target is there.
    ///
    /// # Errors
    ///
    /// [`TargetError::Unknown`] for a name that is not in the registry, [`TargetError::Server`] for that of a server,
    /// [`TargetError::NotInstalled`] for one that has to be installed first.
    pub fn named(name: &str, program: &Path) -> Result<Self, TargetError> {
        let registry = Registry::embedded()?;
        if registry.servers().iter().any(|server| server.name == name) {
            return Err(TargetError::Server {
                name: name.to_owned(),
            });
        }
        let entry = registry.entry(name)?;
        let (command, installation) = started(entry, program)?;
        let factory: Option<Arc<dyn SutFactory>> = match name {
            "otelbox-sdk" => Some(Arc::new(OtelboxSdk::honest())),
            _ => None,
        };
        let description = SutDescription {
            name: name.to_owned(),
            version: factory
                .is_some()
                .then(|| env!("CARGO_PKG_VERSION").to_owned()),
            language: Some(entry.language.clone()),
        };
        let (command, program) = if entry.kind == SutKind::Program {
            let arguments = entry.arguments.clone().into_iter().collect();
            let command = Some(ProgramCommand::from(command).speaking(arguments));
            let patience = PATIENCE;
            (None, Some(ProgramTarget { command, patience }))
        } else {
            (Some(command), None)
        };
        Ok(Self {
            description,
            factory,
            command,
            program,
            known_failures: KnownFailures::embedded(name)?,
            entry: Some(entry),
            installation: installation.map(Arc::new),
        })
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
            program: None,
            known_failures: KnownFailures::default(),
            entry: None,
            installation: None,
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
            program: None,
            known_failures: KnownFailures::default(),
            entry: None,
            installation: None,
        }
    }

    /// A program that is started as it is, in real time only.
    pub fn program(name: impl Into<String>, command: impl Into<ProgramCommand>) -> Self {
        Self {
            description: SutDescription {
                name: name.into(),
                version: None,
                language: None,
            },
            factory: None,
            command: None,
            program: Some(ProgramTarget {
                command: Some(command.into()),
                patience: PATIENCE,
            }),
            known_failures: KnownFailures::default(),
            entry: None,
            installation: None,
        }
    }

    /// A program that somebody else starts, once its environment is told: in a debugger, in a container.
    pub fn attached() -> Self {
        let mut target = Self::program("attached", ProcessCommand::new("", Vec::<String>::new()));
        if let Some(program) = &mut target.program {
            program.command = None;
        }
        target
    }

    /// The same where a program may take so long to its first export. Default: 30 s.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        if let Some(program) = &mut self.program {
            program.patience = patience;
        }
        self
    }

    /// Whether it is a program that is started as it is, for scenarios with the step `terminate`.
    pub const fn is_program(&self) -> bool {
        self.program.is_some()
    }

    /// The name by which rules know it: programs that are started as they are have one in common.
    pub fn kind(&self) -> &str {
        if self.is_program() {
            PROGRAM
        } else {
            self.name()
        }
    }

    /// The same with these known failures.
    #[must_use]
    pub fn with_known_failures(mut self, known_failures: KnownFailures) -> Self {
        self.known_failures = known_failures;
        self
    }

    /// How many results of the whole catalogue are judged at least ([`SutEntry::minimum_checks`]).
    pub fn minimum_checks(&self) -> u64 {
        self.entry.map_or(0, |entry| entry.minimum_checks)
    }

    /// The version of the specification that it keeps to in this release ([`SutEntry::specification`]).
    pub(super) fn specification_of(&self, version: &str) -> Option<SpecificationVersion> {
        self.entry?.specification_of(version)
    }

    /// How its process is started; none where it is run in this process only.
    pub fn command(&self) -> Option<&ProcessCommand> {
        self.command.as_ref()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.description.name
    }
}

/// How the process of a SUT is started, and its installation where it has one.
fn started(
    entry: &SutEntry,
    program: &Path,
) -> Result<(ProcessCommand, Option<InUse>), TargetError> {
    if entry.is_linked_in() {
        let places = Places {
            otelbox: program,
            driver: Path::new(""),
            home: Path::new(""),
        };
        return Ok((entry.command(&places), None));
    }
    let cache = Cache::of_user()?;
    let installation = Installation::of(entry, &cache);
    let in_use = installation
        .open()
        .map_err(|source| TargetError::NotInstalled {
            sut: entry.name.clone(),
            source,
        })?;
    let driver = installation.driver();
    let places = Places {
        otelbox: program,
        driver: &driver,
        home: installation.home(),
    };
    Ok((entry.command(&places), Some(in_use)))
}
