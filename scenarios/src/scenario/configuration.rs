//! What the system under test is configured with in code, and its instruments.

use indexmap::IndexMap;
use otelbox_mock_collector::ServerTls;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AttributeValue, Attributes, InstrumentKind, Number, Temporality, TextDuration};

/// Settings made in code. A driver that cannot make one makes the cell `not applicable`, with that setting named.
///
/// What is absent is left to the environment and then to the defaults of the system under test.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {
    /// From the start of one collection to the start of the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<TextDuration>,
    /// The deadline of one whole collect-and-send cycle of the reader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<TextDuration>,
    /// The exporter's timeout over all attempts of one export.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exporter_timeout: Option<TextDuration>,
    /// The time that one attempt may take. An option of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt_timeout: Option<TextDuration>,
    /// What stands between spans or log records and their exporter. Default: `batch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor: Option<Processor>,
    /// How many items the queue of a batch processor holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_queue_size: Option<u64>,
    /// How many items a batch processor exports at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_export_batch_size: Option<u64>,
    /// How long a batch processor waits for more items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule_delay: Option<TextDuration>,
    /// How long an export of a batch processor may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_timeout: Option<TextDuration>,
    /// Accept a timeout that is not smaller than the interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_slow_cycles: Option<bool>,
    /// A preset, or a temporality per kind of instrument.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temporality: Option<TemporalityPreference>,
    /// What becomes of metrics whose export was given up: `drop` (default) or `carry_over`. An option of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop_policy: Option<DropPolicy>,
    /// Independent views, as the specification has them: each that matches makes a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub views: Option<Vec<View>>,
    /// Ordered views: the first that matches decides. Excludes `views`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub views_in_order: Option<Vec<View>>,
    /// Attributes of the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Attributes>,
    /// Headers sent with every attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<IndexMap<String, String>>,
    /// Compression of the payload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
    /// The largest message that is sent, in bytes before compression.
    ///
    /// Spec: OpenTelemetry 1.60.0, "OTLP Exporter", Max Request Size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_request_bytes: Option<u64>,
    /// The largest answer that is read, in bytes after decompression.
    ///
    /// Spec: OpenTelemetry 1.60.0, "OTLP Exporter", Max Response Size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_response_bytes: Option<u64>,
    /// The endpoint, where it is not the receiver's for the cell's protocol. The same texts are replaced as in `env`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Name and version of the meter, tracer or logger. Default: `otelbox` without a version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meter: Option<Meter>,
    /// Providers side by side, each with these attributes added to its resource. Every step is done by each of them.
    /// Default: one provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<Vec<Attributes>>,
}

impl Configuration {
    /// This configuration with everything that `over` sets taken from `over`; maps are merged by key.
    #[must_use]
    pub fn overlaid_with(&self, over: &Self) -> Self {
        fn merged<V: Clone>(
            base: Option<&IndexMap<String, V>>,
            over: Option<&IndexMap<String, V>>,
        ) -> Option<IndexMap<String, V>> {
            match (base, over) {
                (None, None) => None,
                (Some(one), None) | (None, Some(one)) => Some(one.clone()),
                (Some(base), Some(over)) => {
                    let mut all = base.clone();
                    all.extend(over.iter().map(|(key, value)| (key.clone(), value.clone())));
                    Some(all)
                }
            }
        }
        Self {
            interval: over.interval.or(self.interval),
            timeout: over.timeout.or(self.timeout),
            exporter_timeout: over.exporter_timeout.or(self.exporter_timeout),
            attempt_timeout: over.attempt_timeout.or(self.attempt_timeout),
            processor: over.processor.or(self.processor),
            max_queue_size: over.max_queue_size.or(self.max_queue_size),
            max_export_batch_size: over.max_export_batch_size.or(self.max_export_batch_size),
            schedule_delay: over.schedule_delay.or(self.schedule_delay),
            export_timeout: over.export_timeout.or(self.export_timeout),
            allow_slow_cycles: over.allow_slow_cycles.or(self.allow_slow_cycles),
            temporality: over
                .temporality
                .clone()
                .or_else(|| self.temporality.clone()),
            drop_policy: over.drop_policy.or(self.drop_policy),
            views: over.views.clone().or_else(|| self.views.clone()),
            views_in_order: over
                .views_in_order
                .clone()
                .or_else(|| self.views_in_order.clone()),
            resource: merged(self.resource.as_ref(), over.resource.as_ref()),
            headers: merged(self.headers.as_ref(), over.headers.as_ref()),
            compression: over.compression.or(self.compression),
            max_request_bytes: over.max_request_bytes.or(self.max_request_bytes),
            max_response_bytes: over.max_response_bytes.or(self.max_response_bytes),
            endpoint: over.endpoint.clone().or_else(|| self.endpoint.clone()),
            meter: over.meter.clone().or_else(|| self.meter.clone()),
            workers: over.workers.clone().or_else(|| self.workers.clone()),
        }
    }
}

/// What becomes of metrics whose export was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum DropPolicy {
    /// A policy by its name, with the defaults of the system under test.
    Named(DropPolicyName),
    /// They go with the next export, with these limits.
    CarryOver {
        /// The limits.
        carry_over: CarryOver,
    },
}

/// The policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DropPolicyName {
    /// They are lost.
    Drop,
    /// They go with the next export.
    CarryOver,
}

