//! `otelbox selftest --format json`.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::crooked::{
    Acquittal, CrookedClient, KillState, KilledRule, Proof, StraightforwardClient,
};
use crate::rules::Level;
use crate::scenario::RuleId;
use crate::verdict::RuleResult;

/// All of it.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    holds: bool,
    crooked: Vec<ShownProof<'a>>,
    straightforward: Vec<ShownAcquittal<'a>>,
    /// Absent where only some clients were run.
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Vec<ShownRule<'a>>>,
}

#[derive(Serialize)]
struct ShownProof<'a> {
    client: &'a str,
    flaw: &'a str,
    target: &'a RuleId,
    /// What was seen where the target failed for its reason.
    evidence: Option<&'a str>,
    also_fails: &'a [RuleId],
    cells: usize,
    holds: bool,
    caught: usize,
    unexpected: BTreeSet<&'a RuleId>,
    stale: &'a [RuleId],
    not_run: usize,
}

#[derive(Serialize)]
struct ShownAcquittal<'a> {
    client: &'a str,
    manner: &'a str,
    cells: usize,
    holds: bool,
    passed: usize,
    blamed: BTreeSet<&'a RuleId>,
    discouraged: BTreeSet<&'a RuleId>,
    not_run: usize,
}

#[derive(Serialize)]
struct ShownRule<'a> {
    rule: &'a RuleId,
    level: Level,
    state: &'static str,
    killed_by: &'a [String],
}

impl<'a> Report<'a> {
    pub(super) fn of(
        proofs: &'a [(&CrookedClient, Proof)],
        acquittals: &'a [(&StraightforwardClient, Acquittal)],
        rules: Option<&'a [KilledRule]>,
        holds: bool,
    ) -> Self {
        Self {
            holds,
            crooked: proofs.iter().map(|(it, proof)| shown(it, proof)).collect(),
            straightforward: acquittals
                .iter()
                .map(|(client, acquittal)| ShownAcquittal {
                    client: &client.entry.name,
                    manner: &client.entry.manner,
                    cells: acquittal.cells,
                    holds: acquittal.holds(),
                    passed: acquittal.passed,
                    blamed: ids(&acquittal.blamed),
                    discouraged: ids(&acquittal.discouraged),
                    not_run: acquittal.broken.len(),
                })
                .collect(),
            rules: rules.map(|rules| rules.iter().map(ShownRule::of).collect()),
        }
    }
}

fn shown<'a>(client: &'a CrookedClient, proof: &'a Proof) -> ShownProof<'a> {
    let entry = &client.entry;
    ShownProof {
        client: &entry.name,
        flaw: &entry.flaw,
        target: &entry.target,
        evidence: proof.caught.first().map(|result| result.actual.as_str()),
        also_fails: &entry.also_fails,
        cells: proof.cells,
        holds: proof.holds(),
        caught: proof.caught.len(),
        unexpected: ids(&proof.beside),
        stale: &proof.stale,
        not_run: proof.broken.len(),
    }
}

fn ids(results: &[RuleResult]) -> BTreeSet<&RuleId> {
    results.iter().map(|result| &result.rule).collect()
}

impl<'a> ShownRule<'a> {
    fn of(rule: &'a KilledRule) -> Self {
        let (state, killed_by): (_, &[String]) = match &rule.state {
            KillState::Killed(clients) => ("killed", clients),
            KillState::Survives => ("survives", &[]),
            KillState::ObservedOnly => ("observed_only", &[]),
            KillState::SilenceProvesNothing => ("silence_proves_nothing", &[]),
            KillState::RealTimeOnly => ("real_time_only", &[]),
            KillState::NotJudged => ("not_judged", &[]),
        };
        Self {
            rule: &rule.rule,
            level: rule.level,
            state,
            killed_by,
        }
    }
}
