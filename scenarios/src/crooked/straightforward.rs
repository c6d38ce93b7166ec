//! Straightforward clients: each does what the specification demands, in one of the ways that it permits.
//!
//! They prove the other direction: a verdict must not blame an SDK for a choice that is free. They have another name than
//! the reference SDK, so that the rules that only it promises do not bind them.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::deviation::Deviation;
use super::examine::{Examined, examine, of_otlp};
use super::list::{ClientList, CrookedListError};
use crate::plan::Plan;
use crate::rules::RuleCatalog;
use crate::run::{RunError, RunOptions};
use crate::scenario::{Protocol, Signal};
use crate::sut::{OtelboxSdk, SutFactory};
use crate::verdict::RuleResult;

const LIST: ClientList = ClientList {
    file: "crooked/straightforward.yaml",
    text: include_str!("../../crooked/straightforward.yaml"),
};

/// A client that differs from the reference SDK in what is free.
#[derive(Clone)]
pub struct StraightforwardClient {
    /// What is written down about it.
    pub entry: StraightforwardEntry,
    sut: Arc<dyn SutFactory>,
}

/// What is written down about a straightforward client, in `crooked/straightforward.yaml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StraightforwardEntry {
    /// Its name, such as `http-2`.
    pub name: String,
    /// What it does in another way, in one line.
    pub manner: String,
    /// The signals in which it differs, with which it is run. Default: all.
    #[serde(default)]
    pub signals: Vec<Signal>,
    /// The protocols in which it differs, with which it is run. Default: those of OTLP.
    #[serde(default = "of_otlp")]
    pub protocols: Vec<Protocol>,
    /// How it differs.
    pub deviation: Deviation,
}

impl fmt::Debug for StraightforwardClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entry.fmt(formatter)
    }
}

/// Every straightforward client, in the order of the list.
///
/// # Errors
/// [`CrookedListError`] where the list was wrong when the binary was built.
pub fn straightforward_clients() -> Result<Vec<StraightforwardClient>, CrookedListError> {
    LIST.clients(|entry: StraightforwardEntry| {
        let sdk = OtelboxSdk::named("straightforward");
        match entry.deviation.client(sdk) {
            Some(sut) => Ok(StraightforwardClient { entry, sut }),
            None => Err(entry.name),
        }
    })
}

/// What the whole catalogue says about a straightforward client.
#[derive(Clone, Debug)]
pub struct Acquittal {
    /// How many cells were run.
    pub cells: usize,
    /// How many results were judged as passed.
    pub passed: usize,
    /// Rules at the level MUST that it is said to break.
    pub blamed: Vec<RuleResult>,
    /// Rules at the level SHOULD that it breaks.
    pub discouraged: Vec<RuleResult>,
    /// Cells that could not be run to their end, and why.
    pub broken: Vec<RuleResult>,
}

impl Acquittal {
    /// Whether nothing is said against the client at the level MUST, and something was judged.
    pub fn holds(&self) -> bool {
        self.passed > 0 && self.blamed.is_empty() && self.broken.is_empty()
    }
}

/// Runs what concerns `client` of `plan` on it, in virtual time.
///
/// # Errors
/// [`RunError`] where nothing can be run.
pub fn acquit(
    client: &StraightforwardClient,
    plan: &Plan,
    rules: &'static RuleCatalog,
    options: &RunOptions,
) -> Result<Acquittal, RunError> {
    let StraightforwardEntry {
        signals, protocols, ..
    } = &client.entry;
    let plan = super::examine::concerning(plan, signals, protocols);
    let Examined {
        cells,
        passed,
        failed,
        broken,
    } = examine(Arc::clone(&client.sut), &plan, rules, options)?;
    let (blamed, discouraged) = failed
        .into_iter()
        .partition(|result| result.level.is_required());
    Ok(Acquittal {
        cells,
        passed,
        blamed,
        discouraged,
        broken,
    })
}
