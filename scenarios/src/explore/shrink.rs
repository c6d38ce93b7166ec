//! Making a case that breaks a rule smaller: first as it was drawn, then piece by piece.

use super::case::{Case, Violation, run};
use super::reduce;
use crate::plan::Filter;
use crate::rules::RuleCatalog;
use crate::scenario::check::Invariant;
use crate::scenario::{RuleId, Scenario};
use crate::sut::SutFactory;

/// A case that was made smaller.
pub(super) struct Shrunk {
    pub(super) scenario: Scenario,
    pub(super) violation: Violation,
    /// How many scenarios were run for it.
    pub(super) runs: u32,
}

/// Where a scenario is tried.
pub(super) struct Trial<'a> {
    pub(super) factory: &'a dyn SutFactory,
    pub(super) rules: &'a RuleCatalog,
    pub(super) rule: &'a RuleId,
    /// Whether to stop.
    pub(super) is_over: &'a dyn Fn() -> bool,
}

/// No more scenarios than this are run to make one smaller.
const MOST: u32 = 1_500;

impl Trial<'_> {
    /// The violation of the rule, where `scenario` still has it.
    fn violation(&self, scenario: &Scenario) -> Option<Violation> {
        let ran = run(scenario, self.factory, self.rules)?;
        let mut violations = ran.violations.into_iter();
        violations.find(|violation| violation.rule == *self.rule)
    }
}

/// The smallest scenario that was found to break the rule as `case` does; none where it does not.
pub(super) fn shrink(case: Case, filter: &Filter, trial: &Trial<'_>) -> Option<Shrunk> {
    let mut tree = case.tree(filter)?;
    let whole = only_of(trial.rule, tree.current());
    let mut best = Shrunk {
        violation: trial.violation(&whole)?,
        scenario: whole,
        runs: 1,
    };
    if tree.simplify() {
        while best.runs < MOST && !(trial.is_over)() {
            let goes_on = if best.takes(only_of(trial.rule, tree.current()), trial) {
                tree.simplify()
            } else {
                tree.complicate()
            };
            if !goes_on {
                break;
            }
        }
    }
    // What was drawn together is taken apart; as long as that helps.
    loop {
        let before = best.scenario.clone();
        for smaller in reduce::pieces(&before) {
            if best.runs >= MOST || (trial.is_over)() {
                return Some(best);
            }
            if let Some(candidate) = smaller(&best.scenario) {
                best.takes(candidate, trial);
            }
        }
        if best.scenario == before {
            return Some(best);
        }
    }
}

impl Shrunk {
    /// Takes `candidate` in place of what was the best, where it breaks the rule too.
    fn takes(&mut self, candidate: Scenario, trial: &Trial<'_>) -> bool {
        self.runs += 1;
        match trial.violation(&candidate) {
            Some(violation) => {
                self.scenario = candidate;
                self.violation = violation;
                true
            }
            None => false,
        }
    }
}

/// `scenario` with nothing expected but the one rule. A rule for every payload needs no expectation; something has to be
/// expected all the same.
fn only_of(rule: &RuleId, mut scenario: Scenario) -> Scenario {
    let is_it = |invariant: &Invariant| invariant.rule() == *rule;
    let invariant = Invariant::ALL.into_iter().find(is_it);
    scenario.expect = vec![super::generate::expectation(
        invariant.unwrap_or(Invariant::NothingLeft),
    )];
    scenario
}
