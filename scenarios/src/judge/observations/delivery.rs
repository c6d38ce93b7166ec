//! What was handed to the SUT, and how far it got: the accounts that harm is read from.

use std::{collections::BTreeSet, time::Duration};

use otelbox_mock_collector::Signal;

use crate::{
    judge::{
        checks::{item_instruments, totals_of},
        payload::{item_keys, points_of},
    },
    run::{Accepted, EmissionKind, Exchange, Recording},
    scenario::{Call, InstrumentKind, Number, Step, is_a_switch},
};

/// A call of `export`, `force_flush` or `shutdown`, and what came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Called<'a> {
    pub(super) name: &'static str,
    pub(super) call: &'a Call,
    pub(super) record: &'a crate::run::StepRecord,
}

/// The calls that were made, in order.
pub(super) fn calls(recording: &Recording) -> impl Iterator<Item = Called<'_>> {
    recording.steps.iter().filter_map(|record| {
        let (name, call) = match recording.cell.steps.get(record.index)? {
            Step::Export(call) => ("export", call),
            Step::ForceFlush(call) => ("force_flush", call),
            Step::Shutdown(call) => ("shutdown", call),
            _ => return None,
        };
        Some(Called { name, call, record })
    })
}

/// How many providers work side by side.
pub(super) fn workers(recording: &Recording) -> usize {
    let workers = recording.cell.configuration.workers.as_ref();
    workers.map_or(1, |workers| workers.len().max(1))
}

/// Whether the SUT was told that the receiver has it, or the receiver has it: nobody can be blamed for more.
pub(super) fn is_delivered(exchange: &Exchange) -> bool {
    exchange.is_acknowledged() || exchange.accepted != Accepted::No
}

/// Whether this variable may keep a SUT from exporting what it is asked to, as it should.
fn may_silence(variable: &str) -> bool {
    is_a_switch(variable) || variable == "OTEL_TRACES_SAMPLER"
}

/// Whether what was handed over can be compared with what arrives. Not so where a setting may drop some of it: views, a
/// sampler, an exporter that is switched off; nor where something arrived that cannot be told apart, or was acknowledged on a
/// path of which nobody knows what it takes.
pub(super) fn is_countable(recording: &Recording) -> bool {
    let cell = &recording.cell;
    let is_whole = |exchange: &Exchange| {
        exchange.is_decoded()
            && (cell.id.signal == Signal::Metrics
                || exchange.items == Some(item_keys(exchange).len() as u64))
    };
    cell.configuration.views.is_none()
        && cell.configuration.views_in_order.is_none()
        && !cell.env.keys().any(|name| may_silence(name))
        && !recording
            .exchanges
            .iter()
            .any(|exchange| exchange.signal.is_none() && exchange.is_acknowledged())
        && recording
            .attempts()
            .filter(|exchange| is_delivered(exchange))
            .all(is_whole)
}

/// One kind of thing that is counted: spans, log records, or what an instrument counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Account {
    /// What is counted, in the plural.
    pub(super) noun: String,
    /// What was handed over before the moment in question, for the export to carry.
    pub(super) offered: f64,
    /// What of it was delivered in the whole run, in the eyes of whoever reads the answers.
    pub(super) delivered: f64,
    /// What partial successes rejected, of which the SUT was told.
    pub(super) rejected: f64,
}

impl Account {
    /// What did not arrive and was not rejected either.
    pub(super) fn missing(&self) -> f64 {
        let missing = self.offered - self.delivered;
        // Sums of floating-point deltas may be off by as much.
        if missing > 1e-9 * self.offered.abs().max(1.0) {
            missing
        } else {
            0.0
        }
    }
}

/// The accounts of what was handed over before `moment`; none where the harness does not know what that was.
pub(super) fn accounts_before(recording: &Recording, moment: Duration) -> Vec<Account> {
    if !is_countable(recording) {
        return Vec::new();
    }
    let accounts = if recording.cell.id.signal == Signal::Metrics {
        item_instruments(recording)
            .into_iter()
            .map(|name| of_instrument(recording, name, moment))
            .collect()
    } else {
        vec![of_items(recording, moment)]
    };
    accounts
        .into_iter()
        .filter(|account| account.offered > 0.0)
        .collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a scenario stay far below 2^53"
)]
fn of_items(recording: &Recording, moment: Duration) -> Account {
    let numbers = offered_numbers(recording, moment);
    let mut delivered = BTreeSet::new();
    let mut rejected = 0;
    for exchange in recording
        .attempts()
        .filter(|exchange| is_delivered(exchange))
    {
        delivered.extend(
            item_keys(exchange)
                .into_iter()
                .filter(|(_, number)| numbers.contains(number)),
        );
        rejected += rejected_of(exchange);
    }
    Account {
        noun: match recording.cell.id.signal {
            Signal::Logs => "log records",
            _ => "spans",
        }
        .to_owned(),
        offered: (numbers.len() * workers(recording)) as f64,
        delivered: delivered.len() as f64,
        rejected: rejected as f64,
    }
}

/// The numbers of the spans or log records that were emitted before `moment`, to be exported.
pub(super) fn offered_numbers(recording: &Recording, moment: Duration) -> BTreeSet<u64> {
    recording
        .items
        .iter()
        .filter(|emitted| emitted.kind == EmissionKind::Offered && emitted.at <= moment)
        .flat_map(|emitted| emitted.numbers.clone())
        .collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a scenario stay far below 2^53"
)]
fn of_instrument(recording: &Recording, name: &str, moment: Duration) -> Account {
    // At one moment of virtual time a call and what is recorded after it look alike.
    let is_ambiguous = calls(recording)
        .filter(|called| called.record.at == moment)
        .any(|called| {
            let mut later = recording.steps.iter();
            later.any(|step| step.index > called.record.index && step.at == moment)
        });
    let offered: f64 = recording
        .emissions
        .iter()
        .filter(|emission| emission.instrument == name)
        .filter(|emission| emission.at < moment || emission.at == moment && !is_ambiguous)
        .map(|emission| {
            let value = emission.value.map_or(0.0, Number::as_f64);
            // What an instrument has to ignore is not handed over.
            if !value.is_finite() || value < 0.0 {
                return 0.0;
            }
            let value = if emission.kind == InstrumentKind::Histogram {
                1.0
            } else {
                value
            };
            value * emission.times as f64
        })
        .sum();
    let totals = totals_of(recording, name, None, is_delivered);
    Account {
        noun: format!("of {name}"),
        offered: offered * workers(recording) as f64,
        delivered: totals.accepted,
        rejected: recording.attempts().map(rejected_of).sum::<u64>() as f64,
    }
}

fn rejected_of(exchange: &Exchange) -> u64 {
    match exchange.accepted {
        Accepted::Partial { rejected } => u64::try_from(rejected).unwrap_or(0),
        Accepted::No | Accepted::All => 0,
    }
}

/// Whether `exchange` carries anything of what is counted.
pub(super) fn carries_items(recording: &Recording, exchange: &Exchange) -> bool {
    if recording.cell.id.signal != Signal::Metrics {
        return !item_keys(exchange).is_empty();
    }
    let names = item_instruments(recording);
    points_of(exchange)
        .iter()
        .any(|point| names.contains(&point.metric.name.as_str()))
}
