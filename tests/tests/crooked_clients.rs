//! Every crooked client fails its rule, for its reason, and nothing that its list does not name.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use otelbox::catalog::ScenarioCatalog;
use otelbox::crooked::{CrookedClient, Proof, clients, prove};
use otelbox::plan::{Filter, Plan};
use otelbox::rules::RuleCatalog;
use otelbox::run::RunOptions;
use otelbox::scenario::RuleId;
use otelbox::verdict::RuleResult;

#[test]
fn every_crooked_client_is_caught_for_its_reason_and_for_nothing_else() {
    let rules = RuleCatalog::embedded().expect("rules");
    let catalog = ScenarioCatalog::embedded(rules).expect("scenarios");
    let plan = Plan::of(catalog.scenarios().map(AsRef::as_ref), &Filter::default());
    let mut wrong = String::new();
    for client in clients().expect("the list") {
        let proof = prove(&client, &plan, rules, &RunOptions::default()).expect("a run");
        assert!(proof.cells > 0, "{}: nothing was run", client.entry.name);
        if !proof.holds() {
            describe(&mut wrong, &client, &proof);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
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
