//! Faults that never fired: a scenario that did not test what it says must not pass.

use std::time::Duration;

use otelbox_mock_collector::fault::{Action, Fault};

use super::{Finding, Grade};
use crate::{
    report::RunTime,
    run::{ConnectionEvent, Exchange, Recording},
    scenario::Step,
};

/// The findings of the expectations, of which none passes where a fault never fired.
///
/// A cell in which something failed keeps them as they are: it does not pass, and the failure may be why the fault never
/// fired.
pub(super) fn untested(recording: &Recording, mut findings: Vec<Finding>) -> Vec<Finding> {
    if findings
        .iter()
        .any(|finding| finding.grade == Grade::Failed)
    {
        return findings;
    }
    let unfired = unfired(recording);
    if unfired.is_empty() {
        return findings;
    }
    let unfired = unfired.join(" and the fault ");
    let (grade, reason) = if ended_by_itself(recording) {
        let reason = format!(
            "it ended by itself, as it does without faults, before the fault {unfired} could strike"
        );
        (Grade::NotApplicable, reason)
    } else {
        let reason = format!(
            "not tested: the fault {unfired} never fired (one that need not fire belongs under `may_not_fire`)"
        );
        (Grade::Inconclusive, reason)
    };
    for finding in &mut findings {
        if finding.grade == Grade::Passed {
            finding.grade = grade;
            finding.actual.clone_from(&reason);
        }
    }
    findings
}

/// Whether it is a program that nobody had to end, and that ends without faults, too.
fn ended_by_itself(recording: &Recording) -> bool {
    recording
        .program
        .as_ref()
        .is_some_and(|program| program.usual.exit.is_some() && program.told_to_end_at.is_none())
}

/// The names of the faults that never fired and should have, in the order in which they are given.
fn unfired(recording: &Recording) -> Vec<String> {
    let cell = &recording.cell;
    let mut unfired = Vec::new();
    for (from, to, faults) in plans(recording) {
        for (index, fault) in faults.iter().enumerate() {
            let name = fault
                .name
                .clone()
                .unwrap_or_else(|| format!("fault-{}", index + 1));
            if !cell.may_not_fire.contains(&name) && !has_fired(recording, fault, &name, from, to) {
                unfired.push(format!("`{name}`"));
            }
        }
    }
    unfired
}

/// The lists of faults that the receiver had, each with the time from which and up to which it had them.
fn plans(recording: &Recording) -> Vec<(Duration, Duration, &[Fault])> {
    let steps = &recording.cell.steps;
    let mut plans = vec![(
        Duration::ZERO,
        Duration::MAX,
        recording.cell.faults.as_slice(),
    )];
    for record in &recording.steps {
        if let Some(Step::Faults(faults)) = steps.get(record.index) {
            if let Some((_, to, _)) = plans.last_mut() {
                *to = record.ended_at;
            }
            plans.push((record.at, Duration::MAX, faults));
        }
    }
    plans
}

fn has_fired(
    recording: &Recording,
    fault: &Fault,
    name: &str,
    from: Duration,
    to: Duration,
) -> bool {
    let on_connection = |event: &dyn Fn(&ConnectionEvent) -> bool| {
        let mut connections = recording.connections.iter();
        connections.any(|record| (from..=to).contains(&record.at) && event(&record.event))
    };
    match &fault.then {
        // In real time it is the kernel that does these, and nobody sees it.
        Action::Refuse | Action::BlackHole if recording.time == RunTime::Real => true,
        Action::Refuse => on_connection(&|event| *event == ConnectionEvent::Refused),
        Action::BlackHole => on_connection(&|event| *event == ConnectionEvent::Swallowed),
        Action::AcceptThenClose => {
            on_connection(&|event| matches!(event, ConnectionEvent::Closed(_)))
        }
        Action::Connection(_) => on_connection(
            &|event| matches!(event, ConnectionEvent::Shaped(faults) if faults.iter().any(|fault| fault == name)),
        ),
        _ => recording.exchanges.iter().any(|exchange| {
            exchange.fault.as_deref() == Some(name)
                && exchange.at <= to
                && last_moment(exchange) >= from
        }),
    }
}

