//! Promises about the workspace itself: who may depend on whom, and the oldest Rust that it says it needs.

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What cargo knows about the whole dependency graph, for every platform.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells the programs that it runs where it is"
)]
fn metadata() -> Value {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--all-features",
        ])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .expect("cargo can be started");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

/// The packages of this workspace that `package` depends on, in any way: normal, build or dev.
fn own_dependencies(metadata: &Value, package: &str) -> BTreeSet<String> {
    let packages = metadata["packages"].as_array().expect("packages");
    let dependencies = packages
        .iter()
        .find(|candidate| candidate["name"] == package)
        .and_then(|found| found["dependencies"].as_array())
        .unwrap_or_else(|| panic!("{package} is in the workspace"));
    dependencies
        .iter()
        .filter_map(|dependency| dependency["name"].as_str())
        .filter(|name| name.starts_with("otelbox"))
        .map(str::to_owned)
        .collect()
}

fn version(text: &str) -> Vec<u64> {
    let parts = text.split('.').map(|part| part.parse().expect("a number"));
    parts.chain([0, 0]).take(3).collect()
}

#[test]
fn sdk_and_mock_know_nothing_of_each_other_and_nothing_depends_on_the_tests() {
    let metadata = metadata();
    let names = |list: &[&str]| {
        list.iter()
            .map(ToString::to_string)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(own_dependencies(&metadata, "otelbox-sdk"), names(&[]));
    assert_eq!(
        own_dependencies(&metadata, "otelbox-mock-collector"),
        names(&[])
    );
    assert_eq!(
        own_dependencies(&metadata, "otelbox"),
        names(&["otelbox-mock-collector", "otelbox-sdk"])
    );
}

#[test]
fn no_dependency_needs_a_newer_rust_than_the_workspace_states() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let stated = packages
        .iter()
        .find(|package| package["name"] == "otelbox")
        .and_then(|package| package["rust_version"].as_str())
        .expect("the workspace states a rust-version");
    let newer: Vec<String> = packages
        .iter()
        .filter_map(|package| Some((package, package["rust_version"].as_str()?)))
        .filter(|(_, needs)| version(needs) > version(stated))
        .map(|(package, needs)| format!("{} {} needs {needs}", package["name"], package["version"]))
        .collect();
    assert!(
        newer.is_empty(),
        "rust-version is {stated}, but {}",
        newer.join(", ")
    );
}

#[test]
fn every_crate_takes_version_licence_and_lints_from_the_workspace() {
    let metadata = metadata();
    let own: Vec<&Value> = metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .filter(|package| package["source"].is_null())
        .collect();
    assert_eq!(own.len(), 4, "the four crates");
    for package in own {
        let manifest = package["manifest_path"].as_str().expect("a path");
        let text = std::fs::read_to_string(manifest).expect("the manifest can be read");
        for line in [
            "rust-version.workspace = true",
            "license.workspace = true",
            "[lints]\nworkspace = true",
        ] {
            assert!(text.contains(line), "{manifest} lacks {line:?}");
        }
    }
}
