//! What was offered and what was taken.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::routing::MethodFilter;
use schemars::JsonSchema;
use serde::Serialize;

use super::operation::Operation;
use super::problem::Problem;
use super::receiver::blocking;
use super::shared::Shared;
use crate::journal::Evicted;
use crate::ledger::{Ledger, SignalEntry};
use crate::signal::Signal;

const TAG: &str = "ledger";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(MethodFilter::GET, "/v1/ledger", "getLedger", ledger)
            .about(TAG, "What was offered and what was taken, by signal, item and metric stream")
            .description("All payloads are decoded for it. /v1/totals costs less.")
            .answers::<Ledger>("The ledger as it stands now."),
        Operation::new(MethodFilter::GET, "/v1/totals", "getTotals", totals)
            .about(TAG, "What was offered and what was taken, by signal, and how much of everything there was")
            .answers::<TotalsView>("The totals as they stand now."),
    ]
}

/// How much of everything there was.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Totals")]
struct TotalsView {
    /// Requests that have ended, exports or not.
    attempts: u64,
    /// Exports of which an attempt has ended.
    exports: u64,
    /// Connections, those before a reset among them.
    connections: u64,
    /// What was offered and what was taken, of the signals of which something came.
    signals: BTreeMap<Signal, SignalTotals>,
    /// Why the numbers of signals cannot be relied on; absent where they can.
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<String>,
    /// What the journal has let go of to stay within its budget.
    evicted: Evicted,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SignalTotals {
    #[serde(flatten)]
    entry: SignalEntry,
    /// Items that were offered and not taken so far: refused, rejected, or lost on the way. What is retried may still be
    /// taken.
    not_accepted: u64,
}

async fn ledger(State(shared): State<Shared>) -> Result<Json<Ledger>, Problem> {
    let journal = shared.collector.core.journal.clone();
    blocking(move || Ledger::of(&journal)).await.map(Json)
}

async fn totals(State(shared): State<Shared>) -> Result<Json<TotalsView>, Problem> {
    let journal = shared.collector.core.journal.clone();
    let made = blocking(move || {
        let totals = journal.totals();
        let ledger = Ledger::counts_of(&journal);
        let signal = |(signal, entry): (&Signal, &SignalEntry)| {
            let totals = SignalTotals {
                not_accepted: entry.refused(),
                entry: entry.clone(),
            };
            (*signal, totals)
        };
        TotalsView {
            attempts: totals.attempts,
            exports: totals.exports,
            connections: journal.connection_count(),
            signals: ledger.signals().iter().map(signal).collect(),
            doubt: ledger.doubt(),
            evicted: journal.evicted(),
        }
    });
    made.await.map(Json)
}
