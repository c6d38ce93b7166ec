//! One random scenario, and what its run came to.

use std::sync::Arc;
use std::time::Duration;

use proptest::strategy::{Strategy as _, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::generate;
use crate::judge::judge;
use crate::plan::{Filter, Plan};
use crate::rules::RuleCatalog;
use crate::run::{Recording, RunEnd, record};
use crate::scenario::{RuleId, Scenario, ScenarioId};
use crate::sut::SutFactory;
use crate::verdict::VerdictKind;

/// Cells are run with this seed, as `otelbox run` runs them without `--seed`: a file reproduces what was seen.
const RUN_SEED: u64 = 0;

/// A case by its place: the seed of the exploration, and its number among the cases of that seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Case {
    /// The seed of the exploration.
    pub seed: u64,
    /// Its number, from 1.
    pub number: u64,
}

/// An invariant that did not hold, or a rule for every payload.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// The rule.
    pub rule: RuleId,
    /// What was wanted.
    pub expected: String,
    /// What was seen.
    pub seen: String,
}

/// What the run of one scenario came to.
#[derive(Clone, Debug)]
pub(super) struct Ran {
    pub(super) recording: Recording,
    pub(super) violations: Vec<Violation>,
    /// Why it could not be run to its end, though nothing was wrong with the SUT.
    pub(super) broken: Option<String>,
}

impl Case {
    /// The id of its scenario.
    pub fn id(self) -> ScenarioId {
        let id = format!("explore/seed-{}-case-{}", self.seed, self.number);
        ScenarioId::from(id.as_str())
    }

    /// The scenario, as something that can be made smaller; none where the filter leaves nothing.
    pub(super) fn tree(self, filter: &Filter) -> Option<Box<dyn ValueTree<Value = Scenario>>> {
        let mut seed = [0_u8; 32];
        seed[..8].copy_from_slice(&self.seed.to_le_bytes());
        seed[8..16].copy_from_slice(&self.number.to_le_bytes());
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(Config::default(), random);
        // A strategy that rejects nothing gives a value always.
        generate::scenarios(&self.id(), filter)?
            .new_tree(&mut runner)
            .ok()
    }

    /// The scenario; none where the filter leaves nothing.
    pub fn scenario(self, filter: &Filter) -> Option<Scenario> {
        Some(self.tree(filter)?.current())
    }
}

/// Runs `scenario`, which has one cell, on `factory` and judges it; none where it has no cell.
pub(super) fn run(
    scenario: &Scenario,
    factory: &dyn SutFactory,
    rules: &RuleCatalog,
) -> Option<Ran> {
    let plan = Plan::of([scenario], &Filter::default());
    let cell = Arc::new(plan.cells.into_iter().next()?);
    let recording = record(&cell, factory, RUN_SEED);
    let broken = match &recording.end {
        RunEnd::Broken(reason) | RunEnd::Inconclusive(reason) | RunEnd::NotApplicable(reason) => {
            Some(reason.clone())
        }
        RunEnd::Completed | RunEnd::DidNotStart(_) | RunEnd::Crashed(_) | RunEnd::Hung { .. } => {
            None
        }
    };
    let violations = judge(&recording, rules, Duration::ZERO)
        .results
        .into_iter()
        .filter(|result| result.verdict == VerdictKind::Failed)
        .map(|result| Violation {
            rule: result.rule,
            expected: result.expected,
            seen: result.actual,
        })
        .collect();
    Some(Ran {
        recording,
        violations,
        broken,
    })
}
