//! Why a command could not do what it was asked for.

use std::io;
use std::num::NonZeroU32;
use std::path::PathBuf;

use otelbox_mock_collector::StartError;
use otelbox_mock_collector::control::{ControlError, InvalidToken, NeedsToken};

use super::ready::{NotReady, ReadyUrl};
use super::suts::install_command;
use crate::crooked::CrookedListError;
use crate::driver::DriverError;
use crate::exit_code::ExitCode;
use crate::known_failures::KnownFailuresError;
use crate::record::{MergeError, RecordingError, RecordingErrorKind};
use crate::registry::{CacheError, InstallationError, RegistryError, UnknownSut};
use crate::report::{JunitError, ReportError};
use crate::rules::RuleCatalogError;
use crate::run::{RunError, TargetError};
use crate::scenario::Problems;
use crate::select::SelectError;

#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Rules(#[from] RuleCatalogError),
    #[error(transparent)]
    Files(#[from] Problems),
    #[error(transparent)]
    Select(#[from] SelectError),
    #[error("there is no rule, scenario, fault or system under test `{id}`")]
    Unknown { id: String, nearest: Option<String> },
    #[error(transparent)]
    Crooked(#[from] CrookedListError),
    #[error("there is no crooked client `{name}`")]
    UnknownClient {
        name: String,
        nearest: Option<String>,
    },
    #[error(
        "nothing is left to run: no chosen scenario has a cell for the chosen signals and protocols"
    )]
    NoCells,
    #[error(
        "nothing to explore: none of the chosen signals is sent over any of the chosen protocols"
    )]
    NoCases,
    #[error("--attach is for one cell, and {cells} are selected")]
    AttachToMany { cells: usize },
    #[error("`--shard auto/N` needs the variable JOB_COMPLETION_INDEX{}", .found.as_ref().map_or_else(
        || ", which is not set".to_owned(),
        |(index, count)| format!(" from 0 to {}, and it is `{index}`", count.get() - 1)
    ))]
    NoIndex { found: Option<(String, NonZeroU32)> },
    #[error("{shards} shards are too many for {cells} cells: some would have nothing to do")]
    TooManyShards { shards: u32, cells: usize },
    #[error(
        "a JUnit report is about one system under test, and there are {systems}: --report writes one for each"
    )]
    OneJunit { systems: usize },
    #[error(transparent)]
    Merge(#[from] MergeError),
    #[error(transparent)]
    Sut(#[from] TargetError),
    #[error(transparent)]
    KnownFailures(#[from] KnownFailuresError),
    #[error(transparent)]
    Recording(#[from] RecordingError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    UnknownSut(#[from] UnknownSut),
    #[error("`{path}` is not the file of a driver")]
    NoSuchDriver { path: String },
    #[error("--check-driver prints human text or JSON: --format human or --format json")]
    NoSuchFormatOfCheck,
    #[error("{sut} has no driver that could be checked")]
    NoProcess { sut: String },
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("cannot find the program that is running, which is its own driver")]
    Program(#[source] io::Error),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Junit(#[from] JunitError),
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    #[error("cannot make JSON")]
    Json(#[from] serde_json::Error),
    #[error("cannot start the receiver")]
    Start(#[from] StartError),
    #[error("cannot read the authorities to trust from {path}", path = path.display())]
    Authorities {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("cannot use {what} in {}", path.display())]
    TlsFile {
        what: &'static str,
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("the key in {} does not belong to the certificate in {}", key.display(), certificate.display())]
    OtherKey { certificate: PathBuf, key: PathBuf },
    #[error("cannot write what clients have to trust to {}", path.display())]
    AuthorityOut {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error(transparent)]
    Token(#[from] InvalidToken),
    #[error(transparent)]
    NeedsToken(#[from] NeedsToken),
    #[error("cannot open the control API")]
    Control(#[from] ControlError),
    #[error("{url} is not ready")]
    NotReady {
        url: ReadyUrl,
        #[source]
        cause: NotReady,
    },
    #[error("cannot write the journal {}", path.display())]
    Journal {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("cannot be a system under test")]
    Driver(#[from] DriverError),
    #[error("the view cannot go on")]
    Terminal(#[source] io::Error),
    #[error("cannot write the counterexample {}", path.display())]
    Counterexample {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot write a scenario as YAML")]
    Yaml(#[from] serde_saphyr::ser::Error),
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

impl CliError {
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Files(_)
            | Self::Select(SelectError::Files(_) | SelectError::Pattern { .. })
            | Self::NoIndex { .. }
            | Self::AttachToMany { .. }
            | Self::OneJunit { .. }
            | Self::Merge(_)
            | Self::TooManyShards { .. }
            | Self::Sut(TargetError::Unknown(_) | TargetError::Server { .. })
            | Self::UnknownSut(_)
            | Self::NoSuchDriver { .. }
            | Self::NoSuchFormatOfCheck
            | Self::NoProcess { .. }
            | Self::Authorities { .. }
            | Self::TlsFile { .. }
            | Self::OtherKey { .. }
            | Self::Start(StartError::Forward(_) | StartError::Fault(_))
            | Self::Token(_)
            | Self::NeedsToken(_)
            | Self::UnknownClient { .. } => ExitCode::Usage,
            Self::Select(
                SelectError::Nothing { .. }
                | SelectError::Untested { .. }
                | SelectError::NotRecorded { .. },
            )
            | Self::Unknown { .. }
            | Self::NoCells
            | Self::NoCases => ExitCode::Nothing,
            // Whoever reads the output has seen enough.
            Self::Output(cause) if cause.kind() == io::ErrorKind::BrokenPipe => ExitCode::Success,
            Self::Recording(error) => match error.kind {
                RecordingErrorKind::Write(_) => ExitCode::CouldNotRun,
                _ => ExitCode::Usage,
            },
            Self::Rules(_)
            | Self::KnownFailures(_)
            | Self::Crooked(_)
            | Self::Sut(_)
            | Self::Registry(_)
            | Self::Cache(_)
            | Self::Program(_)
            | Self::Run(_)
            | Self::Report(_)
            | Self::Junit(_)
            | Self::Output(_)
            | Self::Json(_)
            | Self::Start(_)
            | Self::Control(_)
            | Self::NotReady { .. }
            | Self::Journal { .. }
            | Self::AuthorityOut { .. }
            | Self::Driver(_)
            | Self::Terminal(_)
            | Self::Counterexample { .. }
            | Self::Yaml(_)
            | Self::Runtime(_) => ExitCode::CouldNotRun,
        }
    }

    /// What the user may try.
    pub(super) fn help(&self) -> Option<String> {
        match self {
            Self::Unknown { nearest: Some(nearest), .. }
            | Self::UnknownClient { nearest: Some(nearest), .. }
            | Self::Select(SelectError::Nothing { nearest: Some(nearest), .. }) => {
                Some(format!("did you mean `{nearest}`?"))
            }
            Self::Unknown { .. } | Self::Select(SelectError::Nothing { .. }) => {
                Some("`otelbox list scenarios` and `otelbox list rules` print what there is".to_owned())
            }
            Self::Sut(TargetError::Unknown(UnknownSut { nearest, .. }))
            | Self::UnknownSut(UnknownSut { nearest, .. }) => Some(match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "`otelbox list suts` prints what there is; the path of a driver will do as well"
                    .to_owned(),
            }),
            Self::NoSuchDriver { .. } => Some(
                "`otelbox list suts` prints the systems under test that have a name".to_owned(),
            ),
            Self::Sut(TargetError::NotInstalled {
                sut,
                source: InstallationError::Missing { .. } | InstallationError::Outdated { .. },
            }) => Some(format!("install it: {}", install_command(sut))),
            Self::AttachToMany { .. } => Some(
                "name one scenario (`otelbox list scenarios`), one --signal and one --protocol".to_owned(),
            ),
            Self::UnknownClient { nearest: None, .. } => {
                Some("`otelbox selftest` without a name runs them all".to_owned())
            }
            Self::Start(StartError::Listen { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => {
                Some("another program listens there: end it, or take other ports with --grpc and --http".to_owned())
            }
            Self::Terminal(_) => Some("`otelbox serve --plain` prints lines instead".to_owned()),
            Self::Control(error) if error.kind() == io::ErrorKind::AddrInUse => Some(
                "another program listens there: end it, or take another port with --control".to_owned(),
            ),
            Self::NeedsToken(_) => Some(
                "set OTELBOX_CONTROL_TOKEN to a secret, or take an address of the loopback interface".to_owned(),
            ),
            _ => None,
        }
    }
}
