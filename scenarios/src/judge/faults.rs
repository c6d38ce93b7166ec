//! What the faults of a cell did, by what the recording says of them.

use std::borrow::Cow;

use otelbox_mock_collector::fault::{Action, Bandwidth, ConnectionFault, Direction, Fault};

use crate::run::{ConnectionEvent, Exchange, Recording};
use crate::scenario::Step;

/// What the fault of this name does.
pub(super) fn action<'a>(recording: &'a Recording, name: &str) -> Option<&'a Action> {
    let of_steps = recording.cell.steps.iter().filter_map(|step| match step {
        Step::Faults(faults) => Some(faults.as_slice()),
        _ => None,
    });
    let all: Vec<&Fault> = std::iter::once(recording.cell.faults.as_slice())
        .chain(of_steps)
        .flatten()
        .collect();
    let is_it = |fault: &&Fault| fault.name.as_deref() == Some(name);
    let mut called_so = all.iter().copied().filter(is_it);
    let found = called_so.next()?;
    // Two of one name cannot be told apart.
    called_so.next().is_none().then_some(&found.then)
}

/// Whether bytes passed slowly on a connection in this direction.
pub(super) fn is_slow(recording: &Recording, connection: u64, direction: Direction) -> bool {
    let mut records = recording.connections.iter();
    records.any(|record| match &record.event {
        ConnectionEvent::Shaped(faults) => {
            record.connection == connection
                && faults
                    .iter()
                    .any(|name| slows_down(recording, name, direction))
        }
        _ => false,
    })
}

/// Whether the fault of this name slows a direction down, as far as that is known.
fn slows_down(recording: &Recording, name: &str, direction: Direction) -> bool {
    match action(recording, name) {
        None => true,
        Some(Action::Connection(ConnectionFault::Bandwidth(Bandwidth {
            direction: slow, ..
        }))) => slow.is_none_or(|slow| slow == direction),
        Some(Action::Connection(ConnectionFault::Slice(_))) => direction == Direction::Sent,
        Some(_) => false,
    }
}

