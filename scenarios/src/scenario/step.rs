//! What is done to the system under test, in order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use otelbox_mock_collector::fault::Fault;

use super::{Attributes, Number, RuleId, TextDuration};

/// One step. Steps are done one after another; exports of the reader go on beside them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Emit so many items: n times `add(1)` on the counter `otelbox.items`, or n spans, or n log records.
    Emit(Emit),
    /// Record a value on a synchronous instrument.
    Record(Record),
    /// Set what the callback of an observable instrument does from now on.
    Observe(Observe),
    /// Let this much time pass.
    Wait(TextDuration),
    /// Let time pass until this long after the start of the system under test.
    WaitUntil(TextDuration),
    /// Wait until the journal holds this.
    WaitFor(WaitFor),
    /// Call `export` of the exporter itself, past reader and processor, with one item, which is not among what is
    /// offered. Without a `timeout`: exporters take none.
    Export(Call),
    /// Call `force_flush` and wait for its end.
    ForceFlush(Call),
    /// Call `shutdown` and wait for its end.
    Shutdown(Call),
    /// End without `shutdown`: everything is dropped.
    Exit,
    /// Take the receiver's listeners down, or bring them up again on the same ports.
    Collector(CollectorState),
    /// Replace the faults of the receiver.
    Faults(Vec<Fault>),
    /// Replace certificates. Connections that exist go on: `collector: down` ends them.
    RotateCertificates(Rotation),
    /// Ask the program to end (SIGTERM), and wait until it has. Only for programs that are started as they are
    /// (`otelbox run -- COMMAND`): a scenario with this step is not for a driver.
    Terminate(Terminate),
}

impl Step {
    /// The rule that the result of this step is judged by, where something is expected of it.
    pub fn judged_rule(&self) -> Option<RuleId> {
        match self {
            Self::Export(call) | Self::ForceFlush(call) | Self::Shutdown(call) => {
                call.judged_rule()
            }
            Self::Emit(_)
            | Self::Record(_)
            | Self::Observe(_)
            | Self::Wait(_)
            | Self::WaitUntil(_)
            | Self::WaitFor(_)
            | Self::Exit
            | Self::Collector(_)
            | Self::Faults(_)
            | Self::RotateCertificates(_)
            | Self::Terminate(_) => None,
        }
    }

    /// The key of this step, where only a driver can do it: a program that is started as it is cannot be told to.
    pub const fn of_a_driver(&self) -> Option<&'static str> {
        match self {
            Self::Emit(_) => Some("emit"),
            Self::Record(_) => Some("record"),
            Self::Observe(_) => Some("observe"),
            Self::Export(_) => Some("export"),
            Self::ForceFlush(_) => Some("force_flush"),
            Self::Shutdown(_) => Some("shutdown"),
            Self::Exit => Some("exit"),
            Self::Wait(_)
            | Self::WaitUntil(_)
            | Self::WaitFor(_)
            | Self::Collector(_)
            | Self::Faults(_)
            | Self::RotateCertificates(_)
            | Self::Terminate(_) => None,
        }
    }
}

/// See [`Step::Terminate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Terminate {
    /// How long it may take; then it is killed (SIGKILL), with all that it has started. Default: 30 s.
    #[serde(default = "half_a_minute")]
    pub within: TextDuration,
}

/// See [`Step::Emit`].
///
/// Each span and each log record carries its number in the attribute [`ITEM`]: 0, 1, 2, ... over all steps of the cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Emit {
    /// How many.
    pub items: u64,
    /// Attributes of each.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// Spans only: they belong to a trace that its root, in another process, decided not to sample. They are not among
    /// what is offered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsampled: bool,
    /// Spans only: what each has beside its attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<SpanDetails>,
    /// Log records only: they are emitted while a sampled span of another process is current.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_span: bool,
}

/// What a span has beside its attributes. Default: it is internal, without events, links and status.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpanDetails {
    /// Its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<SpanKind>,
    /// Its events, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<SpanEvent>,
    /// Its links, each to the same span of another process.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<SpanLink>,
    /// Its status. Default: unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<SpanStatus>,
}

/// The kinds of spans. Spec: "Trace API", `SpanKind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the specification's names say it all")]
pub enum SpanKind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

/// An event of a span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpanEvent {
    /// Its name.
    pub name: String,
    /// Its attributes.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

