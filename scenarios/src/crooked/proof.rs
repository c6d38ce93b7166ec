//! The proof that a crooked client is caught, for its reason and for nothing else.

use std::collections::BTreeSet;

use super::examine::{concerning, examine};
use super::{CrookedClient, CrookedEntry};
use crate::plan::Plan;
use crate::rules::RuleCatalog;
use crate::run::{RunError, RunOptions};
use crate::scenario::RuleId;
use crate::verdict::RuleResult;

/// What the whole catalogue says about one crooked client.
#[derive(Clone, Debug)]
pub struct Proof {
    /// How many cells were run.
    pub cells: usize,
    /// The failures of its target whose evidence gives its reason.
    pub caught: Vec<RuleResult>,
    /// The failures of its target for another reason.
    pub other_reason: Vec<RuleResult>,
    /// Every rule that failed.
    pub failed: BTreeSet<RuleId>,
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
    let CrookedEntry {
        signals,
        protocols,
        target,
        reason,
        also_fails,
        ..
    } = &client.entry;
    let plan = concerning(plan, signals, protocols);
    let examined = examine(client.sut(), &plan, rules, options)?;
    let failed: BTreeSet<RuleId> = examined
        .failed
        .iter()
        .map(|result| result.rule.clone())
        .collect();
    let (of_target, others): (Vec<_>, Vec<_>) = examined
        .failed
        .into_iter()
        .partition(|result| result.rule == *target);
    let (caught, other_reason) = of_target
        .into_iter()
        .partition(|result| result.actual.contains(reason));
    Ok(Proof {
        cells: examined.cells,
        caught,
        other_reason,
        beside: others
            .into_iter()
            .filter(|result| !also_fails.contains(&result.rule))
            .collect(),
        stale: also_fails
            .iter()
            .filter(|rule| !failed.contains(*rule))
            .cloned()
            .collect(),
        failed,
        broken: examined.broken,
    })
}
