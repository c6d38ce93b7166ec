//! Harm: what was told to be well and was not, what got lost in silence, what came twice or at once, what never ended.

use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

use otelbox_mock_collector::Signal;

use super::{
    Fact, Harm,
    delivery::{
        Called, accounts_before, calls, carries_items, is_countable, is_delivered, offered_numbers,
        workers,
    },
    fact,
    results::{told_since, told_within},
};
use crate::{
    judge::{
        Grade, bounds,
        checks::{item_account, item_instruments, totals},
        payload::{item_keys, points_of},
        seconds,
    },
    run::{Accepted, ConnectionEvent, End, Exchange, Recording, RunEnd},
    scenario::{CallResult, CollectorState, Processor, Step, Temporality},
    verdict::Subject,
};

/// A call that did not return, though its driver lived.
pub(super) fn unbounded_wait(recording: &Recording) -> Harm {
    match &recording.end {
        RunEnd::Hung { call, reason } => Harm::of(vec![fact(
            Subject::UnboundedWait,
            call,
            format!("{reason}; the driver had answered until then"),
        )]),
        RunEnd::Completed if calls(recording).next().is_some() => Harm::None,
        RunEnd::Completed
        | RunEnd::NotApplicable(_)
        | RunEnd::DidNotStart(_)
        | RunEnd::Broken(_)
        | RunEnd::Crashed(_)
        | RunEnd::Inconclusive(_) => Harm::Unknown,
    }
}

/// Calls that returned `ok`, though what they answered for was never accepted in the whole run.
///
/// A flush answers for what was handed over before it, unless an earlier export had carried that and was over: what an
/// SDK has given up, and told of, is no longer its to deliver.
pub(super) fn false_success(recording: &Recording) -> Harm {
    let is_simple = recording.cell.configuration.processor == Some(Processor::Simple);
    if workers(recording) > 1 || is_simple || !is_countable(recording) {
        return Harm::Unknown;
    }
    let mut is_known = false;
    let mut facts = Vec::new();
    for called in calls(recording) {
        let told = match called.record.result() {
            Some(CallResult::Ok) => true,
            Some(CallResult::Failed | CallResult::Timeout) => false,
            Some(CallResult::AlreadyShutDown | CallResult::Untold) | None => continue,
        };
        let is_answerable =
            called.name == "export" || !accounts_before(recording, called.record.at).is_empty();
        is_known |= is_answerable;
        if told && is_answerable {
            facts.extend(undelivered(recording, called));
        }
    }
    if is_known {
        Harm::of(facts)
    } else {
        Harm::Unknown
    }
}

fn undelivered(recording: &Recording, called: Called<'_>) -> Option<Fact> {
    let Called { name, record, .. } = called;
    let exports = recording.exports();
    let during: Vec<&Vec<&Exchange>> = exports
        .iter()
        .filter(|attempts| {
            attempts
                .iter()
                .any(|attempt| is_during(attempt, called, recording))
        })
        .collect();
    let (missing, how) = if let Some(refused) = during.iter().find(|attempts| {
        !attempts.iter().any(|attempt| is_delivered(attempt))
            && attempts
                .iter()
                .any(|attempt| carries_items(recording, attempt))
    }) {
        let (first, last) = (refused.first()?, refused.last()?);
        let how = format!(
            "export {} from {}, answered {}",
            first.export.unwrap_or_default(),
            seconds(first.at),
            last.answer_text()
        );
        (never_delivered(recording, called, refused)?, how)
    } else if name != "export"
        && during.is_empty()
        && is_unreachable(recording, called)
        // What was given up before the call, and told of, it does not answer for.
        && told_within(recording, Duration::ZERO, record.at).is_empty()
    {
        let how = "no request with them arrived, and the receiver could not be reached".to_owned();
        (never_sent(recording, record.at)?, how)
    } else if name != "export"
        && during.is_empty()
        && told_since(recording, Duration::ZERO).is_empty()
    {
        let how = "no request with them arrived, and nothing was told".to_owned();
        (never_sent(recording, record.at)?, how)
    } else {
        return None;
    };
    Some(fact(
        Subject::FalseSuccess,
        format!("{name} returned ok, {missing} never accepted"),
        format!("{name} at {}; {how}", seconds(record.at)),
    ))
}

/// Whether an attempt is one that a call had to wait for. At one moment of virtual time nobody knows what came first, where
/// something was handed over in it too.
fn is_during(attempt: &Exchange, called: Called<'_>, recording: &Recording) -> bool {
    let (begin, end) = (called.record.at, called.record.ended_at);
    if attempt.at > end {
        return false;
    }
    if attempt.at == begin && recording.is_exact() {
        let emitted = recording.items.iter().map(|emitted| emitted.at);
        let recorded = recording.emissions.iter().map(|emission| emission.at);
        return called.name == "export" || emitted.chain(recorded).all(|at| at != begin);
    }
    attempt.at >= begin
        || attempt
            .ended_at
            .is_some_and(|ended| ended > begin + bounds::slack(recording))
}

