//! The words that runner and driver exchange, version 1: one JSON object per line each way.
//!
//! Requests come one at a time; each gets exactly one answer, in order. Keys that neither side knows are errors, so that
//! a slip of the pen in a driver is found at once. Anything on standard error is the SUT's log.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Capability;
use crate::scenario::{
    Attributes, CallResult, Compression, DropPolicy, Instrument, Meter, Number, Processor, Signal,
    SpanDetails, TemporalityPreference, View,
};

/// Version of this protocol, sent with `hello`.
pub const PROTOCOL_VERSION: u32 = 1;

/// What the runner asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// First line: who are you, what can you do? Answered by [`Hello`].
    Hello {
        /// The version that the runner speaks.
        protocol: u32,
    },
    /// Build the SDK and its instruments; everything else comes from `OTEL_*` variables. Once per process, and once more
    /// after each `reset`. An SDK that refuses its configuration is answered with `"ok":false,"result":"failed"` and its
    /// words; without a `result`, it is the driver that could not do it.
    Start(Box<StartRequest>),
    /// Record on a synchronous instrument.
    Record(Measurement),
    /// Emit spans or log records, one after another.
    Emit(Items),
    /// What the callback of an observable instrument does from now on.
    Observe(ObservableState),
    /// Call `export` of the exporter itself, past reader and processor, with one item of the signal, and say what came
    /// of it. Needs the capability `export`.
    Export,
    /// Flush the provider and say what came of it.
    ForceFlush {
        /// Time limit given to the SDK, in milliseconds. Absent: the SDK's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_ms: Option<u64>,
    },
    /// Shut the provider down and say what came of it.
    Shutdown {
        /// Time limit given to the SDK, in milliseconds. Absent: the SDK's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_ms: Option<u64>,
    },
    /// Take everything down that `start` built, so that another `start` may follow as if in a fresh process. Needs
    /// [`Capability::Reset`].
    ///
    /// The answer is `ok` only where nothing of the SDK goes on: no thread, no connection, no retry. Before the answer the
    /// driver writes the line [`RESET_LINE`] to standard error, so that the runner knows what belongs to whom.
    Reset,
}

/// What a driver writes to standard error, on a line of its own, when it has carried out `reset`.
pub const RESET_LINE: &str = "otelbox: reset";

impl Request {
    /// The value of `op`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "hello",
            Self::Start(_) => "start",
            Self::Record(_) => "record",
            Self::Emit(_) => "emit",
            Self::Observe(_) => "observe",
            Self::Export => "export",
            Self::ForceFlush { .. } => "force_flush",
            Self::Shutdown { .. } => "shutdown",
            Self::Reset => "reset",
        }
    }
}

/// What to build at start. Options that are absent are left to the SDK and its environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StartRequest {
    /// The signal whose provider is built. Default: metrics.
    pub signal: Signal,
    /// The variables that the SDK is to see, and no other `OTEL_*` variable: sent to drivers with [`Capability::Reset`],
    /// whose process may be older than the case. They are those of the process where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<BTreeMap<String, String>>,
    /// Options set in code.
    #[serde(skip_serializing_if = "SutConfiguration::is_empty")]
    pub configuration: SutConfiguration,
    /// Name and version of the meter, tracer or logger. Default: `otelbox` without a version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meter: Option<Meter>,
    /// Instruments of that meter; none where the signal is not metrics.
    pub instruments: Vec<Instrument>,
    /// Independent views: each that matches makes a stream.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<View>,
    /// Ordered views: the first that matches decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub views_in_order: Vec<View>,
    /// Resource attributes set in code.
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    pub resource: Attributes,
    /// Providers side by side, each with these attributes added to its resource; every later request is done by each of
    /// them. Default: one provider.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub workers: Vec<Attributes>,
}

impl Default for StartRequest {
    fn default() -> Self {
        Self {
            signal: Signal::Metrics,
            env: None,
            configuration: SutConfiguration::default(),
            meter: None,
            instruments: Vec::new(),
            views: Vec::new(),
            views_in_order: Vec::new(),
            resource: Attributes::new(),
            workers: Vec::new(),
        }
    }
}