/// The last moment at which it may have been decided on.
fn last_moment(exchange: &Exchange) -> Duration {
    exchange.ended_at.unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::judge::crooked::{attempt, recording, secs, total};
    use crate::run::{ConnectionRecord, StepRecord};

    fn faults(yaml: &str) -> Vec<Fault> {
        serde_saphyr::from_str(yaml).expect("faults")
    }

    /// What becomes of an expectation that holds.
    fn passed() -> Vec<Finding> {
        vec![Finding {
            rule: "OTLP-RTY-005".into(),
            grade: Grade::Passed,
            expected: "2 attempts".to_owned(),
            actual: "2 attempts".to_owned(),
        }]
    }

    fn judged(recording: &Recording) -> (Grade, String) {
        let finding = untested(recording, passed()).remove(0);
        (finding.grade, finding.actual)
    }

    #[test]
    fn an_expectation_that_holds_does_not_pass_where_a_fault_never_fired() {
        let mut seen = recording(vec![attempt(1, 1, 1, total(0, 1, 5))]);
        Arc::make_mut(&mut seen.cell).faults =
            faults("[{ name: outage, then: hang }, { then: { delay: 1s } }]");
        let (grade, actual) = judged(&seen);
        assert_eq!(grade, Grade::Inconclusive);
        assert!(
            actual.contains("`outage` and the fault `fault-2` never fired"),
            "{actual}"
        );

        seen.exchanges[0].fault = Some("outage".to_owned());
        let (grade, actual) = judged(&seen);
        assert_eq!(grade, Grade::Inconclusive);
        assert!(!actual.contains("outage"), "{actual}");

        Arc::make_mut(&mut seen.cell).may_not_fire = vec!["fault-2".to_owned()];
        assert_eq!(judged(&seen).0, Grade::Passed);
    }

    #[test]
    fn a_failure_stays_one_and_what_else_holds_beside_it_too() {
        let mut seen = recording(Vec::new());
        Arc::make_mut(&mut seen.cell).faults = faults("[{ then: hang }]");
        let mut findings = passed();
        findings.extend(passed());
        findings[1].grade = Grade::Failed;
        assert_eq!(untested(&seen, findings.clone()), findings);
    }

    #[test]
    fn faults_of_a_step_fire_after_it() {
        let mut seen = recording(vec![attempt(1, 1, 1, total(0, 1, 5))]);
        seen.exchanges[0].fault = Some("fault-1".to_owned());
        seen.exchanges[0].at = secs(1);
        seen.exchanges[0].ended_at = Some(secs(2));
        let cell = Arc::make_mut(&mut seen.cell);
        cell.faults = faults("[{ then: hang }]");
        cell.steps = vec![Step::Faults(faults("[{ then: hang }]"))];
        seen.steps = vec![StepRecord {
            index: 0,
            at: secs(5),
            ended_at: secs(5),
            outcome: None,
        }];
        assert_eq!(judged(&seen).0, Grade::Inconclusive);
        let mut later = seen.exchanges[0].clone();
        later.at = secs(6);
        later.ended_at = Some(secs(6));
        seen.exchanges.push(later);
        assert_eq!(judged(&seen).0, Grade::Passed);
    }

    #[test]
    fn a_fault_on_connections_is_seen_by_its_name() {
        let mut seen = recording(Vec::new());
        Arc::make_mut(&mut seen.cell).faults = faults("[{ name: slow, then: half_close }]");
        let shaped = |by: &str| ConnectionRecord {
            at: secs(1),
            connection: 1,
            event: ConnectionEvent::Shaped(vec![by.to_owned()]),
        };
        seen.connections.push(shaped("another"));
        assert_eq!(judged(&seen).0, Grade::Inconclusive);
        seen.connections.push(shaped("slow"));
        assert_eq!(judged(&seen).0, Grade::Passed);
    }

    #[test]
    fn a_refusal_is_seen_by_the_connections_and_in_real_time_by_nobody() {
        let mut seen = recording(Vec::new());
        Arc::make_mut(&mut seen.cell).faults = faults("[{ then: refuse }]");
        assert_eq!(judged(&seen).0, Grade::Inconclusive);
        let mut refused = seen.clone();
        refused.connections.push(ConnectionRecord {
            at: secs(1),
            connection: 0,
            event: ConnectionEvent::Refused,
        });
        assert_eq!(judged(&refused).0, Grade::Passed);
        seen.time = RunTime::Real;
        assert_eq!(judged(&seen).0, Grade::Passed);
    }
}
