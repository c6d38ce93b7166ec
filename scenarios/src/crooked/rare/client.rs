//! The list of rare clients.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::{asked_wait, carried_overlap, late_gzip, miscount, slow_partial};
use crate::crooked::list::{ClientList, CrookedListError};
use crate::scenario::{Protocol, RuleId, Signal};
use crate::sut::SutFactory;

const LIST: ClientList = ClientList {
    file: "crooked/rare.yaml",
    text: include_str!("../../../crooked/rare.yaml"),
};

/// The reference SDK with one thing wrong that seldom shows.
#[derive(Clone)]
pub struct RareClient {
    /// What is written down about it.
    pub entry: RareEntry,
    sut: Arc<dyn SutFactory>,
}

/// What is written down about a rare client, in `crooked/rare.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RareEntry {
    /// Its name.
    pub name: String,
    /// What it does wrong, in one line.
    pub flaw: String,
    /// The signals in which it differs from the reference SDK. Default: all.
    #[serde(default)]
    pub signals: Vec<Signal>,
    /// The protocols in which it differs from the reference SDK. Default: all.
    #[serde(default)]
    pub protocols: Vec<Protocol>,
    /// The rule that random runs break.
    pub rule: RuleId,
    /// In how many cases of seed 0, with these signals and protocols, one breaks it at the latest.
    pub within: u64,
}

impl RareClient {
    /// How it is made.
    pub fn sut(&self) -> Arc<dyn SutFactory> {
        Arc::clone(&self.sut)
    }
}

impl fmt::Debug for RareClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entry.fmt(formatter)
    }
}

/// Every rare client, in the order of the list.
///
/// # Errors
/// [`CrookedListError`] where the list was wrong when the binary was built.
pub fn rare_clients() -> Result<Vec<RareClient>, CrookedListError> {
    LIST.clients(|entry: RareEntry| match written(&entry.name) {
        Some(sut) => Ok(RareClient { entry, sut }),
        None => Err(entry.name),
    })
}

fn written(name: &str) -> Option<Arc<dyn SutFactory>> {
    let watched = match name {
        "miscounts-what-a-shutdown-cuts-short" => miscount::client(),
        "lingers-after-a-slow-partial-success" => slow_partial::client(),
        "overlaps-flushes-that-may-carry" => carried_overlap::client(),
        "forgets-the-asked-wait-after-a-broken-connection" => asked_wait::client(),
        "sends-again-after-shutdown-in-gzip-json" => late_gzip::client(),
        _ => return None,
    };
    Some(Arc::new(watched))
}
