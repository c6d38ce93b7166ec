//! What was emitted is what was delivered, what was counted as lost, and what still waits; nothing is counted twice.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use otelbox_mock_collector::Signal;
use otelbox_mock_collector::signal::Api;

use super::certainty::{self, Delivery};
use super::{limits, outcome, untold};
use crate::judge::payload::item_keys;
use crate::judge::{Outcome, Survey, checks};
use crate::run::{Accepted, EmissionKind, Exchange, Recording, SdkCounters};
use crate::scenario::{CallResult, Configuration, DropPolicy, is_a_switch};

const EXPECTED: &str = "counters that add up, and agree with what went over the wire";

pub(super) fn judge(recording: &Recording) -> Outcome {
    let Some(counters) = recording.inside.as_ref().and_then(|inside| inside.counters) else {
        return untold(EXPECTED);
    };
    let mut survey = Survey::new("OBX-INV-001", EXPECTED, "sums");
    let wire = Wire::of(recording);
    exports(&counters, &wire, recording, &mut survey);
    // Over remote write a data point is as many samples as it needs, and those that end a series are none.
    let are_items_comparable = recording.cell.id.protocol.api() != Api::RemoteWrite;
    if are_items_comparable {
        rejections(&counters, &wire, &mut survey);
    }
    if recording.cell.id.signal == Signal::Metrics {
        if are_items_comparable {
            points(&counters, &wire, recording, &mut survey);
        }
        totals(&counters, recording, &mut survey);
    } else {
        items(&counters, &wire, recording, &mut survey);
    }
    outcome(survey, EXPECTED)
}

/// What went over the wire, as far as it is certain what the client made of it: from the least to the most.
struct Wire {
    exports: u64,
    attempts: u64,
    retries: u64,
    delivered: RangeInclusive<u64>,
    items: RangeInclusive<u64>,
    rejected: RangeInclusive<u64>,
    /// Items of exports that cannot have been taken for delivered.
    refused_items: u64,
    /// Items of exports that need not have been.
    unsettled_items: u64,
}

impl Wire {
    fn of(recording: &Recording) -> Self {
        let exports = super::exports(recording);
        let mut wire = Self {
            exports: exports.len() as u64,
            attempts: 0,
            retries: 0,
            delivered: 0..=0,
            items: 0..=0,
            rejected: 0..=0,
            refused_items: 0,
            unsettled_items: 0,
        };
        for attempts in &exports {
            wire.attempts += attempts.len() as u64;
            wire.retries += attempts.len() as u64 - 1;
            let items = attempts
                .first()
                .and_then(|first| first.items)
                .unwrap_or_default();
            let is_certain = |attempt: &&&Exchange| {
                attempts.first().is_some_and(|first| {
                    certainty::is_certainly_acknowledged(attempt, first, recording)
                })
            };
            let certain = attempts.iter().find(is_certain).copied();
            let most_rejected = attempts.iter().copied().map(rejected).max();
            let certainty = certainty::delivery(attempts, recording);
            let (least, most) = match certainty {
                Delivery::Certain => (1, 1),
                Delivery::Possible => (0, 1),
                Delivery::None => (0, 0),
            };
            wire.delivered = add(&wire.delivered, least, most);
            wire.items = add(&wire.items, least * items, most * items);
            wire.rejected = match certain {
                Some(certain) => add(&wire.rejected, rejected(certain), rejected(certain)),
                None => add(&wire.rejected, 0, most * most_rejected.unwrap_or_default()),
            };
            wire.refused_items += (1 - most) * items;
            wire.unsettled_items += (1 - least) * items;
        }
        wire
    }
}

fn add(range: &RangeInclusive<u64>, least: u64, most: u64) -> RangeInclusive<u64> {
    range.start() + least..=range.end() + most
}

/// What an answer says that was rejected; no more than was sent.
fn rejected(attempt: &Exchange) -> u64 {
    match attempt.accepted {
        Accepted::Partial { rejected } => u64::try_from(rejected)
            .unwrap_or(0)
            .min(attempt.items.unwrap_or(u64::MAX)),
        Accepted::No | Accepted::All => 0,
    }
}

/// Looks at one number: whether it is in `range`.
fn look(survey: &mut Survey, what: &str, number: u64, range: &RangeInclusive<u64>) {
    survey.look((!range.contains(&number)).then(|| {
        if range.start() == range.end() {
            format!("{what}: {number}, and it must be {}", range.start())
        } else if *range.end() == u64::MAX {
            format!("{what}: {number}, and it must be {} or more", range.start())
        } else {
            format!(
                "{what}: {number}, and it must be {} to {}",
                range.start(),
                range.end()
            )
        }
    }));
}

fn exports(counters: &SdkCounters, wire: &Wire, recording: &Recording, survey: &mut Survey) {
    let ended = counters.delivered + counters.failed + counters.abandoned;
    let running = u64::from(limits::shutdown(recording).is_none());
    look(
        survey,
        "exports delivered, failed and abandoned",
        ended,
        &(counters.exports.saturating_sub(running)..=counters.exports),
    );
    look(
        survey,
        "exports counted",
        counters.exports,
        &(wire.exports..=u64::MAX),
    );
    look(
        survey,
        "attempts counted",
        counters.attempts,
        &(wire.attempts..=u64::MAX),
    );
    look(
        survey,
        "retries counted",
        counters.retries,
        &(wire.retries..=counters.attempts),
    );
    look(
        survey,
        "exports delivered",
        counters.delivered,
        &wire.delivered,
    );
}

