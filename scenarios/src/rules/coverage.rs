//! What tests which rules.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Rule, RuleCatalog};
use crate::judge;
use crate::scenario::{RuleId, Scenario, ScenarioId};

/// The scenarios that test each rule, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage<'a>(BTreeMap<RuleId, Vec<&'a ScenarioId>>);

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
        let mut coverage: BTreeMap<RuleId, Vec<&ScenarioId>> = BTreeMap::new();
        for scenario in scenarios {
            for rule in scenario.rules() {
                coverage.entry(rule).or_default().push(&scenario.id);
            }
        }
        Self(coverage)
    }

    /// The scenarios that test this rule.
    pub fn scenarios(&self, rule: &RuleId) -> &[&'a ScenarioId] {
        self.0.get(rule).map_or(&[], Vec::as_slice)
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
        assert_eq!(full.rules(), 145);
        assert!(full.tested() >= 103, "{full:?}");
    }
}
