//! Facts: what the specification leaves open and a user still meets, measured and shown whatever the expectations are.
//!
//! Each subject is a pure function of the recording. A fact never fails anything, and harm is claimed only where the
//! harness can know of it: what a program emits by itself has no loss, and a cell that did not come to its end has no harm
//! but the wait that ended it.

mod answers;
mod deadline;
mod delivery;
mod harm;
mod results;
mod retries;
#[cfg(test)]
mod tests;
mod variables;

use super::checks;
use crate::{
    run::{Recording, RunEnd},
    verdict::{Observation, Subject},
};

/// What was observed in a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Observed {
    /// The facts.
    pub(crate) facts: Vec<Observation>,
    /// The harms that the cell would have shown, had there been any.
    pub(crate) looked_for: Vec<Subject>,
}

/// A fact before it is known which cell it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fact {
    subject: Subject,
    value: String,
    evidence: String,
}

/// What is known of one harm in one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Harm {
    /// The cell cannot tell.
    Unknown,
    /// It would have shown itself, and did not.
    None,
    /// It was done.
    Done(Vec<Fact>),
}

impl Harm {
    fn of(facts: Vec<Fact>) -> Self {
        if facts.is_empty() {
            Self::None
        } else {
            Self::Done(facts)
        }
    }
}

fn fact(subject: Subject, value: impl Into<String>, evidence: impl Into<String>) -> Fact {
    Fact {
        subject,
        value: value.into(),
        evidence: evidence.into(),
    }
}

/// Everything that can be read from `recording`.
///
/// They are about what the documents of OTLP leave open: of other protocols nothing is said.
pub(super) fn of(recording: &Recording) -> Observed {
    if !recording.cell.id.protocol.is_otlp() {
        return Observed::default();
    }
    let mut facts = Vec::new();
    let mut looked_for = Vec::new();
    for (subject, harm) in harms(recording) {
        match harm {
            Harm::Unknown => {}
            Harm::None => looked_for.push(subject),
            Harm::Done(done) => {
                looked_for.push(subject);
                facts.extend(done);
            }
        }
    }
    match recording.end {
        RunEnd::Completed => {
            facts.extend(retries::of(recording));
            facts.extend(deadline::scope(recording));
            facts.extend(answers::of(recording));
            facts.extend(variables::of(recording));
            facts.extend(results::of(recording));
        }
        RunEnd::DidNotStart(_) => facts.extend(variables::of(recording)),
        RunEnd::NotApplicable(_)
        | RunEnd::Broken(_)
        | RunEnd::Crashed(_)
        | RunEnd::Hung { .. }
        | RunEnd::Inconclusive(_) => {}
    }
    let of_the_wire = match recording.end {
        RunEnd::Completed => checks::of_the_wire(recording),
        _ => Vec::new(),
    };
    let facts = facts
        .into_iter()
        .map(|fact| Observation {
            subject: fact.subject,
            cell: recording.cell.id.clone(),
            value: fact.value,
            evidence: fact.evidence,
        })
        .chain(of_the_wire)
        .collect();
    Observed { facts, looked_for }
}

fn harms(recording: &Recording) -> Vec<(Subject, Harm)> {
    let unbounded = (Subject::UnboundedWait, harm::unbounded_wait(recording));
    if recording.end != RunEnd::Completed || recording.evicted > 0 {
        return vec![unbounded];
    }
    if recording.program.is_some() {
        // What it was to deliver nobody knows, and it may have several exporters.
        return vec![(Subject::Repetition, harm::repetition(recording))];
    }
    vec![
        (Subject::FalseSuccess, harm::false_success(recording)),
        (Subject::SilentLoss, harm::silent_loss(recording)),
        (Subject::Repetition, harm::repetition(recording)),
        (Subject::Overlap, harm::overlap(recording)),
        unbounded,
    ]
}
