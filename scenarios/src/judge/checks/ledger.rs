//! What was offered against what was accepted.

use std::collections::HashSet;

use indexmap::IndexMap;

use otelbox_mock_collector::Signal;

use super::{items, streams::has_attributes};
use crate::{
    judge::{
        Outcome,
        payload::{points_of, written},
    },
    run::{Accepted, Exchange, Recording},
    scenario::{
        Attributes, ITEMS_COUNTER, InstrumentKind, Number, Temporality,
        check::{ItemRanges, LedgerCheck, TotalCheck},
    },
};

/// Sums of floating-point deltas may be off by this part.
const TOLERANCE: f64 = 1e-9;

/// What all accepted payloads say in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Totals {
    /// Delta windows summed, or last cumulative totals, each payload counted once.
    pub(crate) accepted: f64,
    /// What came in payloads that had been accepted before.
    pub(crate) repeated: f64,
    /// Points that were looked at.
    pub(crate) points: usize,
}

/// What the accepted payloads say about the streams called `name`, in total.
pub(crate) fn totals(recording: &Recording, name: &str, attributes: Option<&Attributes>) -> Totals {
    totals_of(recording, name, attributes, is_accepted)
}

/// What the payloads that `takes` picks say about the streams called `name`, in total.
pub(crate) fn totals_of(
    recording: &Recording,
    name: &str,
    attributes: Option<&Attributes>,
    takes: impl Fn(&Exchange) -> bool,
) -> Totals {
    let mut totals = Totals::default();
    let mut last: IndexMap<String, f64> = IndexMap::new();
    let mut seen = HashSet::new();
    for exchange in recording.attempts().filter(|exchange| takes(exchange)) {
        // Over remote write there are totals alone, so that what comes again adds nothing.
        for (series, amount) in written(exchange, recording, name, attributes) {
            totals.points += 1;
            last.insert(series, amount);
        }
        let again = !seen.insert(exchange.digest.clone());
        for point in points_of(exchange) {
            let wanted = point.metric.name == name
                && attributes.is_none_or(|attributes| has_attributes(&point, attributes));
            let Some(amount) = point.amount().filter(|_| wanted) else {
                continue;
            };
            totals.points += 1;
            if again {
                totals.repeated += amount;
            } else if point.known_temporality() == Some(Temporality::Delta) {
                totals.accepted += amount;
            } else {
                last.insert(format!("{}|{}", point.series(), point.start), amount);
            }
        }
    }
    totals.accepted += last.values().sum::<f64>();
    totals
}

fn is_accepted(exchange: &Exchange) -> bool {
    match exchange.accepted {
        Accepted::No => false,
        Accepted::All => true,
        Accepted::Partial { rejected } => exchange
            .items
            .is_none_or(|items| u64::try_from(rejected).unwrap_or(0) < items),
    }
}

/// What is counted as items: the counter that `emit` adds to, else all synchronous counters and histograms.
pub(crate) fn item_instruments(recording: &Recording) -> Vec<&str> {
    let instruments = &recording.cell.instruments;
    let all = || {
        instruments
            .iter()
            .filter(|instrument| {
                matches!(
                    instrument.kind,
                    InstrumentKind::Counter | InstrumentKind::Histogram
                )
            })
            .map(|instrument| instrument.name.as_str())
            .collect()
    };
    if instruments
        .iter()
        .any(|instrument| instrument.name == ITEMS_COUNTER)
    {
        vec![ITEMS_COUNTER]
    } else {
        all()
    }
}

