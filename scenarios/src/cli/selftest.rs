//! `otelbox selftest`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::Data;
use super::arguments::{DataFormat, Selftest};
use super::error::CliError;
use super::output::{STRONG, columns, note, print, print_json};
use crate::crooked::{CrookedClient, CrookedEntry, Proof, clients, prove};
use crate::exit_code::ExitCode;
use crate::plan::{Filter, Plan};
use crate::report::wrap;
use crate::run::RunOptions;
use crate::scenario::{RuleId, nearest};
use crate::verdict::RuleResult;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

pub(super) fn selftest(arguments: &Selftest, data: &Data) -> Result<ExitCode, CliError> {
    let chosen = chosen(&arguments.clients)?;
    let plan = Plan::of(
        data.catalog.scenarios().map(AsRef::as_ref),
        &Filter::default(),
    );
    let human = arguments.format == DataFormat::Human;
    let mut shown = Vec::new();
    for client in &chosen {
        let proof = prove(client, &plan, data.rules, &RunOptions::default())?;
        if human {
            print(&text(&client.entry, &proof))?;
        }
        shown.push(ShownProof::of(&client.entry, proof));
    }
    let caught = shown.iter().filter(|proof| proof.holds).count();
    if human {
        note(&format!(
            "{caught} of {} crooked clients caught\n",
            shown.len()
        ));
    } else {
        print_json(&shown)?;
    }
    Ok(if caught == shown.len() {
        ExitCode::Success
    } else {
        ExitCode::MustFailed
    })
}

/// The clients of these names, in the order of the list; all where there are none.
fn chosen(names: &[String]) -> Result<Vec<CrookedClient>, CliError> {
    let all = clients()?;
    if let Some(unknown) = names
        .iter()
        .find(|name| all.iter().all(|client| client.entry.name != **name))
    {
        return Err(CliError::UnknownClient {
            name: unknown.clone(),
            nearest: nearest(unknown, all.iter().map(|client| client.entry.name.as_str()))
                .map(str::to_owned),
        });
    }
    Ok(all
        .into_iter()
        .filter(|client| names.is_empty() || names.contains(&client.entry.name))
        .collect())
}

/// Writing to a string cannot fail.
fn text(client: &CrookedEntry, proof: &Proof) -> String {
    let mut text = String::new();
    let (style, word) = if proof.holds() {
        (GOOD, "caught")
    } else {
        (BAD, "FAILED")
    };
    let _ = writeln!(
        text,
        "{style}{word}{style:#}  {STRONG}{}{STRONG:#}  {}",
        client.name, client.flaw
    );
    let mut detail = |line: &str| {
        for line in wrap(line, columns().saturating_sub(8)) {
            let _ = writeln!(text, "        {line}");
        }
    };
    match proof.caught.first() {
        Some(caught) => detail(&format!("{}: {}", caught.rule, caught.actual)),
        None => detail(&format!(
            "{} did not fail for its reason ({}) in any of {} cells",
            client.target, client.reason, proof.cells
        )),
    }
    if !client.also_fails.is_empty() {
        let rules: Vec<&str> = client.also_fails.iter().map(RuleId::as_str).collect();
        detail(&format!("and {}", rules.join(", ")));
    }
    for result in first_of_each(&proof.beside) {
        detail(&format!(
            "unexpected: {} in {}: expected {}; {}",
            result.rule, result.cell, result.expected, result.actual
        ));
    }
    for rule in &proof.stale {
        detail(&format!("expected, but did not fail: {rule}"));
    }
    for result in first_of_each(&proof.broken) {
        detail(&format!("not run: {}: {}", result.cell, result.actual));
    }
    text
}

/// The first result of each rule.
fn first_of_each(results: &[RuleResult]) -> impl Iterator<Item = &RuleResult> {
    let mut seen = BTreeSet::new();
    results
        .iter()
        .filter(move |result| seen.insert(result.rule.clone()))
}

/// A proof as JSON.
#[derive(Serialize)]
struct ShownProof {
    client: String,
    flaw: String,
    target: RuleId,
    /// What was seen where the target failed for its reason.
    evidence: Option<String>,
    also_fails: Vec<RuleId>,
    cells: usize,
    holds: bool,
    caught: usize,
    unexpected: BTreeSet<RuleId>,
    stale: Vec<RuleId>,
    not_run: usize,
}

impl ShownProof {
    fn of(client: &CrookedEntry, proof: Proof) -> Self {
        Self {
            client: client.name.clone(),
            flaw: client.flaw.clone(),
            target: client.target.clone(),
            also_fails: client.also_fails.clone(),
            cells: proof.cells,
            holds: proof.holds(),
            caught: proof.caught.len(),
            evidence: proof.caught.into_iter().next().map(|result| result.actual),
            unexpected: proof.beside.into_iter().map(|result| result.rule).collect(),
            stale: proof.stale,
            not_run: proof.broken.len(),
        }
    }
}
