//! What is measured and shown whatever the expectations are.

use super::{
    checks::{calls_in_words, of_the_wire},
    seconds,
};
use crate::{
    run::{Recording, RunEnd},
    verdict::Observation,
};

/// Attempts and waits of exports that needed more than one attempt, and what calls returned.
pub(super) fn of(recording: &Recording) -> Vec<Observation> {
    if let RunEnd::Hung { call, reason } = &recording.end {
        return vec![Observation {
            subject: "unbounded wait".to_owned(),
            cell: recording.cell.id.clone(),
            value: call.clone(),
            evidence: format!("{reason}; the driver had answered until then"),
        }];
    }
    if recording.end != RunEnd::Completed {
        return Vec::new();
    }
    let mut observations = of_the_wire(recording);
    let mut observe = |subject: &str, value: String, evidence: String| {
        observations.push(Observation {
            subject: subject.to_owned(),
            cell: recording.cell.id.clone(),
            value,
            evidence,
        });
    };
    for attempts in recording.exports() {
        let (Some(first), Some(last)) = (attempts.first(), attempts.last()) else {
            continue;
        };
        if attempts.len() < 2 {
            continue;
        }
        let waits: Vec<String> = attempts
            .windows(2)
            .map(|pair| {
                seconds(
                    pair[1]
                        .at
                        .saturating_sub(pair[0].ended_at.unwrap_or(pair[0].at)),
                )
            })
            .collect();
        observe(
            if last.is_acknowledged() {
                "attempts until accepted"
            } else {
                "attempts until given up"
            },
            attempts.len().to_string(),
            format!(
                "export {} from {}, waits {}",
                first.export.unwrap_or_default(),
                seconds(first.at),
                waits.join(", ")
            ),
        );
    }
    for (name, said) in calls_in_words(recording) {
        observe(
            &format!("result of {name}"),
            said,
            "the call's return value".to_owned(),
        );
    }
    observations
}
