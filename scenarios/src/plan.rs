//! Scenarios expanded into cells: scenario x signal x protocol x variant. Pure and ordered.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use otelbox_mock_collector::{Protocol, Signal, fault::Fault};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::judge::{expected_rules, is_judged_by_the_end, is_judged_on_every_payload};
use crate::rules::RuleCatalog;
use crate::scenario::{
    Configuration, Expectation, Instrument, ProcessMode, RandomMode, Receiver, RuleId, Scenario,
    ScenarioId, Step, TimeMode, for_signal, resolve,
};

/// What names a cell in every report.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct CellId {
    /// The scenario.
    pub scenario: ScenarioId,
    /// The signal.
    pub signal: Signal,
    /// The protocol.
    pub protocol: Protocol,
    /// The variant, where the scenario has variants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl fmt::Display for CellId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} [{}, {}",
            self.scenario, self.signal, self.protocol
        )?;
        if let Some(variant) = &self.variant {
            write!(formatter, ", {variant}")?;
        }
        formatter.write_str("]")
    }
}

/// One thing to run: everything of the scenario for one signal, protocol and variant, with the variant applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Its name.
    pub id: CellId,
    /// The scenario's title.
    #[serde(with = "shared_text")]
    pub title: Arc<str>,
    /// Variables of the system under test, durations as milliseconds; `${endpoint}` and the like still to be replaced.
    /// The endpoint and the protocol are not among them unless the scenario sets them: the runner adds them.
    pub env: IndexMap<String, String>,
    /// Settings made in code.
    pub configuration: Configuration,
    /// Instruments; never empty for metrics, always for other signals.
    pub instruments: Vec<Instrument>,
    /// How the receiver is set up.
    pub receiver: Receiver,
    /// Which process it gets in real time.
    pub process: ProcessMode,
    /// Whether a system under test may refuse the configuration at its start.
    pub may_refuse_to_start: bool,
    /// Which clock it may be run with.
    pub time: TimeMode,
    /// Where jitter comes from.
    pub random: RandomMode,
    /// Faults of the receiver.
    pub faults: Vec<Fault>,
    /// Names of faults that need not fire.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_not_fire: Vec<String>,
    /// What is done.
    pub steps: Vec<Step>,
    /// What is expected of a cell of this protocol.
    pub expect: Vec<Expectation>,
}

impl Cell {
    /// Whether `rule` can be judged in it: by an expectation, by a step, by its end, or because it is judged everywhere.
    pub fn may_judge(&self, rule: &RuleId) -> bool {
        self.expect.iter().any(|expected| expected.rule == *rule)
            || self
                .steps
                .iter()
                .any(|step| step.judged_rule().as_ref() == Some(rule))
            || is_judged_on_every_payload(rule)
            || is_judged_by_the_end(rule)
    }

    /// Whether it is judged by what is seen from inside, too.
    pub(crate) fn is_looked_into(&self) -> bool {
        self.expect.iter().any(|expected| expected.holds.is_some())
    }

    /// Why a program that is started as it is cannot be put through this; none where it can.
    pub(crate) fn unfit_for_programs(&self) -> Option<String> {
        if let Some(step) = self.steps.iter().find_map(Step::of_a_driver) {
            return Some(format!(
                "a program cannot be told to do `{step}`: that takes a driver"
            ));
        }
        let needs_code = self.configuration != Configuration::default()
            || self
                .instruments
                .iter()
                .any(|known| *known != Instrument::items_counter());
        needs_code.then(|| "a program cannot be set up in code: that takes a driver".to_owned())
    }

    /// Why a driver cannot be put through this; none where it can.
    pub(crate) fn unfit_for_drivers(&self) -> Option<&'static str> {
        self.steps
            .iter()
            .any(|step| matches!(step, Step::Terminate(_)))
            .then_some("it is for programs that are started as they are: otelbox run -- COMMAND")
    }
}

/// Cells in the order in which they are run and reported.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The cells.
    pub cells: Vec<Cell>,
}

/// Which signals and protocols to expand. An empty list means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Signals to keep.
    pub signals: Vec<Signal>,
    /// Protocols to keep.
    pub protocols: Vec<Protocol>,
}

impl Filter {
    /// Whether it keeps this signal over this protocol.
    pub(crate) fn keeps(&self, signal: Signal, protocol: Protocol) -> bool {
        (self.signals.is_empty() || self.signals.contains(&signal))
            && (self.protocols.is_empty() || self.protocols.contains(&protocol))
    }
}