fn rejections(counters: &SdkCounters, wire: &Wire, survey: &mut Survey) {
    look(
        survey,
        "items rejected",
        counters.rejected_items,
        &wire.rejected,
    );
}

/// Data points that were lost with their exports; some may never have been on the wire.
fn points(counters: &SdkCounters, wire: &Wire, recording: &Recording, survey: &mut Survey) {
    let carries_over = recording
        .cell
        .configuration
        .drop_policy
        .is_some_and(|policy: DropPolicy| policy.carries_over().is_some());
    let is_over = limits::shutdown(recording).is_some();
    if carries_over || !is_over {
        return;
    }
    let all_were_seen = wire.exports == counters.exports;
    let most = if all_were_seen {
        wire.unsettled_items
    } else {
        u64::MAX
    };
    look(
        survey,
        "data points dropped",
        counters.dropped_items,
        &(wire.refused_items..=most),
    );
}

/// Where nothing was given up for good, what was recorded before a shutdown that succeeded is accepted, exactly.
fn totals(counters: &SdkCounters, recording: &Recording, survey: &mut Survey) {
    let Some(shutdown) = limits::shutdown(recording) else {
        return;
    };
    let nothing_is_lost = counters.dropped_items == 0
        && counters.abandoned == 0
        && counters.possibly_repeated_items == 0;
    let is_partial = |exchange: &Exchange| matches!(exchange.accepted, Accepted::Partial { .. });
    if shutdown.record.result() != Some(CallResult::Ok)
        || !nothing_is_lost
        || recording.attempts().any(is_partial)
        // Who is told that it was not taken may carry it over, and it is taken twice.
        || recording.attempts().any(Exchange::is_taken_in_secret)
    {
        return;
    }
    for instrument in &recording.cell.instruments {
        let Some(recorded) = checks::recorded_until(recording, instrument, shutdown.record.at)
        else {
            continue;
        };
        let accepted = checks::totals(recording, &instrument.name, None).accepted;
        survey.look(
            ((accepted - recorded).abs() > 1e-6 * recorded.abs().max(1.0)).then(|| {
                format!(
                    "{}: {recorded} recorded, {accepted} accepted, and nothing counted as lost",
                    instrument.name
                )
            }),
        );
    }
}

/// Whether the pipeline is told of what is emitted after its shutdown. That of an SDK which sets itself up by its environment
/// ends with its provider, which hands on nothing from then on.
fn hears_of_late_items(recording: &Recording) -> bool {
    let cell = &recording.cell;
    let is_asked_for = !cell.id.protocol.is_otlp() || cell.env.keys().any(|name| is_a_switch(name));
    !is_asked_for || cell.configuration != Configuration::default()
}

/// Spans and log records, each of which is somewhere.
fn items(counters: &SdkCounters, wire: &Wire, recording: &Recording, survey: &mut Survey) {
    let emitted = |kind: EmissionKind| -> u64 {
        let of_kind = recording.items.iter().filter(|items| items.kind == kind);
        of_kind
            .map(|items| items.numbers.end - items.numbers.start)
            .sum()
    };
    let (offered, late) = (
        emitted(EmissionKind::Offered),
        emitted(EmissionKind::AfterShutdown),
    );
    let least_late = if hears_of_late_items(recording) {
        late
    } else {
        0
    };
    look(
        survey,
        "items queued, and dropped before the queue",
        counters.received_items + counters.queue_full_items + counters.late_items,
        &(offered + least_late..=offered + late),
    );
    if limits::shutdown(recording).is_some() {
        look(
            survey,
            "items that came too late",
            counters.late_items,
            &(least_late..=late),
        );
        look(
            survey,
            "items queued after the shutdown",
            counters.queued_items,
            &(0..=0),
        );
    }
    // What is neither waiting nor counted as lost the SDK takes for delivered.
    let gone = counters.queued_items + counters.unsent_items + counters.dropped_items;
    // An export that still runs has items that are neither here nor there.
    if counters.exports == counters.delivered + counters.failed + counters.abandoned {
        match counters.received_items.checked_sub(gone) {
            Some(believed) => look(
                survey,
                "items that count as delivered",
                believed,
                &wire.items,
            ),
            None => survey.look(Some(format!(
                "{gone} items wait or are lost, and {} were queued",
                counters.received_items
            ))),
        }
    }
    let mut seen = BTreeSet::new();
    let offered: BTreeSet<u64> = recording
        .items
        .iter()
        .filter(|items| items.kind == EmissionKind::Offered)
        .flat_map(|items| items.numbers.clone())
        .collect();
    for attempts in super::exports(recording) {
        let Some(first) = attempts.iter().find(|attempt| attempt.is_decoded()) else {
            continue;
        };
        for (_, number) in item_keys(first) {
            survey.look(
                (!offered.contains(&number)).then(|| format!("item {number} was never offered")),
            );
            survey.look((!seen.insert(number)).then(|| format!("item {number} is in two exports")));
        }
    }
}