/// The recording without the attempts that were read slowly. They may have arrived after their client had given them up and
/// gone on, even after all that it sent later over another connection: neither their time nor their place tells what it did.
pub(super) fn in_order(recording: &Recording) -> Cow<'_, Recording> {
    let is_read_slowly =
        |exchange: &Exchange| is_slow(recording, exchange.connection, Direction::Received);
    if !recording.exchanges.iter().any(is_read_slowly) {
        return Cow::Borrowed(recording);
    }
    let mut rest = recording.clone();
    rest.exchanges.retain(|exchange| !is_read_slowly(exchange));
    Cow::Owned(rest)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use otelbox_mock_collector::fault::{always, bandwidth};

    use super::*;
    use crate::judge::crooked::{attempt, delta, recording, secs, shutdown};
    use crate::judge::{Grade, invariants, payload};
    use crate::run::{Accepted, ConnectionRecord, Inside, SdkCounters};
    use crate::scenario::check::Invariant;
    use crate::scenario::{CallResult, Configuration, DropPolicy, DropPolicyName};

    /// `recording`, whose second connection is slowed down in `direction`.
    fn slowed_down(mut recording: Recording, direction: Direction) -> Recording {
        let fault = always().connection(2).then(bandwidth(100, direction));
        Arc::make_mut(&mut recording.cell)
            .faults
            .push(fault.named("slow"));
        recording.connections.push(ConnectionRecord {
            at: secs(1),
            connection: 2,
            event: ConnectionEvent::Shaped(vec!["slow".to_owned()]),
        });
        recording
    }

    fn grade(invariant: Invariant, recording: &Recording) -> Grade {
        invariants::judge(invariant, recording).grade
    }

    #[test]
    fn what_is_read_slowly_may_come_after_what_was_sent_later() {
        let mut late = attempt(1, 2, 18, delta(0, 15, 1));
        late.connection = 2;
        let late = recording(vec![
            attempt(1, 1, 17, delta(0, 15, 1)),
            late,
            attempt(2, 1, 30, delta(15, 30, 1)),
        ]);
        let is_final = |recording: &Recording| grade(Invariant::FinalAnswers, recording);
        assert_eq!(is_final(&late), Grade::Failed);
        let sent_slowly = slowed_down(late.clone(), Direction::Sent);
        assert_eq!(is_final(&sent_slowly), Grade::Failed);
        let read_slowly = slowed_down(late, Direction::Received);
        assert_eq!(is_final(&read_slowly), Grade::Passed);
    }

    #[test]
    fn what_is_read_slowly_is_no_export_of_its_own() {
        let mut late = attempt(2, 1, 18, delta(0, 15, 2));
        late.connection = 2;
        let exchanges = vec![attempt(1, 1, 17, delta(0, 15, 2)), late];
        let mut late = recording(exchanges).having_emitted(2);
        late.emissions[0].at = secs(1);
        late.inside = Some(Inside {
            counters: Some(SdkCounters {
                exports: 1,
                attempts: 2,
                retries: 1,
                delivered: 1,
                ..SdkCounters::default()
            }),
            ..Inside::default()
        });
        let late = late.calling(shutdown(), secs(30), secs(30), CallResult::Ok);
        assert_eq!(grade(Invariant::Accounts, &late), Grade::Failed);
        let read_slowly = slowed_down(late, Direction::Received);
        let seen = invariants::judge(Invariant::Accounts, &read_slowly);
        assert_eq!(seen.grade, Grade::Passed, "{}", seen.actual);
    }

    #[test]
    fn what_is_sent_slowly_may_end_long_after_its_client_has_left() {
        let mut overlong = attempt(1, 1, 15, delta(0, 15, 1)).until(31);
        overlong.connection = 2;
        let overlong = recording(vec![
            overlong,
            attempt(2, 1, 30, delta(15, 30, 1)),
            attempt(3, 1, 45, delta(30, 45, 1)),
        ]);
        for invariant in [Invariant::OneAtATime, Invariant::Deadlines] {
            assert_eq!(grade(invariant, &overlong), Grade::Failed);
            let sent_slowly = slowed_down(overlong.clone(), Direction::Sent);
            assert_eq!(grade(invariant, &sent_slowly), Grade::Passed);
        }
    }

    #[test]
    fn what_was_taken_in_secret_may_be_carried_over() {
        let carried = |accepted| {
            let mut first = attempt(1, 1, 15, delta(0, 15, 2)).refused(14);
            first.accepted = accepted;
            let exchanges = vec![first, attempt(2, 1, 30, delta(0, 30, 5))];
            let mut recording = recording(exchanges).having_emitted(5);
            recording.emissions[0].at = secs(1);
            Arc::make_mut(&mut recording.cell).configuration = Configuration {
                drop_policy: Some(DropPolicy::Named(DropPolicyName::CarryOver)),
                ..Configuration::default()
            };
            recording.inside = Some(Inside {
                counters: Some(SdkCounters {
                    exports: 2,
                    attempts: 2,
                    delivered: 1,
                    failed: 1,
                    ..SdkCounters::default()
                }),
                ..Inside::default()
            });
            recording.calling(shutdown(), secs(30), secs(30), CallResult::Ok)
        };
        for accepted in [Accepted::No, Accepted::All] {
            let recording = carried(accepted);
            let seen = invariants::judge(Invariant::Accounts, &recording);
            assert_eq!(seen.grade, Grade::Passed, "{}", seen.actual);
            let mut failed = payload::invariants(&recording);
            failed.retain(|finding| {
                finding.grade == Grade::Failed
                    && payload::forbids_carry_over(&recording.cell, &finding.rule).is_none()
            });
            assert!(failed.is_empty(), "{failed:#?}");
        }
    }
}
