//! The scenario file: one file format for configuration, faults, steps and expectations.

pub mod check;
mod configuration;
mod duration;
mod environment;
mod expectation;
mod file;
mod placeholder;
#[expect(
    clippy::module_inception,
    reason = "the scenario is the noun of this module"
)]
mod scenario;
mod step;
mod value;

pub use configuration::{
    CarryOver, ClientAuth, Compression, Configuration, DropPolicy, DropPolicyName, ITEMS_COUNTER,
    Instrument, Meter, NumberKind, Observed, Processor, Receiver, ReceiverCertificate, ReceiverTls,
    TemporalityPreference, TemporalityPreset, View,
};
pub use duration::{InvalidDuration, TextDuration};
pub(crate) use environment::is_a_switch;
pub use environment::{Environment, EnvironmentValue, MILLISECOND_VARIABLES, resolve};
pub use expectation::{Check, Expectation, RuleId};
pub(crate) use file::place_of_key;
pub use file::{Place, Problem, Problems, SourceFile, from_yaml, nearest, read_scenario};
pub use otelbox_mock_collector::{Protocol, Signal, fault::Fault};
pub(crate) use placeholder::for_signal;
pub use scenario::{ProcessMode, RandomMode, Scenario, ScenarioId, TimeMode, Variant};
pub use step::{
    Call, CallResult, CollectorState, Emit, ExpectedResult, ITEM, Observe, Record, Rotation,
    STEP_RULE, SpanDetails, SpanEvent, SpanKind, SpanLink, SpanStatus, Spread, Step, Terminate,
    WaitFor,
};
pub use value::{AttributeValue, Attributes, InstrumentKind, Number, Temporality};
