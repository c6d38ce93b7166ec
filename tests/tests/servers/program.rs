//! Examples of the reference SDK, as users run them.

use std::process::Stdio;
use std::time::Duration;

use otelbox_tests::example_binary;
use tokio::process::Command;
use tokio::time::timeout;

/// How long a program may take: only a guard.
const GUARD: Duration = Duration::from_secs(120);

/// Runs an example to its end with nothing but these variables in its environment, and gives what it wrote to standard output.
///
/// # Panics
///
/// If it does not end well; with what it wrote to standard error.
pub(crate) async fn run(name: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(example_binary(name));
    command
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(GUARD, command.output())
        .await
        .expect("it ends")
        .expect("it starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{name}: {}\n{error}",
        output.status
    );
    String::from_utf8(output.stdout).expect("text")
}
