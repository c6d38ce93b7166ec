//! What is wrong with a client, or merely different, as data.
//!
//! One client reads it: the reference SDK with a changed environment in front of it, changed requests behind it, and a
//! changed program around it. A deviation that needs code is a [delivery](super::delivery) or a system under test of its
//! own.

mod calls;
mod client;
mod environment;
mod formats;
mod proxy;
mod retries;
mod wire;

use serde::Deserialize;

use self::calls::{CallDeviation, Emission};
use self::environment::Misreading;
use self::retries::Retries;
use self::wire::Wire;

use std::sync::Arc;

use self::client::Deviant;
use super::payloads;
use crate::sut::{OtelboxSdk, SutFactory};

/// How a client differs from the reference SDK. Default: not at all.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Deviation {
    /// What it makes of its variables, one after the other.
    pub(super) env: Vec<Misreading>,
    /// What it makes of the options that are set in code: a JSON merge patch (RFC 7396) of the request that starts a
    /// driver.
    pub(super) settings: serde_json::Value,
    /// Takes independent views for ordered ones, of which the first that matches decides.
    pub(super) first_view_wins: bool,
    /// Panics when something is recorded or emitted, where a variable of this name is set.
    pub(super) panics_with: Option<String>,
    /// How it emits.
    pub(super) emit: Emission,
    /// How it flushes.
    pub(super) flush: CallDeviation,
    /// How it shuts down.
    pub(super) shutdown: CallDeviation,
    /// When and how it tries again.
    pub(super) retries: Option<Retries>,
    /// The alteration of every payload, by its name in `payloads.rs`.
    pub(super) payload: Option<String>,
    /// What it sends instead of what the reference SDK would.
    pub(super) wire: Option<Wire>,
    /// What its user gets to read.
    pub(super) log: Log,
}

impl Deviation {
    /// `sdk` with this deviation; none where it names a payload that nobody alters.
    pub(super) fn client(&self, sdk: OtelboxSdk) -> Option<Arc<dyn SutFactory>> {
        let mut sdk = sdk;
        if let Some(name) = &self.payload {
            sdk = payloads::altered(sdk, name)?;
        }
        if let Some(retries) = &self.retries {
            sdk = sdk.with_retry_policy(Arc::new(retries.clone()));
        }
        Some(Arc::new(Deviant::new(Arc::new(sdk), self.clone())))
    }
}

/// What becomes of the lines of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Log {
    /// Lines with one of these texts are left out; the empty text is in every line.
    omits: Vec<String>,
    /// Lines with one of these texts are said twice.
    repeats: Vec<String>,
    /// Texts that are replaced by others.
    replaces: Vec<Replacement>,
}

/// One text for another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Replacement {
    from: String,
    to: String,
}

impl Log {
    /// What is read where the reference SDK would say `text`: nothing, or it once or twice.
    fn told(&self, text: &str) -> Vec<String> {
        let has_one_of = |texts: &[String]| texts.iter().any(|part| text.contains(part.as_str()));
        if has_one_of(&self.omits) {
            return Vec::new();
        }
        let told = Replacement::all(&self.replaces, text);
        vec![told; 1 + usize::from(has_one_of(&self.repeats))]
    }
}

impl Replacement {
    fn all(replacements: &[Self], text: &str) -> String {
        replacements
            .iter()
            .fold(text.to_owned(), |text, Self { from, to }| {
                text.replace(from, to)
            })
    }
}
