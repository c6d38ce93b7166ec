//! How often and when exports are tried again.

use std::time::Duration;

use super::{Fact, fact};
use crate::{
    judge::{
        checks::{fixed_schedule, times},
        seconds,
    },
    run::{End, Exchange, Recording},
    scenario::RandomMode,
    verdict::Subject,
};

/// In seconds; a shorter wait counts as one of this length, so that a ratio can be taken.
const SHORTEST: f64 = 0.000_1;

/// Attempts, first delay, growth and jitter.
pub(super) fn of(recording: &Recording) -> Vec<Fact> {
    let mut facts = attempts(recording);
    let waits = own_waits(recording);
    facts.extend(first_delay(&waits));
    facts.extend(growth(&waits));
    facts.extend(jitter(&waits, recording));
    facts
}

fn attempts(recording: &Recording) -> Vec<Fact> {
    let mut facts = Vec::new();
    for attempts in recording.exports() {
        let (Some(first), Some(last)) = (attempts.first(), attempts.last()) else {
            continue;
        };
        // An attempt that is still under way has not come to anything.
        if attempts.len() < 2 || last.end == End::Open {
            continue;
        }
        facts.push(fact(
            if last.is_acknowledged() {
                Subject::AttemptsUntilAccepted
            } else {
                Subject::AttemptsUntilGivenUp
            },
            attempts.len().to_string(),
            format!(
                "export {} from {}, waits {}",
                first.export.unwrap_or_default(),
                seconds(first.at),
                times(waits(&attempts))
            ),
        ));
    }
    facts
}

fn waits(attempts: &[&Exchange]) -> Vec<Duration> {
    attempts
        .windows(2)
        .map(|pair| {
            let ended = pair[0].ended_at.unwrap_or(pair[0].at);
            pair[1].at.saturating_sub(ended)
        })
        .collect()
}

/// The waits that the SUT chose by itself, per export with a retry: up to the first answer that asks for a wait.
fn own_waits(recording: &Recording) -> Vec<Vec<Duration>> {
    let asks = |attempt: &&Exchange| {
        attempt.answer.as_ref().is_some_and(|answer| {
            answer.header("retry-after").is_some()
                || answer.header("grpc-status-details-bin").is_some()
        })
    };
    recording
        .exports()
        .iter()
        .map(|attempts| {
            let own = attempts.iter().take_while(|attempt| !asks(attempt)).count();
            let mut waits = waits(attempts);
            waits.truncate(own);
            waits
        })
        .filter(|waits| !waits.is_empty())
        .collect()
}

fn first_delay(waits: &[Vec<Duration>]) -> Option<Fact> {
    let mut first: Vec<Duration> = waits
        .iter()
        .filter_map(|waits| waits.first().copied())
        .collect();
    first.sort_unstable();
    let median = *first.get(first.len() / 2)?;
    Some(fact(
        Subject::FirstDelay,
        seconds(median),
        format!(
            "median of n={}: {} to {}",
            first.len(),
            seconds(first[0]),
            seconds(first[first.len() - 1])
        ),
    ))
}

fn growth(waits: &[Vec<Duration>]) -> Option<Fact> {
    let mut factors: Vec<f64> = waits
        .iter()
        .flat_map(|waits| waits.windows(2))
        .map(|pair| pair[1].as_secs_f64().max(SHORTEST) / pair[0].as_secs_f64().max(SHORTEST))
        .collect();
    factors.sort_unstable_by(f64::total_cmp);
    let median = factors.get(factors.len() / 2)?;
    Some(fact(
        Subject::Growth,
        format!("{median:.2}"),
        format!(
            "median of n={} factors from one wait to the next, {:.2} to {:.2}; waits of the first export: {}",
            factors.len(),
            factors[0],
            factors[factors.len() - 1],
            times(waits.first().into_iter().flatten().copied())
        ),
    ))
}

/// A statement over all exports of the cell that retried. Where the runner has fixed the source of chance, nothing can be
/// said of jitter.
fn jitter(waits: &[Vec<Duration>], recording: &Recording) -> Option<Fact> {
    if recording.is_exact() && recording.cell.random == RandomMode::Midpoint {
        return None;
    }
    let schedule = fixed_schedule(waits);
    if waits.len() < 2 || schedule.compared < 2 {
        return None;
    }
    let first: Vec<f64> = waits
        .iter()
        .filter_map(|waits| waits.first())
        .map(Duration::as_secs_f64)
        .collect();
    let least = first.iter().copied().fold(f64::INFINITY, f64::min);
    let most = first.iter().copied().fold(0.0, f64::max);
    Some(fact(
        Subject::Jitter,
        if schedule.fixed {
            "the same waits every time"
        } else {
            "waits differ"
        },
        format!(
            "n={} exports with a retry, {} pairs of waits compared, first waits {least:.3}s to {most:.3}s",
            waits.len(),
            schedule.compared
        ),
    ))
}
