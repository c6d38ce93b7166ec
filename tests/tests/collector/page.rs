//! `docs/collector.md`: what both answer, and why they differ where they do.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::differences::{self, Listed, between};
use crate::receivers::{Observed, Pair, Seen};
use crate::requests;

/// Set, the page is written and not compared.
const WRITE: &str = "OTELBOX_WRITE_COLLECTOR";

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/collector.md");

const INTRODUCTION: &str = "\
# The mock against the real Collector

{requests} requests, sent byte for byte to `otelbox-mock-collector` and to the OpenTelemetry Collector 0.156.0 with its own
defaults, and what both answered. Compared are how the exchange ended, interim answers, status, every header and trailer (of
`date` that it is there, of `grpc-message` and of the message of a status that there is one), the body, decoded, and what was
accepted: the mock's journal against what the Collector's file exporter wrote. {alike} are answered alike in every field, {nearly}
more in every field but for the first difference of the table, and {unlike} are not, for the other reasons that it lists. Where
the Collector departs from a specification, the mock follows the specification.

This page is written by a test, which fails where it is not what was seen, where a difference is not listed
(`tests/tests/collector/differences.yaml`), and where a listed one does not occur:
`OTELBOX_WRITE_COLLECTOR=1 cargo test -p otelbox-tests --test collector docs/collector.md` writes it again. The Collector is built by
`otelbox doctor --install otel-collector`.
";

/// Writes the page, or holds that it is what was seen.
///
/// # Panics
///
/// Where it is not.
pub(crate) fn is_what_was_seen(observed: &Observed) {
    let page = page(observed, &differences::listed());
    let path = Path::new(PAGE);
    if is_to_be_written() {
        fs::write(path, page).expect("the page can be written");
        return;
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    let differs = written
        .lines()
        .zip(page.lines())
        .enumerate()
        .find(|(_, (written, seen))| written != seen);
    if let Some((index, (written, seen))) = differs {
        let place = index + 1;
        panic!(
            "docs/collector.md is stale; write it again with {WRITE}=1. line {place}:\n  written: {written}\n  seen:    {seen}"
        );
    }
    assert!(
        written == page,
        "docs/collector.md is stale: one of both is longer; write it again with {WRITE}=1"
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "how the test is told to write the page; no SDK reads it"
)]
fn is_to_be_written() -> bool {
    std::env::var_os(WRITE).is_some_and(|value| !value.is_empty())
}

fn page(observed: &Observed, listed: &[Listed]) -> String {
    let causes = causes(listed);
    let count = |is_so: &dyn Fn(&str, &Pair) -> bool| {
        let so = observed.iter().filter(|(name, pair)| is_so(name, pair));
        so.count()
    };
    let alike = count(&|_, pair| between(pair).is_empty());
    let at_most_first = count(&|name, pair| {
        let first = causes.first().into_iter().flatten();
        between(pair)
            .iter()
            .all(|difference| first.clone().any(|entry| entry.holds(name, difference)))
    });
    let mut page = INTRODUCTION
        .replace("{requests}", &observed.len().to_string())
        .replace("{alike}", &alike.to_string())
        .replace("{nearly}", &(at_most_first - alike).to_string())
        .replace("{unlike}", &(observed.len() - at_most_first).to_string());
    page.push_str(
        "\n## Differences\n\nThe number leads from a request below to its differences.\n\n",
    );
    page.push_str("| | why | source | differs in | requests |\n|--:|---|---|---|--:|\n");
    for (index, cause) in causes.iter().enumerate() {
        let fields: BTreeSet<&str> = cause
            .iter()
            .flat_map(|entry| entry.fields.keys().map(String::as_str))
            .collect();
        let fields: Vec<&str> = fields.into_iter().collect();
        let requests: usize = cause.iter().map(|entry| entry.requests.len()).sum();
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {requests} |",
            index + 1,
            cell(&cause[0].reason),
            cell(&cause[0].source),
            fields.join(", "),
        );
    }
    let mut group = "";
    let table = requests::all();
    for request in &table {
        let (its_group, what) = request.name.split_once('/').unwrap_or(("", &request.name));
        if its_group != group {
            group = its_group;
            let _ = write!(
                page,
                "\n## {}\n\n| request | Collector | mock | differs |\n|---|---|---|---|\n",
                capitalized(group)
            );
        }
        if let Some(pair) = observed.get(&request.name) {
            page.push_str(&row(&request.name, what, pair, &causes));
        }
    }
    page
}

/// The entries of the table, those with one reason together.
fn causes(listed: &[Listed]) -> Vec<Vec<&Listed>> {
    let mut causes: Vec<Vec<&Listed>> = Vec::new();
    for entry in listed {
        let same = causes
            .iter_mut()
            .find(|cause| cause[0].reason == entry.reason);
        match same {
            Some(cause) => cause.push(entry),
            None => causes.push(vec![entry]),
        }
    }
    causes
}

fn row(name: &str, what: &str, pair: &Pair, causes: &[Vec<&Listed>]) -> String {
    let differences = between(pair);
    let is_held = |entry: &&Listed| {
        differences
            .iter()
            .any(|difference| entry.holds(name, difference))
    };
    let numbers: Vec<String> = causes
        .iter()
        .enumerate()
        .filter(|(_, cause)| cause.iter().any(is_held))
        .map(|(index, _)| (index + 1).to_string())
        .collect();
    let collector = summary(&pair.collector);
    let mock = if differences.is_empty() {
        "the same".to_owned()
    } else {
        summary(&pair.mock)
    };
    format!(
        "| {} | {collector} | {mock} | {} |\n",
        cell(what),
        numbers.join(", ")
    )
}

/// What was answered, in as few words as tell it.
fn summary(seen: &Seen) -> String {
    let field = |name: &str| seen.fields.get(name).map(String::as_str);
    let mut words = Vec::new();
    if let Some(interim) = field("interim answers") {
        words.push(format!("first {interim}"));
    }
    if let Some(status) = field("status") {
        words.push(status.to_owned());
    }
    if let Some(status) = field("grpc-status") {
        words.push(format!("grpc-status {status}"));
    }
    match field("body") {
        None | Some("empty") => {}
        Some(body) => words.push(
            body.trim_matches('"')
                .replace("\\n", "")
                .replace("\\\"", "\""),
        ),
    }
    match field("ending") {
        Some("answered") | None => {}
        Some(ending) => words.push(ending.to_owned()),
    }
    if field("accepted") != Some("nothing") {
        words.push("accepted".to_owned());
    }
    cell(&words.join("; "))
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace(['\n', '\r'], " ")
        .replace('*', "\\*")
        .trim()
        .to_owned()
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
