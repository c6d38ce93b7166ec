//! Every crooked client fails its rule, for its reason, and nothing that its list does not name; a straightforward client
//! is blamed for nothing; and every rule that can fail does fail a crooked client.
//!
//! One test for each client. Where all crooked clients were run, one more test looks at what they came to together. A crooked
//! client is run through a [`share`] of the catalogue here, and through all of it by `otelbox selftest`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Failed, Trial};
use otelbox::catalog::ScenarioCatalog;
use otelbox::crooked::{
    Acquittal, CrookedClient, CrookedEntry, KillState, Proof, StraightforwardClient, acquit,
    clients, killed_rules, prove, straightforward_clients,
};
use otelbox::plan::{Filter, Plan};
use otelbox::rules::RuleCatalog;
use otelbox::run::RunOptions;
use otelbox::scenario::RuleId;
use otelbox::verdict::RuleResult;

/// What the clients that have been run came to.
type Proofs = Arc<Mutex<Vec<(CrookedClient, Proof)>>>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let rules = RuleCatalog::embedded().expect("readable rules");
    let catalog = ScenarioCatalog::embedded(rules).expect("readable scenarios");
    let plan = Arc::new(Plan::of(
        catalog.scenarios().map(AsRef::as_ref),
        &Filter::default(),
    ));
    let crooked = clients().expect("a readable list");
    let how_many = crooked.len();
    let proofs = Proofs::default();
    let mut trials: Vec<Trial> = crooked
        .into_iter()
        .enumerate()
        .map(|(ordinal, client)| {
            let (plan, proofs) = (Arc::clone(&plan), Arc::clone(&proofs));
            Trial::test(format!("crooked::{}", client.entry.name), move || {
                let plan = share(&plan, &client.entry, ordinal);
                is_caught(client, &plan, rules, &proofs)
            })
        })
        .collect();
    let straightforward = straightforward_clients().expect("a readable list");
    trials.extend(straightforward.into_iter().map(|client| {
        let plan = Arc::clone(&plan);
        let name = format!("straightforward::{}", client.entry.name);
        Trial::test(name, move || is_acquitted(&client, &plan, rules))
    }));
    let conclusion = libtest_mimic::run(&arguments, trials);
    let proofs = std::mem::take(&mut *proofs.lock().expect("no test panics with it"));
    if conclusion.has_failed() || proofs.len() < how_many {
        return conclusion.exit_code();
    }
    let together = Trial::test("every_rule_that_can_fail_fails_a_client", move || {
        none_survives(&proofs, rules, &catalog)
    });
    let all = Arguments {
        filter: None,
        ..arguments
    };
    libtest_mimic::run(&all, vec![together]).exit_code()
}

/// The cells that may judge a rule which the client is to fail, and a third of the others: another third for the client after
/// it.
fn share(plan: &Plan, entry: &CrookedEntry, ordinal: usize) -> Plan {
    const SHARES: usize = 3;
    // Not a divisor of the numbers of signals, protocols and variants, so that each share has some of all.
    const NEIGHBOURS: usize = 5;
    let mut shared = plan.clone();
    shared.cells = plan
        .cells
        .iter()
        .enumerate()
        .filter(|(index, cell)| {
            entry.fails_by_its_end()
                || (index / NEIGHBOURS + ordinal).is_multiple_of(SHARES)
                || cell
                    .expect
                    .iter()
                    .any(|expected| entry.fails(&expected.rule))
        })
        .map(|(_, cell)| cell.clone())
        .collect();
    shared
}

/// The tests are run side by side; each of them needs no more than one thread.
fn on_one_thread() -> RunOptions {
    RunOptions {
        jobs: Some(NonZeroUsize::MIN),
        ..RunOptions::default()
    }
}

fn is_caught(
    client: CrookedClient,
    plan: &Plan,
    rules: &'static RuleCatalog,
    proofs: &Proofs,
) -> Result<(), Failed> {
    let proof = prove(&client, plan, rules, &on_one_thread())?;
    if proof.cells == 0 {
        return Err("nothing was run".into());
    }
    let mut wrong = String::new();
    if !proof.holds() {
        describe(&mut wrong, &client, &proof);
    }
    let mut all = proofs.lock().map_err(|error| error.to_string())?;
    all.push((client, proof));
    complain(wrong)
}

fn is_acquitted(
    client: &StraightforwardClient,
    plan: &Plan,
    rules: &'static RuleCatalog,
) -> Result<(), Failed> {
    let acquittal = acquit(client, plan, rules, &on_one_thread())?;
    let Acquittal {
        passed,
        blamed,
        broken,
        ..
    } = &acquittal;
    if acquittal.holds() {
        return Ok(());
    }
    let mut wrong = format!("{passed} passed\n");
    for (what, results) in [("blamed for", blamed), ("broken", broken)] {
        if !results.is_empty() {
            let _ = writeln!(wrong, "  {what}:");
            examples(&mut wrong, results);
        }
    }
    complain(wrong)
}

fn none_survives(
    proofs: &[(CrookedClient, Proof)],
    rules: &RuleCatalog,
    catalog: &ScenarioCatalog,
) -> Result<(), Failed> {
    let entries: Vec<_> = proofs
        .iter()
        .map(|(client, proof)| (&client.entry, proof))
        .collect();
    let mut wrong = String::new();
    for killed in killed_rules(rules, catalog, &entries) {
        if killed.state == KillState::Survives {
            let _ = writeln!(wrong, "{} fails no crooked client", killed.rule);
        }
    }
    complain(wrong)
}

fn complain(wrong: String) -> Result<(), Failed> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.into())
    }
}

/// One example of each rule that is a surprise.
fn describe(text: &mut String, client: &CrookedClient, proof: &Proof) {
    let _ = writeln!(text, "{} ({}):", client.entry.name, client.entry.target);
    if proof.caught.is_empty() {
        let _ = writeln!(text, "  not caught; failures for another reason:");
        examples(text, &proof.other_reason);
    }
    for (what, results) in [("fails beside", &proof.beside), ("broken", &proof.broken)] {
        if !results.is_empty() {
            let _ = writeln!(text, "  {what}:");
            examples(text, results);
        }
    }
    if !proof.stale.is_empty() {
        let _ = writeln!(
            text,
            "  does not fail: {}",
            proof
                .stale
                .iter()
                .map(RuleId::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
}

fn examples(text: &mut String, results: &[RuleResult]) {
    let mut by_rule: BTreeMap<&str, Vec<&RuleResult>> = BTreeMap::new();
    for result in results {
        by_rule
            .entry(result.rule.as_str())
            .or_default()
            .push(result);
    }
    for (rule, results) in by_rule {
        let RuleResult {
            cell,
            expected,
            actual,
            ..
        } = results[0];
        let _ = writeln!(
            text,
            "    {rule} ({} times), as in {cell}: expected {expected}; {actual}",
            results.len()
        );
    }
}
