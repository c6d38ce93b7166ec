//! Calls return by their time limit, and exports and attempts are over by theirs.

use super::{certainty, limits, outcome};
use crate::judge::{Outcome, Survey, bounds::TICK, seconds};
use crate::run::{End, Recording};

const EXPECTED: &str = "calls, exports and attempts that are over by their limits";

pub(super) fn judge(recording: &Recording) -> Outcome {
    let mut survey = Survey::new("OBX-INV-002", EXPECTED, "calls, exports and cycles");
    // One tick for the timer, one for what is rounded on the way.
    let slack = TICK * 2;
    for called in limits::calls(recording) {
        let took = called.record.ended_at.saturating_sub(called.record.at);
        survey.look((took > called.limit + slack).then(|| {
            format!(
                "{} at {} took {}, with a limit of {}",
                called.name,
                seconds(called.record.at),
                seconds(took),
                seconds(called.limit)
            )
        }));
    }
    for attempts in super::exports(recording) {
        let Some(first) = attempts.first() else {
            continue;
        };
        let limit = limits::export(recording, first);
        let end = first.at + limit + slack;
        let late = attempts.iter().find_map(|attempt| {
            let what = format!(
                "export {} from {}, with a limit of {}",
                first.export.unwrap_or_default(),
                seconds(first.at),
                seconds(limit)
            );
            if attempt.at > end {
                return Some(format!(
                    "{what}, made an attempt at {}",
                    seconds(attempt.at)
                ));
            }
            let is_known = attempt.end != End::Open && !certainty::is_seen_late(attempt, recording);
            let ended = attempt.ended_at.filter(|_| is_known)?;
            if ended > end {
                return Some(format!("{what}, still ran at {}", seconds(ended)));
            }
            if let Some(told) = attempt.client_deadline
                && attempt.at + told > end
            {
                return Some(format!(
                    "{what}, told at {} that it waits for {}",
                    seconds(attempt.at),
                    seconds(told)
                ));
            }
            let own = certainty::attempt_limit(recording)?;
            (ended > attempt.at + own + slack).then(|| {
                format!(
                    "{what}: the attempt at {} ran until {}, with a limit of {} of its own",
                    seconds(attempt.at),
                    seconds(ended),
                    seconds(own)
                )
            })
        });
        survey.look(late);
    }
    let cycle = limits::cycle(recording);
    if let Some(counters) = recording.inside.as_ref().and_then(|inside| inside.counters)
        && !counters.longest_cycle.is_zero()
    {
        survey.look((counters.longest_cycle > cycle + slack).then(|| {
            format!(
                "a cycle took {}, with a limit of {}",
                seconds(counters.longest_cycle),
                seconds(cycle)
            )
        }));
    }
    outcome(survey, EXPECTED)
}
