//! Random runs: what holds of the reference SDK, and what they find of clients that the catalogue misses.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use libtest_mimic::{Arguments, Failed, Trial};
use otelbox::catalog::ScenarioCatalog;
use otelbox::crooked::{RareClient, rare_clients};
use otelbox::explore::{Case, Exploration, Explorer, Tally, not_drawn};
use otelbox::plan::{Filter, Plan};
use otelbox::report::RunnerEvent;
use otelbox::rules::RuleCatalog;
use otelbox::run::{RunOptions, Target, run};
use otelbox::scenario::{Protocol, RuleId, SourceFile, read_scenario};
use otelbox::sut::{OtelboxSdk, SutFactory};
use otelbox::verdict::{RuleResult, VerdictKind};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("the_reference_sdk_breaks_nothing", nothing_breaks),
        Trial::test("the_same_seed_gives_the_same_cases", same_cases),
        Trial::test(
            "whatever_a_case_expects_is_judged",
            every_expectation_is_judged,
        ),
        Trial::test("every_case_is_a_scenario_file", every_case_is_a_file),
    ];
    for client in rare_clients().expect("a readable list") {
        let name = format!("rare::{}::is_found_and_made_small", client.entry.name);
        let other = client.clone();
        trials.push(Trial::test(name, move || is_found(&client)));
        let name = format!("rare::{}::the_catalogue_misses_it", other.entry.name);
        trials.push(Trial::test(name, move || is_missed(&other)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn explorer(cases: u64, factory: Arc<dyn SutFactory>) -> Explorer {
    Explorer {
        cases,
        seed: 0,
        jobs: None,
        filter: Filter::default(),
        stops_at_the_first: false,
        factory,
        rules: RuleCatalog::embedded().expect("readable rules"),
        stop: Arc::new(AtomicBool::new(false)),
    }
}

fn explore(explorer: &Explorer) -> Exploration {
    explorer.explore(|_| ())
}

fn nothing_breaks() -> Result<(), Failed> {
    let found = explore(&explorer(1_000, Arc::new(OtelboxSdk::honest())));
    let Tally {
        violations,
        not_run,
        exports,
        attempts,
        ..
    } = &found.tally;
    if !violations.is_empty() || !not_run.is_empty() {
        return Err(format!("{violations:#?}\n{not_run:#?}").into());
    }
    let never = found.tally.never_fired();
    if !never.is_empty() || !not_drawn().is_empty() {
        return Err(format!("never fired: {never:?}, never drawn: {:?}", not_drawn()).into());
    }
    if *exports < 1_000 || attempts <= exports {
        return Err(format!("{exports} exports, {attempts} attempts: too little happened").into());
    }
    Ok(())
}

fn same_cases() -> Result<(), Failed> {
    let with = |jobs| {
        let explorer = Explorer {
            jobs: NonZeroUsize::new(jobs),
            ..explorer(40, Arc::new(OtelboxSdk::honest()))
        };
        explore(&explorer).tally
    };
    let (one, three) = (with(1), with(3));
    if one != three {
        return Err(format!("{one:#?}\n{three:#?}").into());
    }
    Ok(())
}

/// A rule that does not bind a protocol would never be broken over it.
fn every_expectation_is_judged() -> Result<(), Failed> {
    let rules = RuleCatalog::embedded()?;
    let mut protocols = BTreeSet::new();
    for number in 1..=300 {
        let case = Case { seed: 6, number };
        let scenario = case.scenario(&Filter::default()).ok_or("no scenario")?;
        for expectation in &scenario.expect {
            let rule = rules.rule(&expectation.rule).ok_or("no such rule")?;
            for protocol in &scenario.protocols {
                if !rule.concerned_protocols().contains(protocol) {
                    return Err(format!("{} does not bind {protocol}", rule.id).into());
                }
                protocols.insert(*protocol);
            }
        }
    }
    if !protocols.iter().eq(&Protocol::ALL) {
        return Err(format!("only {protocols:?} were drawn").into());
    }
    Ok(())
}

/// What is written is read again as it was, and nothing is wrong with it.
fn every_case_is_a_file() -> Result<(), Failed> {
    let rules = RuleCatalog::embedded()?;
    for number in 1..=300 {
        let case = Case { seed: 5, number };
        let scenario = case.scenario(&Filter::default()).ok_or("no scenario")?;
        let text = serde_saphyr::to_string(&scenario)?;
        let file = SourceFile::new(format!("case-{number}.yaml"), text);
        let again = read_scenario(&file, rules)
            .map_err(|problems| format!("{}\n{}", file.text, problems.render(100, false)))?;
        if again != scenario {
            return Err(format!("{scenario:#?}\n{again:#?}\n{}", file.text).into());
        }
    }
    Ok(())
}

fn filter(client: &RareClient) -> Filter {
    Filter {
        signals: client.entry.signals.clone(),
        protocols: client.entry.protocols.clone(),
    }
}

fn is_found(client: &RareClient) -> Result<(), Failed> {
    let explorer = Explorer {
        filter: filter(client),
        stops_at_the_first: true,
        ..explorer(client.entry.within, client.sut())
    };
    let mut found = explore(&explorer);
    let rule = &client.entry.rule;
    if !found.tally.violations.contains_key(rule) {
        // What it breaks beside that came first.
        found = explore(&Explorer {
            stops_at_the_first: false,
            ..explorer
        });
    }
    let broken: Vec<&str> = found.tally.violations.keys().map(RuleId::as_str).collect();
    let Some(example) = found
        .counterexamples
        .iter()
        .find(|example| example.violation.rule == *rule)
    else {
        return Err(format!("in {} cases: {broken:?}", found.tally.cases).into());
    };
    let yaml = example.yaml(0)?;
    let (steps, faults) = (example.scenario.steps.len(), example.scenario.faults.len());
    if steps > 6 || faults > 3 {
        return Err(format!("{steps} steps and {faults} faults are not small:\n{yaml}").into());
    }
    // The file is judged by `otelbox run` as it was here, and the reference SDK is not blamed by it.
    let rules = RuleCatalog::embedded()?;
    let file = SourceFile::new(example.file_name(), yaml);
    let scenario = read_scenario(&file, rules)
        .map_err(|problems| format!("{}\n{}", file.text, problems.render(100, false)))?;
    let plan = Plan::of([&scenario], &Filter::default());
    let failed = failed(&plan, client.sut())?;
    if !failed
        .iter()
        .any(|result| result.rule == *rule && result.actual == example.violation.seen)
    {
        return Err(format!("{}\nnot seen again: {failed:#?}", file.text).into());
    }
    let honest = self::failed(&plan, Arc::new(OtelboxSdk::honest()))?;
    if !honest.is_empty() {
        return Err(format!("{}\nthe reference SDK: {honest:#?}", file.text).into());
    }
    Ok(())
}

/// Otherwise it would be no proof of what random runs are for.
fn is_missed(client: &RareClient) -> Result<(), Failed> {
    let rules = RuleCatalog::embedded()?;
    let catalog = ScenarioCatalog::embedded(rules)?;
    let plan = Plan::of(catalog.scenarios().map(AsRef::as_ref), &filter(client));
    let failed = failed(&plan, client.sut())?;
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("{failed:#?}").into())
    }
}

/// What fails of `plan` on `sut`.
fn failed(plan: &Plan, sut: Arc<dyn SutFactory>) -> Result<Vec<RuleResult>, Failed> {
    let rules = RuleCatalog::embedded()?;
    let mut failed = Vec::new();
    run(
        plan,
        &Target::in_process(sut),
        rules,
        &RunOptions::default(),
        &mut |event| {
            if let RunnerEvent::CellFinished(report) = event {
                let results = report.results.into_iter();
                failed.extend(results.filter(|result| result.verdict == VerdictKind::Failed));
            }
        },
    )?;
    Ok(failed)
}
