//! Promises about the workspace itself: who may depend on whom, the oldest Rust that it says it needs, and what `cargo run` runs.

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

/// How many crates stand in the tree that cargo shows for `arguments`, those of the platform that runs the test.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells the programs that it runs where it is"
)]
fn crates(directory: &Path, arguments: &[&str]) -> BTreeSet<String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "tree",
            "--offline",
            "--edges=normal",
            "--prefix=none",
            "--format={p}",
        ])
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("cargo can be started");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // `name version`, and then where a crate comes from and whether it stood above.
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect()
}

/// The stock stack with what `otelbox-sdk` has with `metrics` and `grpc` alone, on the same lock file.
fn stock_crates(root: &Path) -> BTreeSet<String> {
    let stock = tempfile::tempdir().expect("a directory");
    let text = std::fs::read_to_string(root.join("Cargo.toml")).expect("the manifest can be read");
    let version = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(&format!("{name} = {{ version = \"")))
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_else(|| panic!("the workspace has {name}"))
    };
    let dependency = |name: &str, features: &str| {
        let version = version(name);
        format!(
            "{name} = {{ version = \"{version}\", default-features = false, features = [{features}] }}\n"
        )
    };
    let manifest = [
        "[package]\nname = \"stock\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n",
        &dependency("opentelemetry", "\"metrics\""),
        &dependency("opentelemetry_sdk", "\"metrics\""),
        &dependency("opentelemetry-otlp", "\"metrics\", \"grpc-tonic\""),
    ]
    .concat();
    std::fs::write(stock.path().join("Cargo.toml"), manifest).expect("written");
    std::fs::create_dir(stock.path().join("src")).expect("made");
    std::fs::write(stock.path().join("src/lib.rs"), "").expect("written");
    std::fs::copy(root.join("Cargo.lock"), stock.path().join("Cargo.lock")).expect("copied");
    let mut crates = crates(stock.path(), &[]);
    assert!(crates.remove("stock v0.0.0"), "{crates:?}");
    crates
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
fn cargo_run_in_the_root_runs_otelbox() {
    let metadata = metadata();
    let defaults = metadata["workspace_default_members"]
        .as_array()
        .expect("default members");
    let named: Vec<&str> = metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .filter(|package| defaults.contains(&package["id"]))
        .filter_map(|package| package["default_run"].as_str())
        .collect();
    assert_eq!(named, ["otelbox"]);
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
    assert_eq!(
        own_dependencies(&metadata, "otelbox-demo"),
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
    assert_eq!(own.len(), 5, "the five crates");
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

#[test]
#[cfg(target_os = "linux")]
fn the_readme_of_the_sdk_counts_crates_as_cargo_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let sdk = |features: &[&str]| {
        let package = ["--locked", "--package=otelbox-sdk"];
        crates(&root, &[&package, features].concat())
    };
    let small = sdk(&["--no-default-features", "--features=metrics,grpc"]);
    let whole = sdk(&[]);
    let stock = stock_crates(&root);
    let readme = std::fs::read_to_string(root.join("sdk/README.md")).expect("the README");
    for said in [
        format!("{} here, {} for the stock stack", small.len(), stock.len()),
        format!("With all default features it is {}.", whole.len()),
    ] {
        assert!(
            readme.contains(&said),
            "sdk/README.md does not say {said:?}\nonly here: {:?}\nonly in the stock stack: {:?}",
            small.difference(&stock).collect::<Vec<_>>(),
            stock.difference(&small).collect::<Vec<_>>(),
        );
    }
}
