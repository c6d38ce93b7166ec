//! How a server is started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use tempfile::TempDir;
use tokio::time::timeout;

use super::keeper::Keeper;
use super::last_lines::LastLines;
use super::{Readiness, RealServer, ServerError, ServerErrorKind};
use crate::child::dies_with_this_thread;
use crate::tool::inherited_otel_variables;

/// How long a server may take to become ready, by default: no measure of speed, only a guard.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// How long it may take to end when it is asked to, by default, before it is killed.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// A server to be started, with a temporary directory of its own, in which it runs.
#[derive(Debug)]
#[must_use = "a builder does nothing before `start`"]
pub struct ServerBuilder {
    name: String,
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    directory: Arc<TempDir>,
    ready_within: Duration,
    ends_within: Duration,
}

impl ServerBuilder {
    /// A server with this name for messages.
    ///
    /// # Errors
    ///
    /// [`ServerErrorKind::Prepare`] where there is no temporary directory to be had.
    pub fn new(name: impl Into<String>, program: &Path) -> Result<Self, ServerError> {
        let name = name.into();
        match tempfile::tempdir() {
            Ok(directory) => Ok(Self {
                name,
                program: program.to_owned(),
                arguments: Vec::new(),
                environment: Vec::new(),
                directory: Arc::new(directory),
                ready_within: READY_WITHIN,
                ends_within: ENDS_WITHIN,
            }),
            Err(error) => Err(prepare(name, error)),
        }
    }

    /// Writes a file into its directory: a configuration, a certificate.
    ///
    /// # Errors
    ///
    /// [`ServerErrorKind::Prepare`] where it cannot be written.
    pub fn file(self, name: &str, content: &str) -> Result<Self, ServerError> {
        match fs::write(self.directory.path().join(name), content) {
            Ok(()) => Ok(self),
            Err(error) => Err(prepare(self.name, error)),
        }
    }

    /// Adds an argument.
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Sets a variable of its environment, which is else that of the test without its `OTEL_*` variables.
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// How long it may take to become ready; default two minutes.
    pub const fn ready_within(mut self, limit: Duration) -> Self {
        self.ready_within = limit;
        self
    }

    /// How long it may take to end when it is asked to (SIGTERM), before it is killed; default 20 s.
    pub const fn ends_within(mut self, limit: Duration) -> Self {
        self.ends_within = limit;
        self
    }

    /// Where it runs; gone when the last server in it is.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Starts the server and waits until it is ready. It can be started again, in the same directory, when it has ended.
    ///
    /// # Errors
    ///
    /// [`ServerError`], with what it wrote last.
    pub async fn start(&self, readiness: &Readiness) -> Result<RealServer, ServerError> {
        let lines = Arc::new(LastLines::default());
        let error = |kind| ServerError {
            name: self.name.clone(),
            kind,
            last_lines: lines.all(),
        };
        // Looked for here: what is run may be a program that starts it.
        if let Err(missing) = fs::metadata(&self.program) {
            let text = format!("{}: {missing}", self.program.display());
            return Err(error(ServerErrorKind::Start(io::Error::other(text))));
        }
        let mut command = dies_with_this_thread(&self.program);
        command
            .args(&self.arguments)
            .current_dir(self.directory.path());
        for (name, _) in inherited_otel_variables() {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let keeper = Keeper::start(&self.name, command, Arc::clone(&lines), self.ends_within)
            .await
            .map_err(|cause| error(ServerErrorKind::Start(cause)))?;
        tokio::select! {
            biased;
            ended = keeper.ended() => Err(error(ServerErrorKind::EndedEarly(ended))),
            ready = timeout(self.ready_within, readiness.wait(&lines)) => match ready {
                Ok(()) => Ok(RealServer {
                    name: self.name.clone(),
                    keeper,
                    lines,
                    ends_within: self.ends_within,
                    directory: Arc::clone(&self.directory),
                }),
                Err(_) => Err(error(ServerErrorKind::NeverReady {
                    readiness: readiness.clone(),
                    after: self.ready_within,
                })),
            },
        }
    }
}

fn prepare(name: String, error: io::Error) -> ServerError {
    ServerError {
        name,
        kind: ServerErrorKind::Prepare(error),
        last_lines: Vec::new(),
    }
}
