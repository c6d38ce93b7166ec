//! Windows that were carried over into the next export, where a cell asks for that.

use std::collections::HashMap;

use super::{Point, points_of, wire::name};
use crate::{
    judge::{Finding, Survey},
    plan::Cell,
    run::{Accepted, Exchange, Recording},
    scenario::{CarryOver, RuleId, Temporality},
};

/// Rules that a client breaks by carrying windows over, which it was asked to do.
const FORBIDDING: [&str; 7] = [
    "OBX-CYC-003",
    "OBX-LDG-001",
    "OBX-LDG-003",
    "OTLP-TMP-011",
    "OTLP-TMP-012",
    "OTLP-TMP-021",
    "OTLP-TMP-024",
];

/// Rules that a client breaks by sending again what may have been accepted, which it was asked to do.
const FORBIDDING_REPETITION: [&str; 1] = ["OTLP-TMP-025"];

/// Why `rule` does not apply to `cell`, where it forbids what the cell's drop policy asks for.
pub(crate) fn forbids_carry_over(cell: &Cell, rule: &RuleId) -> Option<&'static str> {
    let carry_over = asked_for(cell)?;
    if FORBIDDING.contains(&rule.as_str()) {
        return Some("`drop_policy: carry_over` asks for windows of several collections in one");
    }
    if may_repeat(carry_over) && FORBIDDING_REPETITION.contains(&rule.as_str()) {
        return Some("`carry_ambiguous` asks for data again that may have been accepted");
    }
    None
}

fn asked_for(cell: &Cell) -> Option<CarryOver> {
    cell.configuration.drop_policy?.carries_over()
}

fn may_repeat(carry_over: CarryOver) -> bool {
    carry_over.carry_ambiguous == Some(true)
}

pub(super) fn judge(recording: &Recording) -> Vec<Finding> {
    let Some(carry_over) = asked_for(&recording.cell) else {
        return Vec::new();
    };
    let mut findings: Vec<Finding> = refused(recording).finding().into_iter().collect();
    if !may_repeat(carry_over) {
        findings.extend(apart(recording).finding());
    }
    findings
}

/// No two accepted windows of a delta series overlap.
fn apart(recording: &Recording) -> Survey {
    let mut survey = Survey::new(
        "OBX-CRY-002",
        "accepted delta windows that do not overlap",
        "pairs of accepted windows",
    );
    let mut last: HashMap<String, Point<'_>> = HashMap::new();
    // Who is told that it was not taken is right to carry it over.
    let accepted = recording
        .attempts()
        .filter(|exchange| exchange.accepted != Accepted::No && !exchange.is_taken_in_secret());
    for point in accepted.flat_map(points_of).filter(is_delta) {
        let series = point.series();
        if let Some(before) = last.get(&series) {
            let again = before.exchange.digest == point.exchange.digest;
            survey.look((!again && point.start < before.time).then(|| {
                format!(
                    "{}: {}..{} and {}..{}",
                    point.label(),
                    Point::offset(recording, before.start),
                    Point::offset(recording, before.time),
                    Point::offset(recording, point.start),
                    Point::offset(recording, point.time)
                )
            }));
        }
        last.insert(series, point);
    }
    survey
}

/// No window that was refused is part of a later one.
fn refused(recording: &Recording) -> Survey {
    let mut survey = Survey::new(
        "OBX-CRY-003",
        "no refused delta window in a later one",
        "refused payloads",
    );
    let attempts: Vec<&Exchange> = recording.attempts().collect();
    for (position, refused) in attempts.iter().enumerate() {
        if refused.is_retryable() != Some(false) {
            continue;
        }
        let windows: HashMap<String, (u64, u64)> = points_of(refused)
            .iter()
            .filter(|point| is_delta(point))
            .map(|point| (point.series(), (point.start, point.time)))
            .collect();
        let covers = |point: &Point<'_>| {
            is_delta(point)
                && windows
                    .get(&point.series())
                    .is_some_and(|(start, time)| point.start < *time && *start < point.time)
        };
        let again = attempts[position + 1..]
            .iter()
            .find(|later| points_of(later).iter().any(covers));
        survey.look(again.map(|later| {
            format!(
                "the window of {} ({}) is in {}",
                name(refused),
                refused.answer_text(),
                name(later)
            )
        }));
    }
    survey
}

fn is_delta(point: &Point<'_>) -> bool {
    point.known_temporality() == Some(Temporality::Delta)
}
