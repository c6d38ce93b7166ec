//! One fault: when, what, how often.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::timing::{optional_duration_schema, optional_duration_text};
use super::{Action, InvalidFault, Matcher, Phase, checked};

/// One fault: a matcher, an action, and how often it fires.
///
/// Faults are tried in order and the first that matches wins; a request that none matches is accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "FaultFields")]
#[schemars(!try_from, deny_unknown_fields)]
pub struct Fault {
    /// The name that the journal shows; default `fault-1`, `fault-2`, ... by position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it applies; default: to every export request.
    #[schemars(default)]
    #[serde(skip_serializing_if = "Fault::is_default")]
    pub when: Matcher,
    /// What happens.
    pub then: Action,
    /// It fires at most so many times for each signal; default: without limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub times: Option<u64>,
    /// It applies for so long after it was added (at the start: from the start); default: for as long as it is there.
    #[serde(
        rename = "for",
        with = "optional_duration_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(default, schema_with = "optional_duration_schema")]
    pub lasts: Option<Duration>,
    /// It fires with this probability, 0 to 1; default 1. The outcome depends on the seed, the fault, the signal, the
    /// ordinal of the export and the attempt, and on nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub probability: Option<f64>,
    /// The seed for `probability`; default: the seed of the collector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl Fault {
    /// A fault that does this to every export request.
    pub fn new(then: Action) -> Self {
        Self {
            name: None,
            when: Matcher::default(),
            then,
            times: None,
            lasts: None,
            probability: None,
            seed: None,
        }
    }

    /// The same with this name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same, at most so many times for each signal.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// The same, for so long after it was added.
    #[must_use]
    pub fn lasting(mut self, lasts: Duration) -> Self {
        self.lasts = Some(lasts);
        self
    }

    /// The same with this probability, 0 to 1.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// The same with a seed of its own.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Checks that the fault can be meant.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] with the key and the value that cannot: attempt 0, an empty range, a probability outside 0 to
    /// 1, a window that ends before it starts, an HTTP status outside 200 to 599, an action on a connection with a
    /// matcher on a request, an action before the body with a matcher that needs the body.
    pub fn validate(&self) -> Result<(), InvalidFault> {
        self.when.validate()?;
        self.then.validate()?;
        self.times
            .map_or(Ok(()), |times| checked::positive("times", times))?;
        self.probability.map_or(Ok(()), checked::probability)?;
        self.lasts.map_or(Ok(()), checked::lasts)?;
        self.validate_phase()
    }

    /// The first key that can be judged only when the body has been read.
    pub(crate) fn needs_body(&self) -> Option<&'static str> {
        let probability = self.probability.map(|_| "probability");
        let drawn = self.then.is_drawn().then_some("delay");
        self.when.needs_body().or(probability).or(drawn)
    }

    fn validate_phase(&self) -> Result<(), InvalidFault> {
        let probability = self.probability.map(|_| "probability");
        match self.then.phase() {
            Phase::Connection => match self.when.beyond_connection().or(probability) {
                Some(key) => Err(InvalidFault::new(
                    "then",
                    self.then.name(),
                    &format!(
                        "no `{key}` beside it: a connection is known only by `window` and `connection`"
                    ),
                )),
                None => Ok(()),
            },
            Phase::Head => match self.needs_body() {
                Some("delay") => Err(InvalidFault::new(
                    "delay",
                    "a wait that is drawn",
                    "`for` or `ramp` before an action that is due before the body: what is drawn depends on the export",
                )),
                Some(key) => Err(InvalidFault::new(
                    "then",
                    match self.then.last() {
                        Action::Reset(_) => "reset before or in the middle of the body",
                        action => action.name(),
                    },
                    &format!(
                        "no `{key}` beside it: the body is not known yet; `request`, `every` and `window` are"
                    ),
                )),
                None => Ok(()),
            },
            Phase::Body => Ok(()),
        }
    }

    fn is_default(when: &Matcher) -> bool {
        *when == Matcher::default()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultFields {
    name: Option<String>,
    #[serde(default)]
    when: Matcher,
    then: Action,
    #[serde(default, deserialize_with = "checked::read_times")]
    times: Option<u64>,
    #[serde(rename = "for", default, deserialize_with = "checked::read_lasts")]
    lasts: Option<Duration>,
    #[serde(default, deserialize_with = "checked::read_probability")]
    probability: Option<f64>,
    seed: Option<u64>,
}

impl TryFrom<FaultFields> for Fault {
    type Error = InvalidFault;

    fn try_from(fields: FaultFields) -> Result<Self, Self::Error> {
        let FaultFields {
            name,
            when,
            then,
            times,
            lasts,
            probability,
            seed,
        } = fields;
        let fault = Self {
            name,
            when,
            then,
            times,
            lasts,
            probability,
            seed,
        };
        fault.validate()?;
        Ok(fault)
    }
}
