//! Which scenarios test which rules.

use std::collections::BTreeMap;

use crate::scenario::{RuleId, Scenario, ScenarioId};

/// The scenarios that test each rule, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage<'a>(BTreeMap<RuleId, Vec<&'a ScenarioId>>);

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
}
