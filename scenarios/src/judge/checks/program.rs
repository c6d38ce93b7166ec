//! What a program did that was started as it is, and what the wire alone says about its data.

use std::time::Duration;

use otelbox_mock_collector::Signal;

use crate::{
    judge::{Outcome, bounds, seconds},
    run::{Accepted, Exchange, ProgramRecord, Recording},
    scenario::{CollectorState, Step, check::ProgramCheck},
    sut::ProgramExit,
    verdict::{Observation, Subject},
};

/// Why nothing is said about the process of a program.
const ELSEWHERE: &str = "it was started elsewhere, and its process is not seen";

pub(super) fn judge(check: ProgramCheck, recording: &Recording) -> Vec<Outcome> {
    let Some(program) = &recording.program else {
        return vec![Outcome::not_applicable(
            "a program that is started as it is",
            format!("{} is reached by a driver", recording.sut),
        )];
    };
    [
        check.lives_on.then(|| lives_on(program)),
        check
            .exports_again
            .then(|| exports_again(program, recording)),
        check.ends_in_time.then(|| ends_in_time(program, recording)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `exit status: 1 at 2.004s`.
fn ended(program: &ProgramRecord, exit: &ProgramExit) -> String {
    match program.ended_at {
        Some(at) => format!("{} at {}", exit.status, seconds(at)),
        None => exit.status.clone(),
    }
}

fn lives_on(program: &ProgramRecord) -> Outcome {
    let expected = "a program that is there until it is told to end";
    if program.is_elsewhere {
        return Outcome::not_applicable(expected, ELSEWHERE);
    }
    if let Some(at) = program.told_to_end_at {
        return Outcome::of(
            true,
            expected,
            format!("it was there at {}, when it was told to end", seconds(at)),
        );
    }
    let Some(exit) = &program.exit else {
        return Outcome::nothing(expected, "nobody knows when it ended");
    };
    let ended = ended(program, exit);
    match &program.usual.exit {
        _ if exit.by_signal => Outcome::of(false, expected, format!("it crashed: {ended}")),
        None => Outcome::of(
            false,
            expected,
            format!("it ended by itself, which it does not do without faults: {ended}"),
        ),
        Some(usual) if exit.success || *exit == *usual => Outcome::of(
            true,
            expected,
            format!("it ended by itself, as it does without faults: {ended}"),
        ),
        Some(usual) => Outcome::not_applicable(
            expected,
            format!(
                "it ends by itself, without faults with {}; with this one {ended}, and whether that is right is for its author to say",
                usual.status
            ),
        ),
    }
}

/// When the last fault was over: the last request that one decided, or the last step that made the receiver well.
fn well_again_at(recording: &Recording) -> Duration {
    let of_requests = recording
        .exchanges
        .iter()
        .filter(|exchange| exchange.fault.is_some())
        .map(|exchange| exchange.ended_at.unwrap_or(exchange.at));
    let of_steps = recording.steps.iter().filter_map(|record| {
        let is_well = match recording.cell.steps.get(record.index)? {
            Step::Collector(CollectorState::Up) => true,
            Step::Faults(faults) => faults.is_empty(),
            _ => false,
        };
        is_well.then_some(record.ended_at)
    });
    of_requests.chain(of_steps).max().unwrap_or(Duration::ZERO)
}

fn exports_again(program: &ProgramRecord, recording: &Recording) -> Outcome {
    let expected = "an export is accepted after the last fault";
    let well = well_again_at(recording);
    let again = recording
        .attempts()
        .find(|exchange| exchange.is_acknowledged() && exchange.at >= well);
    let was_well = seconds(well);
    if let Some(again) = again {
        let at = seconds(again.at);
        let actual = format!("the receiver was well again at {was_well}, an export at {at}");
        return Outcome::of(true, expected, actual);
    }
    // Whoever would not have exported anyway did not stop because of the fault.
    if program.usual.exit.is_some() {
        return Outcome::not_applicable(expected, "it ends by itself, without faults too");
    }
    if program.usual.exports < 2 {
        let reason =
            "it exports too rarely: without faults there was one export while it was watched";
        return Outcome::not_applicable(expected, reason);
    }
    if program.told_to_end_at.is_none() {
        return Outcome::nothing(expected, "it had ended before that");
    }
    let end = program.told_to_end_at.unwrap_or_default();
    Outcome::of(
        false,
        expected,
        format!(
            "the receiver was well again at {was_well}, and until {} no export came that it could accept",
            seconds(end)
        ),
    )
}

fn ends_in_time(program: &ProgramRecord, recording: &Recording) -> Outcome {
    let within = recording.cell.steps.iter().find_map(|step| match step {
        Step::Terminate(asked) => Some(asked.within),
        _ => None,
    });
    let Some(within) = within else {
        return Outcome::nothing("an end in time", "nobody told it to end");
    };
    let expected = format!("an end within {within} of SIGTERM");
    if program.is_elsewhere {
        return Outcome::not_applicable(expected, ELSEWHERE);
    }
    let Some(told) = program.told_to_end_at else {
        return match &program.exit {
            Some(exit) if program.usual.exit.is_some() => {
                let reason = format!("it had ended by itself before: {}", ended(program, exit));
                Outcome::not_applicable(expected, reason)
            }
            _ => Outcome::nothing(expected, "it had ended before it was told to"),
        };
    };
    let Some((at, exit)) = program.ended_at.zip(program.exit.as_ref()) else {
        return Outcome::of(
            false,
            expected,
            format!("it was still there after {within}, and had to be killed"),
        );
    };
    let took = at.saturating_sub(told);
    bounds::outcome(
        [bounds::grade(took, within.get(), recording)],
        expected,
        format!("{} after {}", exit.status, seconds(took)),
        recording,
    )
}

/// What the wire says about the data of a program, which is all that is known about them: offered, acknowledged,
/// repeated, never lost. Nothing for a SUT with a driver.
pub(crate) fn of_the_wire(recording: &Recording) -> Vec<Observation> {
    let Some(program) = &recording.program else {
        return Vec::new();
    };
    let account = WireAccount::of(recording);
    let noun = match recording.cell.id.signal {
        Signal::Metrics => "points",
        Signal::Traces => "spans",
        Signal::Logs => "log records",
        Signal::Profiles => "profiles",
    };
    let items = |count: u64| format!("{count} {noun}");
    let of_exports = format!("exports that reached the receiver: {}", account.exports);
    let mut observations = Vec::new();
    let mut observe = |subject: Subject, value: String, evidence: &str| {
        observations.push(Observation {
            subject,
            cell: recording.cell.id.clone(),
            value,
            evidence: evidence.to_owned(),
        });
    };
    observe(Subject::Offered, items(account.offered), &of_exports);
    observe(
        Subject::Acknowledged,
        items(account.acknowledged),
        "answers that arrived whole",
    );
    observe(
        Subject::RefusedForGood,
        items(account.refused),
        "exports whose last answer forbids a retry",
    );
    observe(
        Subject::Repeated,
        items(account.repeated),
        "payloads that the receiver took again",
    );
    if let Some(delay) = account.longest_delay {
        observe(
            Subject::LongestDelay,
            seconds(delay),
            "from the first attempt of an export to the one that was acknowledged",
        );
    }
    let end = match (&program.exit, program.told_to_end_at, program.ended_at) {
        (Some(exit), Some(told), Some(ended)) => {
            let took = seconds(ended.saturating_sub(told));
            format!("{}, {took} after SIGTERM", exit.status)
        }
        (Some(exit), _, _) => format!("{}, by itself", exit.status),
        (None, ..) if program.is_elsewhere => return observations,
        (None, Some(_), _) => "killed".to_owned(),
        (None, None, _) => return observations,
    };
    observe(Subject::EndOfProgram, end, "its process");
    observations
}

/// What the wire alone says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct WireAccount {
    exports: usize,
    /// Items of all exports, each export once.
    offered: u64,
    /// Items of exports that were told to have succeeded; without those that a partial success rejected.
    acknowledged: u64,
    /// Items of exports whose last answer says that they must not be sent again.
    refused: u64,
    /// Items that the receiver took more than once.
    repeated: u64,
    longest_delay: Option<Duration>,
}

impl WireAccount {
    fn of(recording: &Recording) -> Self {
        let mut account = Self::default();
        for attempts in recording.exports() {
            let items = attempts
                .iter()
                .find_map(|attempt| attempt.items)
                .unwrap_or_default();
            account.exports += 1;
            account.offered += items;
            let taken = attempts
                .iter()
                .filter(|attempt| attempt.accepted != Accepted::No)
                .count() as u64;
            account.repeated += items * taken.saturating_sub(1);
            let acknowledged = attempts.iter().find(|attempt| attempt.is_acknowledged());
            if let Some(attempt) = acknowledged {
                account.acknowledged += items.saturating_sub(rejected(attempt));
                let first = attempts.first().map_or(attempt.at, |first| first.at);
                let end = attempt.ended_at.unwrap_or(attempt.at);
                account.longest_delay = account.longest_delay.max(Some(end.saturating_sub(first)));
            } else {
                let last = attempts.last().and_then(|last| last.is_retryable());
                if last == Some(false) {
                    account.refused += items;
                }
            }
        }
        account
    }
}

fn rejected(attempt: &Exchange) -> u64 {
    match attempt.accepted {
        Accepted::Partial { rejected } => u64::try_from(rejected).unwrap_or_default(),
        Accepted::No | Accepted::All => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        judge::{Grade, crooked::*},
        run::UsualRun,
        scenario::{Terminate, TextDuration},
    };

    fn exit(status: &str) -> ProgramExit {
        ProgramExit {
            success: status == "exit status: 0",
            by_signal: status.starts_with("signal"),
            status: status.to_owned(),
        }
    }

    /// Told to end at 30 s, and ended a second later; without faults it exported five times.
    fn usual() -> ProgramRecord {
        ProgramRecord {
            usual: UsualRun {
                exports: 5,
                exit: None,
            },
            is_elsewhere: false,
            told_to_end_at: Some(secs(30)),
            ended_at: Some(secs(31)),
            exit: Some(exit("exit status: 0")),
        }
    }

    /// An export refused at 10 s by a fault, and one at 20 s.
    fn refused_then(accepted: bool) -> Recording {
        let mut refused = attempt(1, 1, 10, delta(0, 10, 3)).refused(3);
        refused.fault = Some("malformed".to_owned());
        let next = attempt(2, 1, 20, delta(10, 20, 5));
        let next = if accepted { next } else { next.refused(14) };
        let mut recording = recording(vec![refused, next]);
        let within = TextDuration::from_secs(2);
        Arc::make_mut(&mut recording.cell)
            .steps
            .push(Step::Terminate(Terminate { within }));
        recording
    }

    fn grades(program: ProgramRecord, recording: Recording) -> [Grade; 3] {
        let recording = Recording {
            program: Some(program),
            ..recording
        };
        let all = ProgramCheck {
            lives_on: true,
            exports_again: true,
            ends_in_time: true,
        };
        let outcomes = judge(all, &recording);
        [0, 1, 2].map(|index: usize| outcomes[index].grade)
    }

    use Grade::{Failed, Inconclusive, NotApplicable, Passed};

    #[test]
    fn a_program_is_judged_by_its_end_and_by_what_came_after_the_fault() {
        let good = refused_then(true);
        assert_eq!(grades(usual(), good.clone()), [Passed; 3]);
        let silent = refused_then(false);
        assert_eq!(grades(usual(), silent), [Passed, Failed, Passed]);
        let late = ProgramRecord {
            ended_at: Some(secs(33)),
            ..usual()
        };
        assert_eq!(grades(late, good.clone()), [Passed, Passed, Failed]);
        let killed = ProgramRecord {
            ended_at: None,
            exit: None,
            ..usual()
        };
        assert_eq!(grades(killed, good), [Passed, Passed, Failed]);
    }

    #[test]
    fn who_ends_by_itself_is_measured_by_what_it_does_without_faults() {
        let ended = |status: &str, without_faults: Option<&str>| ProgramRecord {
            usual: UsualRun {
                exports: 5,
                exit: without_faults.map(exit),
            },
            told_to_end_at: None,
            exit: Some(exit(status)),
            ..usual()
        };
        let lives_on = |program| grades(program, refused_then(false))[0];
        let (zero, one) = ("exit status: 0", "exit status: 1");
        assert_eq!(lives_on(ended(zero, None)), Failed);
        assert_eq!(lives_on(ended(one, None)), Failed);
        assert_eq!(lives_on(ended(zero, Some(zero))), Passed);
        assert_eq!(lives_on(ended(one, Some(zero))), NotApplicable);
        assert_eq!(lives_on(ended("signal: 11 (SIGSEGV)", Some(zero))), Failed);
        let both = grades(ended(one, None), refused_then(false));
        assert_eq!(both[1..], [Inconclusive, Inconclusive]);
        let neither = grades(ended(zero, Some(zero)), refused_then(false));
        assert_eq!(neither[1..], [NotApplicable, NotApplicable]);
    }

    #[test]
    fn who_exports_rarely_or_is_not_seen_is_not_blamed() {
        let mut rare = usual();
        rare.usual.exports = 1;
        assert_eq!(grades(rare, refused_then(false))[1], NotApplicable);
        let elsewhere = ProgramRecord {
            is_elsewhere: true,
            ended_at: None,
            exit: None,
            ..usual()
        };
        let expected = [NotApplicable, Failed, NotApplicable];
        assert_eq!(grades(elsewhere, refused_then(false)), expected);
    }

    #[test]
    fn what_the_wire_says_of_the_data() {
        let mut lost = attempt(1, 1, 10, delta(0, 10, 3));
        lost.end = crate::run::End::Broken;
        let exchanges = vec![
            lost.until(11),
            attempt(1, 2, 12, delta(0, 10, 3)).until(13),
            attempt(2, 1, 20, delta(10, 20, 5)).refused(3),
        ];
        let account = WireAccount::of(&recording(exchanges));
        let expected = WireAccount {
            exports: 2,
            offered: 2,
            acknowledged: 1,
            refused: 1,
            repeated: 1,
            longest_delay: Some(secs(3)),
        };
        assert_eq!(account, expected);
        assert!(of_the_wire(&recording(Vec::new())).is_empty());
    }
}
