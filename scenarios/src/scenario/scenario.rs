//! The scenario file.

use std::collections::BTreeSet;
use std::fmt;

use indexmap::IndexMap;
use otelbox_mock_collector::{Protocol, Signal, fault::Fault};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Configuration, Environment, Expectation, Instrument, Receiver, RuleId, Step};

/// The id of a scenario: its path below the catalogue without `.yaml`, such as `retry/unavailable-then-ok`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct ScenarioId(String);

impl ScenarioId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first part of the id: `retry` of `retry/unavailable-then-ok`.
    pub fn topic(&self) -> &str {
        self.0
            .split_once('/')
            .map_or(self.0.as_str(), |(topic, _)| topic)
    }
}

impl From<&str> for ScenarioId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl fmt::Display for ScenarioId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One scenario: configuration, faults, steps, expectations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "otelbox scenario")]
pub struct Scenario {
    /// The path below the catalogue without `.yaml`.
    pub id: ScenarioId,
    /// What happens and what has to come of it, in one line.
    pub title: String,
    /// The story behind it, shown by `otelbox explain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<String>,
    /// The signals that it is run with.
    pub signals: Vec<Signal>,
    /// The protocols that it is run with.
    pub protocols: Vec<Protocol>,
    /// Other settings under which it is run. With variants, the plain scenario is not run.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub variants: IndexMap<String, Variant>,
    /// Environment variables of the system under test.
    #[serde(default, skip_serializing_if = "Environment::is_empty")]
    pub env: Environment,
    /// Settings made in code.
    #[serde(default)]
    pub configuration: Configuration,
    /// Instruments. Default: one counter, `otelbox.items`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instruments: Vec<Instrument>,
    /// How the receiver is set up.
    #[serde(default)]
    pub receiver: Receiver,
    /// Which clock it may be run with.
    #[serde(default)]
    pub time: TimeMode,
    /// Which process it gets in real time.
    #[serde(default, skip_serializing_if = "ProcessMode::is_any")]
    pub process: ProcessMode,
    /// Whether a system under test may refuse this configuration at its start. Then nothing is judged on one that does;
    /// otherwise a refusal breaks every rule that the scenario expects. Default: false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_refuse_to_start: bool,
    /// Where jitter comes from in virtual time.
    #[serde(default)]
    pub random: RandomMode,
    /// Faults of the receiver, first match wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// Names of faults that need not fire: they stand guard, against what should not happen. Where any other fault never
    /// fires, the scenario did not test what it says, and nothing that it expects passes. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_not_fire: Vec<String>,
    /// What is done.
    pub steps: Vec<Step>,
    /// What is expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expectation>,
}

impl Scenario {
    /// Whether it is for programs that are started as they are, and not for drivers: one of its steps is `terminate`.
    pub fn is_for_programs(&self) -> bool {
        let variants = self.variants.values();
        self.steps
            .iter()
            .chain(
                variants
                    .filter_map(|variant| variant.steps.as_ref())
                    .flatten(),
            )
            .any(|step| matches!(step, Step::Terminate(_)))
    }

    /// The rules that its expectations and steps name, each once, in order.
    pub fn rules(&self) -> BTreeSet<RuleId> {
        let steps = self.steps.iter().chain(
            self.variants
                .values()
                .filter_map(|variant| variant.steps.as_ref())
                .flatten(),
        );
        self.expectations()
            .map(|expectation| expectation.rule.clone())
            .chain(steps.filter_map(Step::judged_rule))
            .collect()
    }

    /// Its expectations, then those of its variants.
    pub fn expectations(&self) -> impl Iterator<Item = &Expectation> {
        let variants = self.variants.values();
        self.expect
            .iter()
            .chain(variants.flat_map(|variant| &variant.expect))
    }
}

/// What a variant changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Variant {
    /// Added to the scenario's variables; the same name replaces, `null` removes.
    #[serde(skip_serializing_if = "Environment::is_empty")]
    pub env: Environment,
    /// Laid over the scenario's configuration, setting by setting.
    pub configuration: Configuration,
    /// Instead of the scenario's instruments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruments: Option<Vec<Instrument>>,
    /// Instead of the scenario's faults.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faults: Option<Vec<Fault>>,
    /// Instead of the scenario's steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<Step>>,
    /// Added to the scenario's expectations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expectation>,
    /// Only with these signals. Default: all of the scenario.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
    /// Only with these protocols. Default: all of the scenario.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<Protocol>,
}

/// Which clock a scenario may be run with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeMode {
    /// Virtual time where the system under test can, else real time.
    #[default]
    Any,
    /// Virtual time only: it would take too long, or needs exact times.
    Virtual,
    /// Real time only: it blocks a thread or needs a socket.
    Real,
}

/// Which process of the system under test a scenario gets in real time, where the driver serves several cases in one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProcessMode {
    /// One that may have served other cases. That the user is told nothing, an exit, a crash of a callback, TLS, a refusal
    /// to start and variables that are not `OTEL_*` get a fresh process all the same.
    #[default]
    Any,
    /// One of its own: its subject is what a process opens, remembers or tells once.
    Fresh,
}

impl ProcessMode {
    /// Whether the process may have served other cases.
    pub const fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }
}

/// Where jitter comes from in virtual time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RandomMode {
    /// A seeded source (`--seed`).
    #[default]
    Seeded,
    /// Always the middle of the range: waits are exactly 1 s, 2 s, 4 s.
    Midpoint,
}
