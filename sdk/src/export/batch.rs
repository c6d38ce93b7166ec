//! What one export carries.

use std::fmt::Debug;

use prost::Message;

use crate::environment::Environment;
use crate::signal::Signal;

/// Telemetry of one signal, as one export carries it: an OTLP request, and what is said about it.
///
/// Implemented by [`MetricBatch`](crate::MetricBatch), [`SpanBatch`](crate::SpanBatch) and
/// [`LogBatch`](crate::LogBatch), and by nothing else: the protocol knows no other signals.
pub trait Batch: sealed::Sealed + Send + Sync + 'static {
    /// The signal.
    const SIGNAL: Signal;

    /// One item in words: `data point`, `span`, `log record`.
    const ITEM: &'static str;

    /// The request of the protocol.
    type Request: Message + Default;

    /// What an exporter prefers to get, beyond how it sends it: for metrics their temporality, else nothing.
    type Preference: Copy + Debug + Send + Sync + 'static;

    /// The preference that the environment states, or else the default.
    fn preference_from(environment: &Environment) -> Self::Preference;

    /// The request to send.
    fn request(&self) -> &Self::Request;

    /// The request as OTLP/JSON. Needs the feature `json`.
    #[cfg(feature = "json")]
    fn to_json(&self) -> Vec<u8>;

    /// The content as text for people. The format may change; for programs there is OTLP/JSON. Needs the feature
    /// `console`.
    #[cfg(feature = "console")]
    fn to_text(&self) -> String;

    /// How many items it holds: data points, spans or log records.
    fn items(&self) -> u64;

    /// Whether there is nothing to send.
    ///
    /// Spec: OTLP 1.11.0, "Empty Telemetry Envelopes" (SHOULD NOT be sent).
    fn is_empty(&self) -> bool {
        self.items() == 0
    }

    /// Whether it holds nothing but what the SDK tells about itself.
    fn is_own_telemetry(&self) -> bool {
        false
    }

    /// The content in words, for logs: `traces (3 spans)`.
    fn contents(&self) -> String;
}

pub(crate) mod sealed {
    /// Keeps [`Batch`](super::Batch) to the signals of the protocol.
    pub trait Sealed {}
}