/// Options that are set in code; each needs the [`Capability`] of the same name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SutConfiguration {
    /// Export interval of the periodic reader, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_ms: Option<u64>,
    /// Export timeout of the periodic reader, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Timeout of the exporter over all attempts, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exporter_timeout_ms: Option<u64>,
    /// Time limit of one attempt, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt_timeout_ms: Option<u64>,
    /// What stands between spans or log records and their exporter. Absent: the batch processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor: Option<Processor>,
    /// How many items the queue of the batch processor holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_queue_size: Option<u64>,
    /// How many items the batch processor exports at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_export_batch_size: Option<u64>,
    /// How long the batch processor waits for more items, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule_delay_ms: Option<u64>,
    /// How long an export of the batch processor may take, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_timeout_ms: Option<u64>,
    /// Whether a timeout that is not smaller than the interval is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_slow_cycles: Option<bool>,
    /// A temporality preset, or a temporality per instrument kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temporality: Option<TemporalityPreference>,
    /// What becomes of metrics whose export was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop_policy: Option<DropPolicy>,
    /// Headers of every export.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// Compression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
    /// The largest message that is sent, in bytes before compression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_request_bytes: Option<u64>,
    /// The largest answer that is read, in bytes after decompression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_response_bytes: Option<u64>,
    /// Endpoint of the exporter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
}

impl SutConfiguration {
    /// Whether everything is left to the environment.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One call (or `times` equal calls) of a synchronous instrument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// Name of an instrument of [`StartRequest::instruments`].
    pub instrument: String,
    /// Value of `add` or `record`.
    pub value: Number,
    /// How often. Default: 1. Range: 1 and up.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u64,
    /// Attributes of the measurement.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

/// Trace id of the span in another process that links and [`Items::in_span`] refer to.
pub const REMOTE_TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

/// Its span id. It is sampled, and has no trace state.
pub const REMOTE_SPAN_ID: &str = "b7ad6b7169203331";

/// Spans or log records to emit, by the signal that was started.
///
/// Each carries `otelbox.item`, a whole number: `first_item` for the first, one more for each that follows. A span is a
/// root, internal, named `otelbox.item`, and has ended when the request is answered; a log record has the severity INFO
/// and the body `otelbox.item`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Items {
    /// How many. Range: 1 and up.
    pub items: u64,
    /// The number of the first.
    #[serde(default)]
    pub first_item: u64,
    /// Attributes of each, beside its number.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// Spans only: children of a span of another process that was not sampled (trace flags 0).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsampled: bool,
    /// Spans only: what each has beside its attributes. Needs [`Capability::SpanDetails`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<SpanDetails>,
    /// Log records only: they are emitted while a sampled span of another process is current, with the ids
    /// [`REMOTE_TRACE_ID`] and [`REMOTE_SPAN_ID`]. Needs [`Capability::LogInSpan`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_span: bool,
}

/// What the callback of an observable instrument does from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservableState {
    /// Name of an instrument of [`StartRequest::instruments`].
    pub instrument: String,
    /// Value that it reports for `attributes`; absent: it stops reporting them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Number>,
    /// Attributes of the observation.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// Whether the callback panics (throws) on every collection.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub panic: bool,
    /// How long the callback blocks on every collection, in milliseconds. Default: 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub block_ms: u64,
}

/// Answer to `hello`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// Always true.
    pub ok: bool,
    /// Name of the SDK: `opentelemetry-python`.
    pub sdk: String,
    /// Its version.
    pub version: String,
    /// Its language.
    pub language: String,
    /// What the driver can do.
    pub capabilities: Vec<Capability>,
}

/// Answer to every other request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Whether the request was carried out and succeeded.
    pub ok: bool,
    /// What came of a flush or shutdown; absent for other requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<CallResult>,
    /// What the SDK said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How long the SDK took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_ms: Option<u64>,
}

impl Answer {
    /// The request was carried out.
    pub fn done() -> Self {
        Self {
            ok: true,
            result: None,
            message: None,
            elapsed_ms: None,
        }
    }

    /// The request could not be carried out.
    pub fn refused(message: impl Into<String>) -> Self {
        Self {
            ok: false,
            result: None,
            message: Some(message.into()),
            elapsed_ms: None,
        }
    }
}

fn once() -> u64 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_once(times: &u64) -> bool {
    *times == 1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_zero(value: &u64) -> bool {
    *value == 0
}