/// What one export carried that no other delivered, in words.
fn never_delivered(
    recording: &Recording,
    called: Called<'_>,
    refused: &[&Exchange],
) -> Option<String> {
    if recording.cell.id.signal != Signal::Metrics {
        let delivered = keys(
            recording
                .attempts()
                .filter(|exchange| is_delivered(exchange)),
        );
        let offered = offered_numbers(recording, called.record.at);
        let lost = keys(refused.iter().copied())
            .into_iter()
            .filter(|number| offered.contains(number) || called.name == "export")
            .filter(|number| !delivered.contains(number))
            .count();
        return (lost > 0).then(|| amount(lost as u64, recording.cell.id.signal));
    }
    if called.name == "export" {
        return Some("the export".to_owned());
    }
    let names = item_instruments(recording);
    // What was recorded later was delivered too, or not: an export that was not delivered is missing from the whole.
    let end = calls(recording)
        .find(|called| called.name == "shutdown")
        .map_or(Duration::MAX, |shutdown| shutdown.record.at);
    accounts_before(recording, end)
        .into_iter()
        .filter(|account| account.missing() > 0.0)
        .find_map(|account| {
            let points = refused.first().map(|attempt| points_of(attempt))?;
            let of_it = |name: &str| names.contains(&name) && account.noun.ends_with(name);
            let mut own = points.iter().filter(|point| of_it(&point.metric.name));
            let is_delta = |point: &crate::judge::payload::Point<'_>| {
                point.known_temporality() == Some(Temporality::Delta)
            };
            let carried: f64 = own
                .clone()
                .map(|point| {
                    if is_delta(point) {
                        point.amount().unwrap_or(0.0)
                    } else {
                        f64::INFINITY
                    }
                })
                .sum();
            own.next()?;
            let lost = account.missing().min(carried);
            (lost > 0.0).then(|| format!("{lost} {}", account.noun))
        })
}

/// What was handed over before `moment` and stands in no request at all, in words.
fn never_sent(recording: &Recording, moment: Duration) -> Option<String> {
    if recording.cell.id.signal != Signal::Metrics {
        let sent = keys(recording.attempts());
        let missing = offered_numbers(recording, moment).difference(&sent).count();
        return (missing > 0).then(|| amount(missing as u64, recording.cell.id.signal));
    }
    let last = recording
        .emissions
        .iter()
        .filter(|emission| emission.at <= moment)
        .map(|emission| emission.at)
        .max()?;
    if recording
        .attempts()
        .any(|attempt| attempt.at >= last && carries_items(recording, attempt))
    {
        return None;
    }
    accounts_before(recording, moment)
        .into_iter()
        .find(|account| account.missing() > 0.0)
        .map(|account| format!("{} {}", account.missing(), account.noun))
}

/// Whether the receiver was down while a call ran, or a connection failed in that time.
fn is_unreachable(recording: &Recording, called: Called<'_>) -> bool {
    let (begin, end) = (called.record.at, called.record.ended_at);
    let failed = recording.connections.iter().any(|record| {
        let is_failure = matches!(
            record.event,
            ConnectionEvent::Refused
                | ConnectionEvent::Swallowed
                | ConnectionEvent::HandshakeFailed(_)
                | ConnectionEvent::PlainText(_)
        );
        is_failure && (begin..=end).contains(&record.at)
    });
    let state = recording
        .steps
        .iter()
        .take_while(|record| record.index < called.record.index)
        .filter_map(|record| match recording.cell.steps.get(record.index)? {
            Step::Collector(state) => Some(*state),
            _ => None,
        })
        .last();
    failed || state == Some(CollectorState::Down)
}

fn keys<'a>(exchanges: impl Iterator<Item = &'a Exchange>) -> BTreeSet<u64> {
    exchanges
        .flat_map(item_keys)
        .map(|(_, number)| number)
        .collect()
}

