//! The list of crooked clients.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::deviation::Deviation;
use super::examine::of_otlp;
use super::list::{ClientList, CrookedListError};
use super::{carried, deliveries, idle, items, tls};
use crate::judge::is_judged_by_the_end;
use crate::scenario::{Protocol, RuleId, Signal};
use crate::sut::{OtelboxSdk, SutFactory};

const LIST: ClientList = ClientList {
    file: "crooked/clients.yaml",
    text: include_str!("../../crooked/clients.yaml"),
};

/// The reference SDK with one thing wrong.
#[derive(Clone)]
pub struct CrookedClient {
    /// What is written down about it.
    pub entry: CrookedEntry,
    sut: Arc<dyn SutFactory>,
}

/// What is written down about a crooked client, in `crooked/clients.yaml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrookedEntry {
    /// Its name, such as `never-retries`.
    pub name: String,
    /// What it does wrong, in one line.
    pub flaw: String,
    /// The signals in which it differs from the reference SDK, with which it is run. Default: all.
    #[serde(default)]
    pub signals: Vec<Signal>,
    /// The protocols in which it differs from the reference SDK, with which it is run. Default: those of OTLP.
    #[serde(default = "of_otlp")]
    pub protocols: Vec<Protocol>,
    /// How it differs, where that can be said as data. Default: code of the same name says it.
    #[serde(default)]
    pub deviation: Option<Deviation>,
    /// The rule that has to fail on it.
    pub target: RuleId,
    /// What the evidence has to say: a part of what was seen where `target` failed.
    pub reason: String,
    /// The other rules that fail with it; each of them has to.
    pub also_fails: Vec<RuleId>,
}

impl CrookedEntry {
    /// Whether `rule` is to fail on it.
    pub fn fails(&self, rule: &RuleId) -> bool {
        self.target == *rule || self.also_fails.contains(rule)
    }

    /// Whether a rule is to fail on it that any cell may judge without expecting it: by a crash, or by a call that does not
    /// return.
    pub fn fails_by_its_end(&self) -> bool {
        let mut rules = std::iter::once(&self.target).chain(&self.also_fails);
        rules.any(is_judged_by_the_end)
    }
}

impl CrookedClient {
    /// How it is made.
    pub fn sut(&self) -> Arc<dyn SutFactory> {
        Arc::clone(&self.sut)
    }
}

impl fmt::Debug for CrookedClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entry.fmt(formatter)
    }
}

/// Every crooked client, in the order of the list.
///
/// # Errors
/// [`CrookedListError`] where the list was wrong when the binary was built.
pub fn clients() -> Result<Vec<CrookedClient>, CrookedListError> {
    LIST.clients(|entry: CrookedEntry| match made(&entry) {
        Some(sut) => Ok(CrookedClient { entry, sut }),
        None => Err(entry.name),
    })
}

fn made(entry: &CrookedEntry) -> Option<Arc<dyn SutFactory>> {
    let sdk = match &entry.deviation {
        None => return written(&entry.name),
        Some(deviation) => deviation.client(OtelboxSdk::honest())?,
    };
    Some(sdk)
}

/// The clients that a deviation cannot say.
fn written(name: &str) -> Option<Arc<dyn SutFactory>> {
    Some(match name {
        "retries-with-another-payload" => Arc::new(deliveries::retries_with_another_payload()),
        "passes-the-deadline" => Arc::new(deliveries::passes_the_deadline()),
        "overlaps-exports" => Arc::new(deliveries::overlaps_exports()),
        "requeues-dropped-batches" => Arc::new(deliveries::requeues_dropped_batches()),
        "merges-dropped-windows" => Arc::new(deliveries::merges_dropped_windows()),
        "sends-after-shutdown" => Arc::new(deliveries::sends_after_shutdown()),
        "trusts-anybody" => tls::trusts_anybody(),
        "carries-ambiguous-windows" => Arc::new(carried::carries_ambiguous_windows()),
        "carries-refused-data" => Arc::new(carried::carries_refused_data()),
        "carries-with-the-newest-start" => Arc::new(carried::carries_with_the_newest_start()),
        "wrong-preset" => Arc::new(deliveries::wrong_preset()),
        "overlaps-batches" => Arc::new(items::overlaps_batches()),
        "requeues-failed-batches" => Arc::new(items::requeues_failed_batches()),
        "repeats-delivered-items" => Arc::new(items::repeats_delivered_items()),
        "exports-after-shutdown" => Arc::new(items::exports_after_shutdown()),
        "samples-everything" => Arc::new(items::samples_everything()),
        "repeats-ids" => Arc::new(items::repeats_ids()),
        "repeats-idle-deltas" => Arc::new(idle::repeats_idle_deltas()),
        _ => return None,
    })
}
