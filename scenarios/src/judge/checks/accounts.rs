//! What was sent and received of each instrument, or of all spans or log records, for reports.

use indexmap::IndexMap;

use super::{items, ledger::totals};
use otelbox_mock_collector::Signal;

use crate::{
    run::Recording,
    scenario::{Instrument, InstrumentKind, Number},
    verdict::LedgerEntry,
};

/// An entry for each instrument that counts something, in the order of the scenario.
pub(crate) fn entries(recording: &Recording) -> Vec<LedgerEntry> {
    // What a program was to emit nobody knows, so nothing can be said to be lost.
    if recording.program.is_some() {
        return Vec::new();
    }
    if recording.cell.id.signal != Signal::Metrics {
        return of_items(recording);
    }
    let counts = |kind| {
        matches!(
            kind,
            InstrumentKind::Counter | InstrumentKind::Histogram | InstrumentKind::ObservableCounter
        )
    };
    let instruments = &recording.cell.instruments;
    instruments
        .iter()
        .filter(|instrument| counts(instrument.kind))
        .filter_map(|instrument| entry(recording, instrument))
        .collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a scenario stay far below 2^53"
)]
fn of_items(recording: &Recording) -> Vec<LedgerEntry> {
    let account = items::account(recording);
    let noun = match recording.cell.id.signal {
        Signal::Metrics => "points",
        Signal::Traces => "spans",
        Signal::Logs => "log records",
        Signal::Profiles => "profiles",
    };
    let is_something = account.offered > 0 || account.accepted > 0;
    is_something
        .then(|| LedgerEntry {
            instrument: noun.to_owned(),
            sent: account.offered as f64,
            received: account.accepted as f64,
            repeated: account.repeated as f64,
        })
        .into_iter()
        .collect()
}

fn entry(recording: &Recording, instrument: &Instrument) -> Option<LedgerEntry> {
    let totals = totals(recording, &instrument.name, None);
    let sent = sent(recording, instrument);
    (sent > 0.0 || totals.points > 0).then(|| LedgerEntry {
        instrument: instrument.name.clone(),
        sent,
        received: totals.accepted,
        repeated: totals.repeated,
    })
}

/// What was recorded, or the last that a callback reported, by every worker.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a scenario stay far below 2^53"
)]
fn sent(recording: &Recording, instrument: &Instrument) -> f64 {
    let mut by_attributes: IndexMap<String, f64> = IndexMap::new();
    for observed in &instrument.observe {
        by_attributes.insert(
            format!("{:?}", observed.attributes),
            observed.value.as_f64(),
        );
    }
    let of_it = |name: &str| name == instrument.name;
    for emission in recording
        .emissions
        .iter()
        .filter(|emission| of_it(&emission.instrument))
    {
        let value = emission.value.map_or(0.0, Number::as_f64);
        let key = format!("{:?}", emission.attributes);
        match instrument.kind {
            InstrumentKind::Histogram => {
                *by_attributes.entry(key).or_default() += emission.times as f64;
            }
            kind if kind.is_observable() => {
                if emission.value.is_some() {
                    by_attributes.insert(key, value);
                }
            }
            _ => *by_attributes.entry(key).or_default() += value * emission.times as f64,
        }
    }
    let workers = recording.cell.configuration.workers.as_ref();
    by_attributes.values().sum::<f64>() * workers.map_or(1, |workers| workers.len().max(1)) as f64
}
