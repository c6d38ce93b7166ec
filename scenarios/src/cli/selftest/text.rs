//! What `otelbox selftest` tells people. Writing to a string cannot fail.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::super::output::{QUIET, STRONG, columns};
use crate::crooked::{
    Acquittal, CrookedClient, CrookedEntry, KillState, KilledRule, Proof, StraightforwardClient,
    StraightforwardEntry,
};
use crate::report::wrap;
use crate::scenario::RuleId;
use crate::verdict::RuleResult;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// How many clients the table names for each rule.
const NAMED: usize = 3;

/// A crooked client.
pub(super) fn proof(client: &CrookedEntry, proof: &Proof) -> String {
    let mut text = headline(proof.holds(), "caught", &client.name, &client.flaw);
    if let Some(caught) = proof.caught.first() {
        detail(&mut text, &format!("{}: {}", caught.rule, caught.actual));
    } else {
        detail(
            &mut text,
            &format!(
                "{} did not fail for its reason ({}) in any of {} cells",
                client.target, client.reason, proof.cells
            ),
        );
        results(&mut text, "for another reason", &proof.other_reason);
    }
    if !client.also_fails.is_empty() {
        let rules: Vec<&str> = client.also_fails.iter().map(RuleId::as_str).collect();
        detail(&mut text, &format!("and {}", rules.join(", ")));
    }
    results(&mut text, "unexpected", &proof.beside);
    for rule in &proof.stale {
        detail(&mut text, &format!("expected, but did not fail: {rule}"));
    }
    results(&mut text, "not run", &proof.broken);
    text
}

/// A straightforward client.
pub(super) fn acquittal(client: &StraightforwardEntry, acquittal: &Acquittal) -> String {
    let mut text = headline(acquittal.holds(), "passed", &client.name, &client.manner);
    let Acquittal { cells, passed, .. } = acquittal;
    detail(&mut text, &format!("{passed} passed in {cells} cells"));
    results(&mut text, "blamed for", &acquittal.blamed);
    results(&mut text, "not run", &acquittal.broken);
    if !acquittal.discouraged.is_empty() {
        let rules: BTreeSet<&str> = acquittal
            .discouraged
            .iter()
            .map(|result| result.rule.as_str())
            .collect();
        let rules: Vec<&str> = rules.into_iter().collect();
        detail(&mut text, &format!("a SHOULD fails: {}", rules.join(", ")));
    }
    text
}

/// The table of rules.
pub(super) fn rules(rules: &[KilledRule]) -> String {
    let mut text = format!("\n{STRONG}rules and the clients that they fail{STRONG:#}\n");
    for KilledRule { rule, level, state } in rules {
        let (style, told) = match state {
            KillState::Killed(clients) => (Style::new(), killers(clients)),
            KillState::Survives => (BAD, "fails no client".to_owned()),
            KillState::ObservedOnly => (QUIET, "observed only".to_owned()),
            KillState::SilenceProvesNothing => (QUIET, "silence proves nothing".to_owned()),
            KillState::RealTimeOnly => (QUIET, "judged in real time only".to_owned()),
            KillState::NotJudged => (QUIET, "not judged".to_owned()),
        };
        let _ = writeln!(text, "{style}{rule:<14} {level:<10} {told}{style:#}");
    }
    text
}

fn killers(clients: &[String]) -> String {
    let named = clients.iter().take(NAMED).cloned().collect::<Vec<_>>();
    let more = clients.len() - named.len();
    let more = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    format!("{:>3}  {}{more}", clients.len(), named.join(", "))
}

/// How much of it is all right.
pub(super) fn totals(
    proofs: &[(&CrookedClient, Proof)],
    acquittals: &[(&StraightforwardClient, Acquittal)],
    rules: Option<&[KilledRule]>,
) -> String {
    let caught = proofs.iter().filter(|(_, proof)| proof.holds()).count();
    let passed = acquittals.iter().filter(|(_, it)| it.holds()).count();
    let mut text = format!(
        "\n{caught} of {} crooked clients caught, {passed} of {} straightforward clients passed\n",
        proofs.len(),
        acquittals.len()
    );
    if let Some(rules) = rules {
        let count = |wanted: fn(&KillState) -> bool| {
            rules.iter().filter(|rule| wanted(&rule.state)).count()
        };
        let killed = count(|state| matches!(state, KillState::Killed(_)));
        let survive = count(|state| *state == KillState::Survives);
        let _ = writeln!(
            text,
            "{killed} of {} rules that can fail do fail a client; {} are observed only, of {} silence proves \
             nothing, {} are judged in real time only, {} are not judged",
            killed + survive,
            count(|state| *state == KillState::ObservedOnly),
            count(|state| *state == KillState::SilenceProvesNothing),
            count(|state| *state == KillState::RealTimeOnly),
            count(|state| *state == KillState::NotJudged),
        );
    }
    text
}

fn headline(holds: bool, good: &str, name: &str, about: &str) -> String {
    let (style, word) = if holds { (GOOD, good) } else { (BAD, "FAILED") };
    format!("{style}{word}{style:#}  {STRONG}{name}{STRONG:#}  {about}\n")
}

fn detail(text: &mut String, line: &str) {
    for line in wrap(line, columns().saturating_sub(8)) {
        let _ = writeln!(text, "        {line}");
    }
}

/// The first result of each rule.
fn results(text: &mut String, what: &str, results: &[RuleResult]) {
    let mut seen = BTreeSet::new();
    for result in results {
        if seen.insert(&result.rule) {
            let RuleResult {
                rule,
                cell,
                expected,
                actual,
                ..
            } = result;
            detail(
                text,
                &format!("{what}: {rule} in {cell}: expected {expected}; {actual}"),
            );
        }
    }
}
