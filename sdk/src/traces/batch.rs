//! Ended spans, ready to be sent.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::convert;
#[cfg(feature = "console")]
use crate::console::text;
use crate::environment::Environment;
#[cfg(feature = "json")]
use crate::export::json;
use crate::export::sealed::Sealed;
use crate::export::{Batch, counted};
use crate::limits::TraceLimits;
use crate::signal::Signal;

/// Ended spans of one resource, in the order in which they came, grouped by scope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpanBatch {
    /// The spans, as OTLP carries them.
    pub request: ExportTraceServiceRequest,
}

impl SpanBatch {
    /// A batch of `request`.
    pub const fn new(request: ExportTraceServiceRequest) -> Self {
        Self { request }
    }

    /// A batch of `spans` of `resource`, within `limits`.
    ///
    /// The spans are grouped by scope, both in the order in which they came. A key that an attribute collection has more
    /// than once stays at its first place with its last value: `opentelemetry_sdk` leaves duplicates, and OTLP allows none.
    pub fn of(
        spans: impl IntoIterator<Item = SpanData>,
        resource: &Resource,
        limits: &TraceLimits,
    ) -> Self {
        Self::new(convert::request(spans, resource, limits))
    }

    /// Every span, in order.
    pub fn spans(&self) -> impl Iterator<Item = &Span> {
        self.request
            .resource_spans
            .iter()
            .flat_map(|resource| &resource.scope_spans)
            .flat_map(|scope| &scope.spans)
    }
}

impl Sealed for SpanBatch {}

impl Batch for SpanBatch {
    const SIGNAL: Signal = Signal::Traces;
    const ITEM: &'static str = "span";

    type Request = ExportTraceServiceRequest;
    type Preference = ();

    fn preference_from(_environment: &Environment) {}

    fn request(&self) -> &ExportTraceServiceRequest {
        &self.request
    }

    #[cfg(feature = "json")]
    fn to_json(&self) -> Vec<u8> {
        json::traces(&self.request)
    }

    #[cfg(feature = "console")]
    fn to_text(&self) -> String {
        text::traces(self)
    }

    fn items(&self) -> u64 {
        self.spans().count() as u64
    }

    fn contents(&self) -> String {
        format!("traces ({})", counted(self.items(), Self::ITEM))
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};

    use super::*;

    #[test]
    fn spans_of_all_scopes_are_items() {
        let scope_spans = |spans| ScopeSpans {
            spans: vec![Span::default(); spans],
            ..ScopeSpans::default()
        };
        let of = |scope_spans| {
            SpanBatch::new(ExportTraceServiceRequest {
                resource_spans: vec![ResourceSpans {
                    scope_spans,
                    ..ResourceSpans::default()
                }],
            })
        };
        let batch = of(vec![scope_spans(1), scope_spans(2)]);
        assert_eq!(batch.contents(), "traces (3 spans)");
        assert!(!batch.is_empty());
        assert!(of(vec![scope_spans(0)]).is_empty());
        assert_eq!(of(vec![scope_spans(1)]).contents(), "traces (1 span)");
    }
}
