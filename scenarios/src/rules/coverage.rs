//! What tests which rules.

use std::collections::{BTreeMap, BTreeSet};

use otelbox_mock_collector::{Protocol, Signal};
use serde::Serialize;

use super::{Rule, RuleCatalog};
use crate::judge;
use crate::plan::{Filter, Plan};
use crate::scenario::{RuleId, Scenario, ScenarioId};

/// What tests each rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage<'a> {
    /// The scenarios that name it, in their order.
    scenarios: BTreeMap<RuleId, Vec<&'a ScenarioId>>,
    /// With what the cells are run that expect it.
    cells: BTreeMap<RuleId, BTreeSet<(Signal, Protocol)>>,
    /// With what any cell is run.
    all_cells: BTreeSet<(Signal, Protocol)>,
}

/// What tests a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tested<'a> {
    /// Expectations of these scenarios, and perhaps every payload as well.
    Scenarios(Vec<&'a ScenarioId>),
    /// No expectation names it: it is judged on every payload (or request, or run) of every scenario.
    EveryPayload,
    /// Nothing, for this reason.
    Not(&'a str),
}

/// How many rules are tested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CoverageCount {
    /// By an expectation of a scenario.
    pub by_scenario: usize,
    /// On every payload, and by no expectation.
    pub on_every_payload: usize,
    /// Not, with a reason.
    pub not_tested: usize,
}

impl CoverageCount {
    /// How many rules there are.
    pub const fn rules(self) -> usize {
        self.by_scenario + self.on_every_payload + self.not_tested
    }

    /// How many of them are tested.
    pub const fn tested(self) -> usize {
        self.by_scenario + self.on_every_payload
    }
}

impl<'a> Coverage<'a> {
    /// The coverage by these scenarios.
    pub fn of(scenarios: impl IntoIterator<Item = &'a Scenario>) -> Self {
        let mut coverage = Self::default();
        for scenario in scenarios {
            for rule in scenario.rules() {
                let of_rule = coverage.scenarios.entry(rule).or_default();
                of_rule.push(&scenario.id);
            }
            for cell in Plan::of([scenario], &Filter::default()).cells {
                let place = (cell.id.signal, cell.id.protocol);
                coverage.all_cells.insert(place);
                for rule in judge::expected_rules(&cell) {
                    coverage.cells.entry(rule).or_default().insert(place);
                }
            }
        }
        coverage
    }

    /// The pairs of signal and protocol of the cells that judge this rule: of those that expect it, and, where it is judged
    /// on every payload, of all that it concerns.
    pub fn judged(&self, rule: &Rule) -> BTreeSet<(Signal, Protocol)> {
        let mut judged = self.cells.get(&rule.id).cloned().unwrap_or_default();
        if judge::is_judged_on_every_payload(&rule.id) {
            judged.extend(concerned(rule).filter(|concerned| self.all_cells.contains(concerned)));
        }
        judged
    }

    /// The pairs of signal and protocol that this rule concerns, and that no cell judges.
    pub fn missing(&self, rule: &Rule) -> Vec<(Signal, Protocol)> {
        let judged = self.judged(rule);
        concerned(rule)
            .filter(|concerned| !judged.contains(concerned))
            .collect()
    }

    /// The scenarios that test this rule.
    pub fn scenarios(&self, rule: &RuleId) -> &[&'a ScenarioId] {
        self.scenarios.get(rule).map_or(&[], Vec::as_slice)
    }

    /// What tests this rule.
    pub fn tested<'b>(&self, rule: &'b Rule) -> Tested<'b>
    where
        'a: 'b,
    {
        let scenarios = self.scenarios(&rule.id);
        if !scenarios.is_empty() {
            Tested::Scenarios(scenarios.to_vec())
        } else if judge::is_judged_on_every_payload(&rule.id) {
            Tested::EveryPayload
        } else {
            Tested::Not(rule.not_tested.as_deref().unwrap_or_default())
        }
    }

    /// How many rules of the specification in this profile are tested.
    pub fn count(&self, rules: &RuleCatalog, profile: u8) -> CoverageCount {
        let mut count = CoverageCount::default();
        for rule in rules.rules() {
            if rule.profile != profile || !rule.applies_to.is_empty() {
                continue;
            }
            match self.tested(rule) {
                Tested::Scenarios(_) => count.by_scenario += 1,
                Tested::EveryPayload => count.on_every_payload += 1,
                Tested::Not(_) => count.not_tested += 1,
            }
        }
        count
    }
}

fn concerned(rule: &Rule) -> impl Iterator<Item = (Signal, Protocol)> {
    rule.concerned_signals().iter().flat_map(|&signal| {
        let protocols = rule.concerned_protocols().iter();
        protocols.map(move |&protocol| (signal, protocol))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ScenarioCatalog;

    #[test]
    fn every_rule_is_tested_or_says_why_not() {
        let rules = RuleCatalog::embedded().expect("rules");
        let catalog = ScenarioCatalog::embedded(rules).expect("scenarios");
        let coverage = Coverage::of(catalog.scenarios().map(AsRef::as_ref));
        let mut wrong = Vec::new();
        for rule in rules.rules() {
            match (coverage.tested(rule), &rule.not_tested) {
                (Tested::Not(_), None) => wrong.push(format!("{} has neither", rule.id)),
                (Tested::Scenarios(_) | Tested::EveryPayload, Some(_)) => {
                    wrong.push(format!("{} is tested, and has a reason not to be", rule.id));
                }
                _ => {}
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        let core = coverage.count(rules, 1);
        assert_eq!((core.rules(), core.not_tested), (148, 0));
        let full = coverage.count(rules, 2);
        assert_eq!(full.rules(), 181);
        assert!(full.tested() >= 105, "{full:?}");
    }

    #[test]
    fn every_rule_of_the_core_is_judged_with_each_signal_and_protocol_that_it_concerns() {
        let rules = RuleCatalog::embedded().expect("rules");
        let catalog = ScenarioCatalog::embedded(rules).expect("scenarios");
        let coverage = Coverage::of(catalog.scenarios().map(AsRef::as_ref));
        let of_the_core = |rule: &&Rule| rule.profile == 1 && rule.applies_to.is_empty();
        let missing: Vec<_> = rules
            .rules()
            .filter(of_the_core)
            .filter(|rule| !coverage.missing(rule).is_empty())
            .map(|rule| (&rule.id, coverage.missing(rule)))
            .collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn what_no_cell_judges_is_missing() {
        let rule = |more: &str| -> Rule {
            serde_saphyr::from_str(&format!(
                "{{id: OTLP-RTY-001, profile: 1, level: MUST, sentence: s, source: o, section: e, test: t{more}}}"
            ))
            .expect("a rule")
        };
        let scenario: Scenario = serde_saphyr::from_str(
            "{id: a/b, title: t, signals: [metrics, traces], protocols: [grpc], steps: [exit], variants: {only: {signals: [traces], expect: [{rule: OTLP-RTY-001, retried: true}]}}}",
        )
        .expect("a scenario");
        let coverage = Coverage::of([&scenario]);
        let narrow = rule(", signals: [metrics, traces], protocols: [grpc]");
        assert_eq!(
            coverage.missing(&narrow),
            [(Signal::Metrics, Protocol::Grpc)]
        );
        assert_eq!(coverage.missing(&rule("")).len(), 8);
    }
}
