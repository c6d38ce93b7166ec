//! The binaries under test.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The binary `otelbox`, as built from the sources as they are now.
///
/// Cargo hands a binary only to the tests of its own package, so it is asked to build it, once for each test
/// process: as what `cargo test` needs for the command line's own tests, because then, under `cargo test`, it is built
/// already, with the same features. `OTELBOX_BINARY` names another one, for example of a release.
///
/// # Panics
///
/// If it does not build; cargo says why on standard error.
pub fn otelbox_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| given().unwrap_or_else(|| build_for_test("otelbox", "cli")))
}

/// The binary `demo-service`, in the same way, as what its own tests need.
///
/// # Panics
///
/// If it does not build; cargo says why on standard error.
pub fn demo_service_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| build_for_test("demo-service", "service"))
}

/// An example of the reference SDK: a program as users write it. It is built if it is not yet.
///
/// # Panics
///
/// If it does not build; cargo says why on standard error.
pub fn example_binary(name: &str) -> PathBuf {
    build(name, "example", &["build", "--example", name])
}

#[expect(
    clippy::disallowed_methods,
    reason = "a choice of whoever runs the tests"
)]
fn given() -> Option<PathBuf> {
    env::var_os("OTELBOX_BINARY").map(PathBuf::from)
}

fn build_for_test(name: &str, test: &str) -> PathBuf {
    build(name, "bin", &["test", "--no-run", "--test", test])
}

/// Runs cargo with these arguments, and gives the executable of this name and kind.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells the programs that it runs where it is"
)]
fn build(name: &str, kind: &str, arguments: &[&str]) -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut command = Command::new(cargo);
    command
        .current_dir(workspace)
        .args(arguments)
        .args(["--quiet", "--locked"])
        .args(["--message-format", "json-render-diagnostics"]);
    // What cargo tells about the package of this test would look like a change to the build scripts that read it.
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        {
            command.env_remove(&*name);
        }
    }
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .unwrap_or_else(|error| panic!("cannot start cargo: {error}"));
    assert!(
        output.status.success(),
        "cargo could not build {name}: {}",
        output.status
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|message| executable(name, kind, message))
        .expect("cargo names the executable that it has built")
}

/// The executable that a message of cargo names, if it is the one.
fn executable(name: &str, kind: &str, message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let target = &message["target"];
    (target["name"] == name && target["kind"][0] == kind && message["profile"]["test"] == false)
        .then(|| message["executable"].as_str().map(PathBuf::from))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_the_library_nor_the_tests_of_the_same_name_are_taken_for_the_binary() {
        let built = |kind: &str, test: bool| {
            let target = serde_json::json!({"name": "otelbox", "kind": [kind]});
            let profile = serde_json::json!({"test": test});
            let message = serde_json::json!({"target": target, "profile": profile, "executable": "/t/otelbox"});
            executable("otelbox", "bin", &message.to_string())
        };
        assert_eq!(built("lib", false), None);
        assert_eq!(built("bin", true), None);
        assert_eq!(built("bin", false), Some(PathBuf::from("/t/otelbox")));
    }
}