fn amount(count: u64, signal: Signal) -> String {
    let noun = match signal {
        Signal::Metrics | Signal::Profiles => "item",
        Signal::Traces => "span",
        Signal::Logs => "log record",
    };
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// What was handed over before a shutdown that returned, and neither arrived nor was missed by anybody.
///
/// It counts where the scenario left no way to deliver it, too: a user wants to know of it all the same.
pub(super) fn silent_loss(recording: &Recording) -> Harm {
    let Some(shutdown) = calls(recording).find(|called| called.name == "shutdown") else {
        return Harm::Unknown;
    };
    let accounts = accounts_before(recording, shutdown.record.at);
    if accounts.is_empty() {
        return Harm::Unknown;
    }
    let lost: Vec<String> = accounts
        .iter()
        .filter(|account| account.missing() > 0.0 || account.rejected > 0.0)
        .map(|account| {
            let mut words = String::new();
            if account.missing() > 0.0 {
                // Writing to a string cannot fail.
                let _ = write!(
                    words,
                    "{} of {} {}",
                    account.missing(),
                    account.offered,
                    account.noun
                );
            }
            if account.rejected > 0.0 {
                let gap = if words.is_empty() { "" } else { ", " };
                let _ = write!(words, "{gap}{} rejected", account.rejected);
            }
            words
        })
        .collect();
    if lost.is_empty() || !told_since(recording, Duration::ZERO).is_empty() {
        return Harm::None;
    }
    let results: Vec<String> = calls(recording)
        .filter_map(|called| {
            let result = called.record.result()?;
            Some(format!("{} {}", called.name, result.name()))
        })
        .collect();
    Harm::of(vec![fact(
        Subject::SilentLoss,
        lost.join("; "),
        format!(
            "shutdown at {}; no line at WARN or above; results: {}",
            seconds(shutdown.record.at),
            results.join(", ")
        ),
    )])
}

/// What was accepted more than once, and whether the client had been told that it was accepted.
pub(super) fn repetition(recording: &Recording) -> Harm {
    if !recording
        .attempts()
        .any(|exchange| exchange.accepted != Accepted::No)
    {
        return Harm::Unknown;
    }
    let repeated = if recording.cell.id.signal == Signal::Metrics {
        item_instruments(recording)
            .into_iter()
            .map(|name| {
                (
                    totals(recording, name, None).repeated,
                    format!(" of {name}"),
                )
            })
            .find(|(repeated, _)| *repeated > 0.0)
            .map(|(repeated, of)| format!("{repeated}{of}"))
    } else {
        let repeated = item_account(recording).repeated;
        (repeated > 0).then(|| amount(repeated, recording.cell.id.signal))
    };
    let Some(repeated) = repeated else {
        return Harm::None;
    };
    let again = first_again(recording);
    let after = match again {
        Some((before, _)) if before.is_acknowledged() => "though it was acknowledged",
        _ => "after the answer was lost",
    };
    let evidence = again.map_or_else(
        || "accepted payloads, compared".to_owned(),
        |(before, again)| {
            format!(
                "accepted at {} (answered {}) and again at {}",
                seconds(before.at),
                before.answer_text(),
                seconds(again.at)
            )
        },
    );
    Harm::of(vec![fact(
        Subject::Repetition,
        format!("{repeated} accepted again, {after}"),
        evidence,
    )])
}

/// The first two accepted payloads that have something in common.
fn first_again(recording: &Recording) -> Option<(&Exchange, &Exchange)> {
    let accepted: Vec<&Exchange> = recording
        .attempts()
        .filter(|exchange| exchange.accepted != Accepted::No)
        .collect();
    let share = |one: &Exchange, other: &Exchange| {
        if recording.cell.id.signal == Signal::Metrics {
            one.digest.is_some() && one.digest == other.digest
        } else {
            let keys = item_keys(one);
            item_keys(other).iter().any(|key| keys.contains(key))
        }
    };
    accepted.iter().enumerate().find_map(|(place, again)| {
        let before = accepted
            .get(..place)?
            .iter()
            .find(|before| share(before, again))?;
        Some((*before, *again))
    })
}

/// The default of the exporter's timeout. Spec: OpenTelemetry 1.60.0, "OTLP Exporter", Timeout.
pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Two exports of the one pipeline of the cell that were in flight at the same time, waits before retries included.
pub(super) fn overlap(recording: &Recording) -> Harm {
    let exports = recording.exports();
    let is_direct = calls(recording).any(|called| called.name == "export");
    if exports.len() < 2 || workers(recording) > 1 || is_direct {
        return Harm::Unknown;
    }
    let mut facts = Vec::new();
    for pair in exports.windows(2) {
        let (Some(last), Some(next)) = (pair[0].last(), pair[1].first()) else {
            continue;
        };
        let Some(ended) = end_for_the_client(last, recording) else {
            continue;
        };
        let overlaps = if recording.is_exact() {
            next.at < ended
        } else {
            bounds::grade(ended, next.at, recording) == Grade::Failed
        };
        if overlaps {
            facts.push(fact(
                Subject::Overlap,
                "an export began while another was in flight",
                format!(
                    "export {} began at {}, export {} ended at {}",
                    next.export.unwrap_or_default(),
                    seconds(next.at),
                    last.export.unwrap_or_default(),
                    seconds(ended)
                ),
            ));
        }
    }
    facts.truncate(1);
    Harm::of(facts)
}

/// When the client was done with an attempt; none where it cannot be known. A client that has stopped waiting need not
/// say so, so an attempt is over for it when its time is.
fn end_for_the_client(attempt: &Exchange, recording: &Recording) -> Option<Duration> {
    let ended = match attempt.end {
        End::Answered | End::Broken | End::ClientGone => attempt.ended_at?,
        End::Open => return None,
    };
    let limit = attempt
        .client_deadline
        .unwrap_or_else(|| super::deadline::exporter_timeout(recording));
    Some(ended.min(attempt.at + limit))
}
