//! The proof that a crooked client is caught, for its reason and for nothing else.

use std::collections::BTreeSet;

use super::{CrookedClient, CrookedEntry};
use crate::plan::Plan;
use crate::report::RunnerEvent;
use crate::rules::RuleCatalog;
use crate::run::{RunError, RunOptions, Target, run};
use crate::scenario::RuleId;
use crate::verdict::{RuleResult, VerdictKind};

/// What the whole catalogue says about one crooked client.
#[derive(Clone, Debug)]
pub struct Proof {
    /// How many cells were run.
    pub cells: usize,
    /// The failures of its target whose evidence gives its reason.
    pub caught: Vec<RuleResult>,
    /// The failures of its target for another reason.
    pub other_reason: Vec<RuleResult>,
    /// The failures of rules that neither `target` nor `also_fails` name.
    pub beside: Vec<RuleResult>,
    /// The rules of `also_fails` that did not fail.
    pub stale: Vec<RuleId>,
    /// Cells that could not be run to their end, and why.
    pub broken: Vec<RuleResult>,
}

impl Proof {
    /// Whether the client was caught, for its reason, and nothing else happened than its list says.
    pub fn holds(&self) -> bool {
        !self.caught.is_empty()
            && self.beside.is_empty()
            && self.stale.is_empty()
            && self.broken.is_empty()
    }
}

/// Runs what concerns `client` of `plan` on it, in virtual time.
///
/// # Errors
/// [`RunError`] where nothing can be run.
pub fn prove(
    client: &CrookedClient,
    plan: &Plan,
    rules: &'static RuleCatalog,
    options: &RunOptions,
) -> Result<Proof, RunError> {
    let mut proof = Proof {
        cells: 0,
        caught: Vec::new(),
        other_reason: Vec::new(),
        beside: Vec::new(),
        stale: Vec::new(),
        broken: Vec::new(),
    };
    let mut failed = BTreeSet::new();
    let signals = &client.entry.signals;
    let mut plan = plan.clone();
    plan.cells
        .retain(|cell| signals.is_empty() || signals.contains(&cell.id.signal));
    run(
        &plan,
        &Target::in_process(client.sut()),
        rules,
        options,
        &mut |event| {
            let RunnerEvent::CellFinished(report) = event else {
                return;
            };
            proof.cells += 1;
            for result in report.results {
                match result.verdict {
                    VerdictKind::Failed | VerdictKind::ExpectedFailure => {
                        failed.insert(result.rule.clone());
                        proof.file(client, result);
                    }
                    VerdictKind::NotRun => proof.broken.push(result),
                    VerdictKind::Passed
                    | VerdictKind::Inconclusive
                    | VerdictKind::NotApplicable => {}
                }
            }
        },
    )?;
    proof.stale = client
        .entry
        .also_fails
        .iter()
        .filter(|rule| !failed.contains(*rule))
        .cloned()
        .collect();
    Ok(proof)
}

impl Proof {
    fn file(&mut self, client: &CrookedClient, result: RuleResult) {
        let CrookedEntry { target, reason, .. } = &client.entry;
        if result.rule == *target {
            if result.actual.contains(reason) {
                self.caught.push(result);
            } else {
                self.other_reason.push(result);
            }
        } else if !client.entry.fails(&result.rule) {
            self.beside.push(result);
        }
    }
}
