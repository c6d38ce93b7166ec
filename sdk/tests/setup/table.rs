//! The table of variables, the sources and the README say the same.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use otelbox_sdk::{VARIABLES, Variable};

fn in_crate(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of all sources but the table itself.
fn sources() -> String {
    fn read(directory: &Path, text: &mut String) {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                read(&path, text);
            } else if !path.ends_with("variables/table.rs") {
                text.push_str(&fs::read_to_string(&path).expect("UTF-8"));
            }
        }
    }
    let mut text = String::new();
    read(&in_crate("src"), &mut text);
    text
}

/// Every name in `text` that looks like that of a variable.
fn names_in(text: &str) -> BTreeSet<&str> {
    text.match_indices("OTEL_")
        .map(|(start, _)| {
            let rest = &text[start..];
            let end = rest.find(|letter: char| !(letter.is_ascii_uppercase() || letter == '_'));
            &rest[..end.unwrap_or(rest.len())]
        })
        .collect()
}

#[test]
fn the_sources_name_no_variable_that_is_not_in_the_table() {
    let known: BTreeSet<String> = VARIABLES.iter().flat_map(Variable::names).collect();
    let sources = sources();
    // Names in tests that are not meant to be right.
    let others = [
        "OTEL_EXPORTER_OTLP_ENDPIONT",
        "OTEL_EXPORTER_OTLP_METRIC_ENDPOINT",
        "OTEL_TRACE_EXPORTER",
        "OTEL_EXAMPLE_TOKEN",
        "OTEL_PYTHON_ID_GENERATOR",
    ];
    let begins_one = |name: &str| {
        let beginning = format!("{}_", name.trim_end_matches('_'));
        known.iter().any(|known| known.starts_with(&beginning))
    };
    let unknown: Vec<&str> = names_in(&sources)
        .into_iter()
        .filter(|name| !begins_one(name) && !known.contains(*name) && !others.contains(name))
        .collect();
    assert_eq!(unknown, [""; 0]);
}

#[test]
fn names_are_there_once() {
    let all: Vec<String> = VARIABLES.iter().flat_map(Variable::names).collect();
    let distinct: BTreeSet<&String> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
}

/// The table as the README has it.
fn markdown() -> String {
    let mut text =
        String::from("| variable | meaning | unit | allowed | default |\n|---|---|---|---|---|\n");
    for variable in VARIABLES {
        let Variable {
            name,
            meaning,
            unit,
            allowed,
            default,
            ..
        } = variable;
        let signals = if variable.per_signal { " ¹" } else { "" };
        let row = match variable.without_effect {
            Some(reason) => {
                format!("| `{name}` | {meaning} | | no effect, with a warning: {reason} | |")
            }
            None => format!("| `{name}`{signals} | {meaning} | {unit} | {allowed} | {default} |"),
        };
        writeln!(text, "{row}").expect("a string takes all");
    }
    text
}

#[test]
fn the_readme_has_the_table() {
    let readme = fs::read_to_string(in_crate("README.md")).expect("a README");
    let table = markdown();
    assert!(
        readme.contains(&table),
        "the table in README.md is not this one:\n\n{table}"
    );
}

/// What a program outside of this workspace has no need of: a comment, and a provider of cryptography.
fn is_of_this_workspace(line: &str) -> bool {
    line.trim_start().starts_with("//") || line.contains("rustls::crypto")
}

#[test]
fn the_readme_shows_how_the_examples_differ() {
    let readme = fs::read_to_string(in_crate("README.md")).expect("a README");
    let (_, rest) = readme.split_once("```diff\n").expect("a difference");
    let (difference, _) = rest.split_once("```").expect("its end");
    let body = |name: &str| {
        let text = fs::read_to_string(in_crate("examples").join(name)).expect("an example");
        let (_, rest) = text
            .split_once("Box<dyn Error>> {\n")
            .expect("a main function");
        let (main, rest) = rest.split_once("    Ok(())").expect("its end");
        let lines: Vec<String> = main
            .lines()
            .filter(|line| !line.is_empty() && !is_of_this_workspace(line))
            .map(str::to_owned)
            .collect();
        (lines, rest.to_owned())
    };
    let (before, program_before) = body("migration_stock.rs");
    let (after, program_after) = body("migration_otelbox.rs");
    assert_eq!(program_before, program_after, "what is instrumented stays");
    let shown = |sign: char| -> Vec<String> {
        difference
            .lines()
            .filter(|line| line.starts_with([sign, ' ']))
            .map(|line| line[1..].to_owned())
            .collect()
    };
    assert_eq!(shown('-'), before);
    assert_eq!(shown('+'), after);
}