impl Plan {
    /// Expands `scenarios`, in their order, over signals, protocols and variants that `filter` keeps.
    pub fn of<'a>(scenarios: impl IntoIterator<Item = &'a Scenario>, filter: &Filter) -> Self {
        let mut cells = Vec::new();
        for scenario in scenarios {
            for &signal in &scenario.signals {
                for &protocol in &scenario.protocols {
                    if filter.keeps(signal, protocol) {
                        expand(scenario, signal, protocol, &mut cells);
                    }
                }
            }
        }
        Self { cells }
    }

    /// Leaves out the cells that expect no rule of the core profile by which `sut` is bound.
    pub fn retain_core(&mut self, rules: &RuleCatalog, sut: &str) {
        let is_core = |rule: RuleId| {
            let rule = rules.rule(&rule);
            rule.is_some_and(|rule| rule.profile == 1 && rule.is_about(sut))
        };
        self.cells.retain(|cell| expected_rules(cell).any(is_core));
    }

    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }
}

fn expand(scenario: &Scenario, signal: Signal, protocol: Protocol, cells: &mut Vec<Cell>) {
    let plain = Cell {
        id: CellId {
            scenario: scenario.id.clone(),
            signal,
            protocol,
            variant: None,
        },
        title: scenario.title.as_str().into(),
        env: IndexMap::new(),
        configuration: scenario.configuration.clone(),
        instruments: scenario.instruments.clone(),
        receiver: scenario.receiver.clone(),
        time: scenario.time,
        process: scenario.process,
        may_refuse_to_start: scenario.may_refuse_to_start,
        random: scenario.random,
        faults: scenario.faults.clone(),
        may_not_fire: scenario.may_not_fire.clone(),
        steps: scenario.steps.clone(),
        expect: scenario.expect.clone(),
    };
    if scenario.variants.is_empty() {
        cells.push(finished(plain, &scenario.env));
        return;
    }
    for (name, variant) in &scenario.variants {
        let is_left_out = (!variant.protocols.is_empty() && !variant.protocols.contains(&protocol))
            || (!variant.signals.is_empty() && !variant.signals.contains(&signal));
        if is_left_out {
            continue;
        }
        let mut cell = plain.clone();
        cell.id.variant = Some(name.clone());
        cell.configuration = cell.configuration.overlaid_with(&variant.configuration);
        if let Some(instruments) = &variant.instruments {
            cell.instruments.clone_from(instruments);
        }
        if let Some(faults) = &variant.faults {
            cell.faults.clone_from(faults);
        }
        if let Some(steps) = &variant.steps {
            cell.steps.clone_from(steps);
        }
        cell.expect.extend(variant.expect.iter().cloned());
        let mut env = scenario.env.clone();
        env.extend(
            variant
                .env
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        cells.push(finished(cell, &env));
    }
}

fn finished(mut cell: Cell, env: &crate::scenario::Environment) -> Cell {
    let CellId {
        signal, protocol, ..
    } = cell.id;
    let fill = |text: &mut String| *text = for_signal(text, signal);
    cell.env = env
        .iter()
        .filter_map(|(name, value)| {
            let name = for_signal(name, signal);
            let value = resolve(&name, value.as_ref()?);
            Some((name, for_signal(&value, signal)))
        })
        .collect();
    if cell.instruments.is_empty() && signal == Signal::Metrics {
        cell.instruments.push(Instrument::items_counter());
    }
    cell.configuration.endpoint.iter_mut().for_each(fill);
    let of_steps = cell.steps.iter_mut().flat_map(|step| match step {
        Step::Faults(faults) => faults.as_mut_slice(),
        _ => &mut [],
    });
    for fault in cell.faults.iter_mut().chain(of_steps) {
        fault.when.path.iter_mut().for_each(fill);
    }
    cell.expect
        .retain(|expectation| expectation.applies_to(signal, protocol));
    for expectation in &mut cell.expect {
        if let Some(request) = &mut expectation.request {
            request.path.iter_mut().for_each(fill);
        }
        if let Some(log) = &mut expectation.log {
            log.contains.iter_mut().for_each(fill);
        }
    }
    cell
}

/// A text that is shared in memory and written as itself.
mod shared_text {
    use super::{Arc, Deserialize};

    pub(super) fn serialize<S: serde::Serializer>(
        text: &Arc<str>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<str>, D::Error> {
        String::deserialize(deserializer).map(Arc::from)
    }
}
