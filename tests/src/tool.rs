//! Programs from elsewhere.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// How long a program may take before it is ended and its test fails: no measure of speed, only a guard against
/// a run that never ends.
const GUARD: Duration = Duration::from_secs(120);

/// A program that nobody here wrote, found on this machine.
#[derive(Clone, Debug)]
pub struct Tool {
    name: &'static str,
    path: PathBuf,
}

/// What a program left behind that has ended by itself.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// All that it wrote to standard output.
    pub stdout: String,
    /// All that it wrote to standard error.
    pub stderr: String,
}

impl Tool {
    pub(crate) fn new(name: &'static str, path: PathBuf) -> Self {
        Self { name, path }
    }

    /// Where it was found.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs it to its end with nothing on standard input, and without the `OTEL_*` variables of this process.
    ///
    /// # Panics
    ///
    /// If it cannot be started, or does not end within two minutes.
    pub async fn run<I, A>(&self, arguments: I) -> Finished
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        let mut command = Command::new(&self.path);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        for (name, _) in inherited_otel_variables() {
            command.env_remove(name);
        }
        let output = timeout(GUARD, command.output())
            .await
            .unwrap_or_else(|_| panic!("{} did not end within {GUARD:?}", self.name))
            .unwrap_or_else(|error| panic!("{} does not start: {error}", self.path.display()));
        Finished {
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Finished {
    /// Requires that it says that it succeeded.
    ///
    /// # Panics
    ///
    /// If not, with what it wrote.
    #[track_caller]
    pub fn assert_success(&self) {
        assert!(
            self.status.success(),
            "{}\n--- stdout\n{}\n--- stderr\n{}",
            self.status,
            self.stdout,
            self.stderr
        );
    }
}

/// Settings of whoever runs the tests must not reach the clients under test.
pub(crate) fn inherited_otel_variables()
-> impl Iterator<Item = (std::ffi::OsString, std::ffi::OsString)> {
    #[expect(
        clippy::disallowed_methods,
        reason = "names to keep from children; no value is used"
    )]
    std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OTEL_"))
}