/// A link of a span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpanLink {
    /// Its attributes.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

/// The status that a span is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpanStatus {
    /// It succeeded.
    Ok,
    /// It failed, with this description.
    Error(String),
}

/// The attribute by which emitted spans and log records are told apart.
pub const ITEM: &str = "otelbox.item";

/// See [`Step::Record`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The name of the instrument.
    pub instrument: String,
    /// The value.
    pub value: Number,
    /// How often it is recorded. Default: once.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u64,
    /// Attributes of the measurement.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// Record once (or `times` times) for each of many values of one more attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<Spread>,
}

/// One more attribute, with the whole numbers from 0 up to (not including) `over` as its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Its name.
    pub attribute: String,
    /// How many values.
    pub over: u32,
}

const fn once() -> u64 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_once(times: &u64) -> bool {
    *times == 1
}

/// See [`Step::Observe`]. What one `Observe` says about a set of attributes holds until another says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Observe {
    /// The name of the instrument.
    pub instrument: String,
    /// The value that is reported for these attributes; without one the callback reports nothing for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Number>,
    /// Attributes of the observation.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// The callback panics (after its observations).
    #[serde(default)]
    pub panic: bool,
    /// The callback blocks its thread for this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<TextDuration>,
}

/// See [`Step::WaitFor`]. All that is given has to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitFor {
    /// At least so many attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u64>,
    /// At least so many exports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exports: Option<u64>,
    /// At least so many items accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<u64>,
    /// At least so many connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<u64>,
    /// Count only what comes after this step has begun. Default: all since the start.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anew: bool,
    /// Give up after this time; the cell is then inconclusive (a program goes on with the next step, and is judged by
    /// what came). Default: 30 s.
    #[serde(default = "half_a_minute")]
    pub within: TextDuration,
}

const fn half_a_minute() -> TextDuration {
    TextDuration::from_secs(30)
}

/// A call of `force_flush`, `shutdown` or `export`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The time limit given to the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<TextDuration>,
    /// What it has to return. Default: anything.
    #[serde(default)]
    pub expect: ExpectedResult,
    /// The rule that `expect` judges. Default: `OBX-STP-001`, our own promise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
}

/// The rule that a call is judged by unless it names another.
pub const STEP_RULE: &str = "OBX-STP-001";

impl Call {
    /// The rule that `expect` is judged by; none where anything is expected.
    pub fn judged_rule(&self) -> Option<RuleId> {
        match self.expect {
            ExpectedResult::Any => None,
            _ => Some(self.rule.clone().unwrap_or_else(|| RuleId::from(STEP_RULE))),
        }
    }
}

/// What a call has to return.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpectedResult {
    /// Success.
    Ok,
    /// A failure other than the two below.
    Failed,
    /// Its time limit passed.
    Timeout,
    /// The provider is shut down already.
    AlreadyShutDown,
    /// Anything; what it was becomes an observation.
    #[default]
    Any,
}

/// What a call did return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallResult {
    /// Success.
    Ok,
    /// A failure other than the two below.
    Failed,
    /// Its time limit passed.
    Timeout,
    /// The provider is shut down already.
    AlreadyShutDown,
    /// The call is over, and its API does not tell what came of it. What is expected of its result is not applicable.
    Untold,
}

impl CallResult {
    /// The word for it, as files and drivers write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::AlreadyShutDown => "already_shut_down",
            Self::Untold => "untold",
        }
    }
}

impl ExpectedResult {
    /// Whether `result` is what was expected.
    pub const fn allows(self, result: CallResult) -> bool {
        matches!(
            (self, result),
            (Self::Any, _)
                | (Self::Ok, CallResult::Ok)
                | (Self::Failed, CallResult::Failed)
                | (Self::Timeout, CallResult::Timeout)
                | (Self::AlreadyShutDown, CallResult::AlreadyShutDown)
        )
    }
}

/// Whether the receiver listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CollectorState {
    /// Connections are refused.
    Down,
    /// Connections are taken.
    Up,
}

/// Whose certificates are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// The receiver gets new authorities and a new certificate; the files stay behind.
    Receiver,
    /// The files become what the receiver has.
    Files,
    /// First the receiver, then the files.
    Both,
    /// Half of each file is missing.
    BrokenFiles,
}
