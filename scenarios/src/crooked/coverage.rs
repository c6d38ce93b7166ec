//! Which rules are proved able to fail, and by which crooked clients.

use super::{CrookedEntry, Proof};
use crate::catalog::ScenarioCatalog;
use crate::rules::{Coverage, Level, RuleCatalog};
use crate::scenario::{Expectation, RuleId, TimeMode};

/// One rule against the crooked clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KilledRule {
    /// The rule.
    pub rule: RuleId,
    /// Its level.
    pub level: Level,
    /// What became of it.
    pub state: KillState,
}

/// What the crooked clients did to a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KillState {
    /// It failed on these clients.
    Killed(Vec<String>),
    /// It has a scenario and failed on no client: nothing proves that its check can fail.
    Survives,
    /// It is observed and never fails: its level is INFO or MAY.
    ObservedOnly,
    /// It is kept where something was told, and not applicable where nothing was: silence proves nothing.
    SilenceProvesNothing,
    /// It is judged in real time only, and crooked clients are run in virtual time.
    RealTimeOnly,
    /// No scenario judges it, so it cannot fail anybody.
    NotJudged,
}

/// Every rule, in the order of the catalogue, against what the crooked clients came to.
pub fn killed_rules<'a>(
    rules: &RuleCatalog,
    catalog: &ScenarioCatalog,
    proofs: &(impl IntoIterator<Item = (&'a CrookedEntry, &'a Proof)> + Clone),
) -> Vec<KilledRule> {
    let coverage = Coverage::of(catalog.scenarios().map(AsRef::as_ref));
    let in_virtual_time = Coverage::of(
        catalog
            .scenarios()
            .map(AsRef::as_ref)
            .filter(|scenario| scenario.time != TimeMode::Real),
    );
    let state = |rule: &RuleId, level: Level| {
        let killers: Vec<String> = proofs
            .clone()
            .into_iter()
            .filter(|(_, proof)| proof.failed.contains(rule))
            .map(|(entry, _)| entry.name.clone())
            .collect();
        if !killers.is_empty() {
            KillState::Killed(killers)
        } else if coverage.scenarios(rule).is_empty() {
            KillState::NotJudged
        } else if level.is_observed_only() {
            KillState::ObservedOnly
        } else if cannot_fail(catalog, rule) {
            KillState::SilenceProvesNothing
        } else if in_virtual_time.scenarios(rule).is_empty() {
            KillState::RealTimeOnly
        } else {
            KillState::Survives
        }
    };
    rules
        .rules()
        .map(|rule| KilledRule {
            rule: rule.id.clone(),
            level: rule.level,
            state: state(&rule.id, rule.level),
        })
        .collect()
}

/// Whether no expectation of `rule` can fail anybody.
fn cannot_fail(catalog: &ScenarioCatalog, rule: &RuleId) -> bool {
    let mut expectations = catalog
        .scenarios()
        .flat_map(|scenario| scenario.expectations())
        .filter(|expectation| expectation.rule == *rule)
        .peekable();
    expectations.peek().is_some() && expectations.all(Expectation::cannot_fail)
}