/// What is carried over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CarryOver {
    /// The most that is held between two exports, in bytes. Default: that of the system under test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
    /// Whether also what the receiver may have taken. Default: no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carry_ambiguous: Option<bool>,
}

impl DropPolicy {
    /// What is carried over; none where nothing is.
    pub fn carries_over(self) -> Option<CarryOver> {
        match self {
            Self::Named(DropPolicyName::Drop) => None,
            Self::Named(DropPolicyName::CarryOver) => Some(CarryOver::default()),
            Self::CarryOver { carry_over } => Some(carry_over),
        }
    }
}

/// A temporality preset of the specification, or one temporality per kind of instrument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum TemporalityPreference {
    /// A preset by its name.
    Preset(TemporalityPreset),
    /// Kinds that are not named are cumulative.
    PerKind(IndexMap<InstrumentKind, Temporality>),
}

/// The presets. Spec: OpenTelemetry 1.50, "Metrics Exporter - OTLP", additional configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TemporalityPreset {
    /// Cumulative for all kinds.
    Cumulative,
    /// Delta for counters and histograms, cumulative for up-down counters.
    Delta,
    /// Delta for synchronous counters and histograms, cumulative for the others.
    LowMemory,
}

/// The two built-in processors of spans and log records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Processor {
    /// Queues items and exports them in batches, on its own time.
    Batch,
    /// Exports each item as soon as it ends.
    Simple,
}

/// Compression of payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not compressed.
    None,
    /// RFC 1952.
    Gzip,
}

/// The instrumentation scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Meter {
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A view: which instruments it selects and what it makes of them. Absent selectors select everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct View {
    /// The instrument's name; `*` and `?` are wildcards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The instrument's kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<InstrumentKind>,
    /// The instrument's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The meter's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meter: Option<String>,
    /// The stream's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rename: Option<String>,
    /// Make no stream at all.
    pub drop: bool,
    /// Keep these attributes only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_attributes: Option<Vec<String>>,
    /// Bounds of an explicit bucket histogram, ascending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buckets: Option<Vec<f64>>,
    /// A histogram with exponential bounds: base 2, at most 160 buckets on a side, a scale of at most 20.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exponential: bool,
}

/// An instrument that the system under test makes when it starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: InstrumentKind,
    /// Whether it takes whole numbers or floats. Default: floats for histograms, whole numbers for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberKind>,
    /// Its unit, in the notation of UCUM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What its callback reports from the start, for observable kinds. Default: nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observe: Vec<Observed>,
}

impl Instrument {
    /// The counter that `emit` adds to, which is there unless a scenario names its own instruments.
    pub fn items_counter() -> Self {
        Self {
            name: ITEMS_COUNTER.to_owned(),
            kind: InstrumentKind::Counter,
            number: Some(NumberKind::Integer),
            unit: Some("{item}".to_owned()),
            description: None,
            observe: Vec::new(),
        }
    }

    /// The kind of number that it takes.
    pub fn number_kind(&self) -> NumberKind {
        self.number
            .unwrap_or(if self.kind == InstrumentKind::Histogram {
                NumberKind::Float
            } else {
                NumberKind::Integer
            })
    }
}

/// The name of the counter that `emit` adds to.
pub const ITEMS_COUNTER: &str = "otelbox.items";

/// Whole numbers or floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NumberKind {
    /// 64-bit integers.
    Integer,
    /// 64-bit floats.
    Float,
}

/// One observation that a callback reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Observed {
    /// The value.
    pub value: Number,
    /// Its attributes.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub attributes: IndexMap<String, AttributeValue>,
}

/// How the receiver is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Receiver {
    /// No listener until the step `collector: up`.
    pub down_at_start: bool,
    /// The largest request that is taken, in bytes after decompression. Default: 64 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_request_bytes: Option<usize>,
    /// TLS on both ports, with certificates made for the cell: `${ca_file}` and the like are files with what a client
    /// needs. Default: plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<ReceiverTls>,
}

/// How the receiver speaks TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReceiverTls {
    /// Whether clients have to say who they are.
    pub client_auth: ClientAuth,
    /// What certificate the receiver shows.
    pub certificate: ReceiverCertificate,
}

/// Whether clients have to say who they are (mutual TLS).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// They are not asked.
    #[default]
    None,
    /// They are asked, and may stay silent.
    Optional,
    /// Without a certificate of the right authority there is no connection.
    Required,
}

/// The certificate that the receiver shows. It is always signed by the authority in `${ca_file}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiverCertificate {
    /// Valid, for the name and the address of the endpoint.
    #[default]
    Valid,
    /// Valid until January 2020.
    Expired,
    /// Valid, for another name.
    OtherName,
}

impl ReceiverTls {
    /// The same for the receiver.
    pub(crate) fn server(self) -> ServerTls {
        let tls = ServerTls::new().client_auth(match self.client_auth {
            ClientAuth::None => otelbox_mock_collector::ClientAuth::None,
            ClientAuth::Optional => otelbox_mock_collector::ClientAuth::Optional,
            ClientAuth::Required => otelbox_mock_collector::ClientAuth::Required,
        });
        match self.certificate {
            ReceiverCertificate::Valid => tls,
            ReceiverCertificate::Expired => tls.expired(),
            ReceiverCertificate::OtherName => tls.names(["elsewhere.example"]),
        }
    }
}
