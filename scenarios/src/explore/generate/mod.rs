//! Random scenarios: configurations, faults and steps that can be meant.
//!
//! Everything is drawn independently and put together afterwards, so that each part shrinks by itself. Limits are whole
//! tenths of a second and what receivers do takes odd milliseconds, so that the two seldom fall on the same moment.

mod configuration;
mod connections;
mod faults;
mod secured;
mod steps;

use otelbox_mock_collector::signal::Api;
use otelbox_mock_collector::{Protocol, Signal};
use proptest::prelude::*;
use proptest::strategy::{BoxedStrategy, Union};

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

/// Scenarios of one signal and one protocol each, judged by every invariant that can be, all with `id`; none where no signal is
/// sent over any of the protocols.
pub(super) fn scenarios(id: &ScenarioId, filter: &Filter) -> Option<BoxedStrategy<Scenario>> {
    let id = id.clone();
    let parts = (
        kinds(filter)?,
        configuration::drawn(),
        faults::several(0..=5),
        steps::several(),
        any::<bool>(),
        prop::bool::weighted(0.04),
        prop::option::weighted(0.05, secured::secured()),
    );
    let scenarios = parts.prop_map(
        move |(kind, drawn, faults, steps, histogram, down_at_start, secured)| {
            let parts = Parts {
                kind,
                drawn,
                faults,
                steps,
                histogram,
                down_at_start,
                secured,
            };
            parts.put_together(id.clone())
        },
    );
    Some(scenarios.boxed())
}

/// What is sent, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) signal: Signal,
    pub(super) protocol: Protocol,
}

/// The kinds that were asked for; none where there is no such kind.
fn kinds(filter: &Filter) -> Option<impl Strategy<Value = Kind> + use<>> {
    let drawn = [Signal::Metrics, Signal::Traces, Signal::Logs].map(|signal| {
        Protocol::ALL
            .into_iter()
            .map(move |protocol| Kind { signal, protocol })
            .filter(|kind| kind.protocol.carries(kind.signal))
    });
    let weighted: Vec<_> = drawn
        .into_iter()
        .flatten()
        .filter(|kind| filter.keeps(kind.signal, kind.protocol))
        .map(|kind| (weight(kind.protocol), Just(kind)))
        .collect();
    (!weighted.is_empty()).then(|| Union::new_weighted(weighted))
}

/// How often a protocol is drawn: one over which more can happen more often.
const fn weight(protocol: Protocol) -> u32 {
    match (protocol, protocol.api()) {
        (Protocol::Grpc, _) => 5,
        (_, Api::Otlp) => 3,
        (_, Api::RemoteWrite | Api::Zipkin) => 2,
    }
}

/// Whether faults with the action of this name are drawn.
pub(super) fn is_drawn(name: &str) -> bool {
    faults::DRAWN.contains(&name)
}

/// A scenario in parts.
struct Parts {
    kind: Kind,
    drawn: Drawn,
    faults: Vec<Fault>,
    steps: Vec<Step>,
    histogram: bool,
    down_at_start: bool,
    secured: Option<Secured>,
}

impl Parts {
    fn put_together(self, id: ScenarioId) -> Scenario {
        let Kind { signal, protocol } = self.kind;
        let is_metrics = signal == Signal::Metrics;
        let has_histogram = is_metrics && self.histogram;
        // Over remote write there are totals alone, without the windows that they are of.
        let has_windows = is_metrics && protocol.api() == Api::Otlp;
        let secured = self.secured.zip(secured::variables(protocol.api()));
        let mut names = Names {
            given: 0,
            protocol,
            is_secured: secured.is_some(),
        };
        let on_handshakes = secured.iter().flat_map(|(it, _)| it.faults.clone());
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
            signals: vec![signal],
            protocols: vec![protocol],
            variants: indexmap::IndexMap::new(),
            env: secured
                .as_ref()
                .map(|(it, variables)| it.env(variables))
                .unwrap_or_default(),
            configuration: self.drawn.of(self.kind),
            instruments,
            receiver: Receiver {
                down_at_start: self.down_at_start,
                tls: secured.map(|(it, _)| it.receiver),
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
                .filter(|invariant| has_windows || *invariant != Invariant::Windows)
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