/// Items that the steps asked for, by every worker.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a scenario stay far below 2^53"
)]
pub(crate) fn offered(recording: &Recording) -> f64 {
    let names = item_instruments(recording);
    let workers = recording
        .cell
        .configuration
        .workers
        .as_ref()
        .map_or(1, |workers| workers.len().max(1));
    let total: f64 = recording
        .emissions
        .iter()
        .filter(|emission| names.contains(&emission.instrument.as_str()))
        .map(|emission| {
            let value = match emission.kind {
                InstrumentKind::Histogram => 1.0,
                _ => emission.value.map_or(0.0, Number::as_f64),
            };
            value * emission.times as f64
        })
        .sum();
    total * workers as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a scenario stay far below 2^53"
)]
pub(super) fn judge(check: &LedgerCheck, recording: &Recording) -> Vec<Outcome> {
    if recording.cell.id.signal != Signal::Metrics {
        return of_items(check, recording);
    }
    let offered = offered(recording);
    let (accepted, repeated) = item_instruments(recording)
        .into_iter()
        .map(|name| totals(recording, name, None))
        .fold((0.0, 0.0), |(accepted, repeated), totals| {
            (accepted + totals.accepted, repeated + totals.repeated)
        });
    let rejected: u64 = recording
        .attempts()
        .filter_map(|exchange| match exchange.accepted {
            Accepted::Partial { rejected } => u64::try_from(rejected).ok(),
            Accepted::No | Accepted::All => None,
        })
        .sum();
    amounts(check, offered, accepted, repeated, rejected as f64)
}

/// Spans or log records.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a scenario stay far below 2^53"
)]
fn of_items(check: &LedgerCheck, recording: &Recording) -> Vec<Outcome> {
    let account = items::account(recording);
    let mut outcomes = amounts(
        check,
        account.offered as f64,
        account.accepted as f64,
        account.repeated as f64,
        account.rejected as f64,
    );
    if let Some(wanted) = &check.accepted_items {
        let actual: ItemRanges = account.numbers.into_iter().collect();
        outcomes.push(Outcome::of(
            actual == *wanted,
            format!("items {wanted} accepted"),
            format!("items {actual} accepted"),
        ));
    }
    outcomes
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a scenario stay far below 2^53"
)]
fn amounts(
    check: &LedgerCheck,
    offered: f64,
    accepted: f64,
    repeated: f64,
    rejected: f64,
) -> Vec<Outcome> {
    let exact = [
        ("offered", check.offered, offered),
        ("accepted", check.accepted, accepted),
        ("lost", check.lost, (offered - accepted).max(0.0)),
        ("repeated", check.repeated, repeated),
        ("rejected", check.rejected, rejected),
    ]
    .into_iter()
    .filter_map(|(name, wanted, actual)| {
        let wanted = wanted?;
        let holds = (actual - wanted as f64).abs() <= TOLERANCE * actual.abs().max(1.0);
        Some(Outcome::of(
            holds,
            format!("{wanted} {name}"),
            format!("{actual} {name}"),
        ))
    });
    let least = check.accepted_at_least.map(|wanted| {
        Outcome::of(
            accepted >= wanted as f64,
            format!("at least {wanted} accepted"),
            format!("{accepted} accepted"),
        )
    });
    let most = check.accepted_at_most.map(|wanted| {
        Outcome::of(
            accepted <= wanted as f64,
            format!("at most {wanted} accepted"),
            format!("{accepted} accepted"),
        )
    });
    exact.chain(least).chain(most).collect()
}

pub(super) fn total(check: &TotalCheck, recording: &Recording) -> Outcome {
    let most = check.at_most.unwrap_or(check.value);
    let range = if check.at_most.is_some() {
        format!("{} to {most}", check.value)
    } else {
        check.value.to_string()
    };
    let expected = format!("a total of {range} in {}", check.instrument);
    let totals = totals(recording, &check.instrument, check.attributes.as_ref());
    if totals.points == 0 {
        let of_instrument = self::totals(recording, &check.instrument, None);
        let actual = format!("no accepted payload has {}", check.instrument);
        return if of_instrument.points == 0 {
            Outcome::nothing(expected, actual)
        } else {
            Outcome::of(false, expected, format!("{actual} with these attributes"))
        };
    }
    let wanted = check.value.as_f64();
    let tolerance = TOLERANCE * wanted.abs().max(1.0);
    let holds = (wanted - tolerance..=most.as_f64() + tolerance).contains(&totals.accepted);
    Outcome::of(holds, expected, format!("a total of {}", totals.accepted))
}
