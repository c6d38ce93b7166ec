//! Random scenarios: configurations, faults and steps that can be meant.
//!
//! Everything is drawn independently and put together afterwards, so that each part shrinks by itself. Limits are whole
//! tenths of a second and what receivers do takes odd milliseconds, so that the two seldom fall on the same moment.

mod configuration;
mod connections;
mod faults;
mod secured;
mod steps;

use otelbox_mock_collector::{Protocol, Signal};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;

use self::configuration::Drawn;
use self::secured::Secured;
use crate::plan::Filter;
use crate::scenario::check::Invariant;
use crate::scenario::{
    Expectation, Fault, Instrument, InstrumentKind, ProcessMode, RandomMode, Receiver, Scenario,
    ScenarioId, Step, TimeMode,
};

/// The histogram that stands beside the counter `otelbox.items` in some cases of metrics.
pub(super) const HISTOGRAM: &str = "otelbox.sizes";

/// Scenarios of one signal and one protocol each, judged by every invariant, all with `id`.
pub(super) fn scenarios(id: &ScenarioId, filter: &Filter) -> BoxedStrategy<Scenario> {
    let id = id.clone();
    let signals = some(
        &filter.signals,
        &[Signal::Metrics, Signal::Traces, Signal::Logs],
    );
    let protocols = some(
        &filter.protocols,
        &[Protocol::Grpc, Protocol::HttpProtobuf, Protocol::HttpJson],
    );
    (
        select(signals),
        select(protocols),
        configuration::drawn(),
        faults::several(0..=5),
        steps::several(),
        any::<bool>(),
        prop::bool::weighted(0.04),
        prop::option::weighted(0.05, secured::secured()),
    )
        .prop_map(
            move |(signal, protocol, drawn, faults, steps, histogram, down_at_start, secured)| {
                let parts = Parts {
                    signal,
                    protocol,
                    drawn,
                    faults,
                    steps,
                    histogram,
                    down_at_start,
                    secured,
                };
                parts.put_together(id.clone())
            },
        )
        .boxed()
}

/// Whether faults with the action of this name are drawn.
pub(super) fn is_drawn(name: &str) -> bool {
    faults::DRAWN.contains(&name)
}

/// What was asked for, else all.
fn some<T: Clone>(asked: &[T], all: &[T]) -> Vec<T> {
    if asked.is_empty() { all } else { asked }.to_vec()
}

/// A scenario in parts.
struct Parts {
    signal: Signal,
    protocol: Protocol,
    drawn: Drawn,
    faults: Vec<Fault>,
    steps: Vec<Step>,
    histogram: bool,
    down_at_start: bool,
    secured: Option<Secured>,
}

impl Parts {
    fn put_together(self, id: ScenarioId) -> Scenario {
        let is_metrics = self.signal == Signal::Metrics;
        let has_histogram = is_metrics && self.histogram;
        let mut names = Names {
            given: 0,
            protocol: self.protocol,
            is_secured: self.secured.is_some(),
        };
        let on_handshakes = self.secured.iter().flat_map(|it| it.faults.clone());
        let faults = names.give(on_handshakes.chain(self.faults));
        let steps = self
            .steps
            .into_iter()
            .filter_map(|step| match step {
                Step::Faults(faults) => Some(Step::Faults(names.give(faults))),
                Step::Record(record) => has_histogram.then_some(Step::Record(record)),
                other => Some(other),
            })
            .collect();
        let instruments = if has_histogram {
            vec![Instrument::items_counter(), histogram()]
        } else {
            Vec::new()
        };
        Scenario {
            id,
            title: "a random run".to_owned(),
            story: None,
            signals: vec![self.signal],
            protocols: vec![self.protocol],
            variants: indexmap::IndexMap::new(),
            env: self.secured.as_ref().map(Secured::env).unwrap_or_default(),
            configuration: self.drawn.of(self.signal),
            instruments,
            receiver: Receiver {
                down_at_start: self.down_at_start,
                tls: self.secured.map(|it| it.receiver),
                ..Receiver::default()
            },
            time: TimeMode::Virtual,
            process: ProcessMode::Any,
            may_refuse_to_start: false,
            random: RandomMode::Seeded,
            faults,
            // Nothing is said to be tested but what holds in every run.
            may_not_fire: Vec::new(),
            steps,
            expect: Invariant::ALL
                .into_iter()
                .filter(|invariant| is_metrics || *invariant != Invariant::Windows)
                .map(expectation)
                .collect(),
        }
    }
}

/// That an invariant holds, under its rule.
pub(super) fn expectation(invariant: Invariant) -> Expectation {
    Expectation {
        holds: Some(invariant),
        ..Expectation::of(invariant.rule())
    }
}

fn histogram() -> Instrument {
    Instrument {
        name: HISTOGRAM.to_owned(),
        kind: InstrumentKind::Histogram,
        unit: Some("By".to_owned()),
        ..Instrument::items_counter()
    }
}

/// Gives each fault a name of its own, by which the journal tells what it did.
struct Names {
    given: u32,
    protocol: Protocol,
    is_secured: bool,
}

impl Names {
    /// The faults that have something to say where they are.
    fn give(&mut self, faults: impl IntoIterator<Item = Fault>) -> Vec<Fault> {
        let (protocol, is_secured) = (self.protocol, self.is_secured);
        faults
            .into_iter()
            .filter(|fault| fault.then.applies_to(Some(protocol)))
            .filter(|fault| connections::can_happen(&fault.then, protocol, is_secured))
            .map(|fault| {
                self.given += 1;
                let name = format!("{}-{}", fault.then.name(), self.given);
                fault.named(name)
            })
            .collect()
    }
}
