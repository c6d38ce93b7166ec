//! What an exploration has come to so far.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use otelbox_mock_collector::fault::catalog;
use serde::Serialize;

use super::case::{Case, Ran, Violation};
use crate::run::Recording;
use crate::scenario::{RuleId, Step};

/// Counts over all cases that were run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Cases that were run.
    pub cases: u64,
    /// Of them by signal and protocol, as `metrics grpc`.
    pub by_kind: BTreeMap<String, u64>,
    /// Exports that were seen on the wire.
    pub exports: u64,
    /// Attempts that were seen on the wire.
    pub attempts: u64,
    /// Calls of `force_flush` and `shutdown`, by their results.
    pub calls: BTreeMap<String, u64>,
    /// How often each action of the catalogue of faults fired. One that is not there never did.
    pub fired: BTreeMap<String, u64>,
    /// What did not hold, by rule.
    pub violations: IndexMap<RuleId, Broken>,
    /// Cases that could not be run to their end, by the reason.
    pub not_run: BTreeMap<String, u64>,
}

/// A rule that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// In how many cases.
    pub cases: u64,
    /// The number of the first of them.
    pub first: u64,
    /// What was wanted.
    pub expected: String,
    /// What was seen in the first.
    pub seen: String,
}

/// What is counted of one case: small, since many wait to be counted in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    kind: String,
    exports: u64,
    attempts: u64,
    calls: Vec<String>,
    fired: IndexMap<String, u64>,
    violations: Vec<Violation>,
    broken: Option<String>,
}

impl Counted {
    pub(super) fn of(ran: Ran) -> Self {
        let recording = &ran.recording;
        let id = &recording.cell.id;
        Self {
            kind: format!("{} {}", id.signal, id.protocol),
            exports: recording.exports().len() as u64,
            attempts: recording.attempts().count() as u64,
            calls: calls(recording),
            fired: recording
                .inside
                .as_ref()
                .map(|inside| inside.fired.clone())
                .unwrap_or_default(),
            violations: ran.violations,
            broken: ran.broken,
        }
    }

    /// A case that was not run to its end.
    pub(super) fn broken(reason: &str) -> Self {
        Self {
            broken: Some(reason.to_owned()),
            ..Self::default()
        }
    }

    /// A case in which `violation` was seen, and nothing else is known.
    pub(super) fn violating(violation: Violation) -> Self {
        Self {
            violations: vec![violation],
            ..Self::default()
        }
    }

    /// Whether anything did not hold.
    pub(super) fn is_violating(&self) -> bool {
        !self.violations.is_empty()
    }
}

fn calls(recording: &Recording) -> Vec<String> {
    let named = |index: usize| match recording.cell.steps.get(index)? {
        Step::ForceFlush(_) => Some("force_flush"),
        Step::Shutdown(_) => Some("shutdown"),
        _ => None,
    };
    recording
        .steps
        .iter()
        .filter_map(|step| Some(format!("{} {}", named(step.index)?, step.result()?.name())))
        .collect()
}

impl Tally {
    /// Adds a case. They come in the order of their numbers.
    pub(super) fn add(&mut self, case: Case, counted: Counted) {
        self.cases += 1;
        self.exports += counted.exports;
        self.attempts += counted.attempts;
        if !counted.kind.is_empty() {
            *self.by_kind.entry(counted.kind).or_default() += 1;
        }
        for call in counted.calls {
            *self.calls.entry(call).or_default() += 1;
        }
        for (action, fired) in counted.fired {
            *self.fired.entry(action).or_default() += fired;
        }
        for violation in counted.violations {
            let broken = self
                .violations
                .entry(violation.rule)
                .or_insert_with(|| Broken {
                    cases: 0,
                    first: case.number,
                    expected: violation.expected,
                    seen: violation.seen,
                });
            broken.cases += 1;
        }
        if let Some(reason) = counted.broken {
            *self.not_run.entry(reason).or_default() += 1;
        }
    }

    /// The actions of the catalogue of faults that never fired, so that nobody takes them for explored.
    pub fn never_fired(&self) -> Vec<&'static str> {
        catalog()
            .iter()
            .map(|description| description.name)
            .filter(|name| !is_an_abbreviation(name))
            .filter(|name| self.fired.get(*name).is_none_or(|fired| *fired == 0))
            .collect()
    }
}

/// `status` stands for `grpc` and `http`, and `truncate_answer` for one way to `close`.
fn is_an_abbreviation(name: &str) -> bool {
    matches!(name, "status" | "truncate_answer")
}

/// The actions of the catalogue of faults that no case can have.
pub fn not_drawn() -> Vec<&'static str> {
    catalog()
        .iter()
        .map(|description| description.name)
        .filter(|name| !is_an_abbreviation(name) && !super::generate::is_drawn(name))
        .collect()
}
