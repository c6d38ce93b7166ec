//! What a reader tells.

use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;

use super::OwnTelemetry;

/// What one reader tells about its collections.
pub(crate) struct ReaderTelemetry {
    own: OwnTelemetry,
    attributes: Vec<KeyValue>,
    duration: OnceLock<Histogram<f64>>,
}

impl ReaderTelemetry {
    /// A reader of this kind.
    pub(crate) fn new(own: &OwnTelemetry, kind: &'static str) -> Self {
        Self {
            attributes: own.component(kind),
            own: own.clone(),
            duration: OnceLock::new(),
        }
    }

    /// A collection, callbacks included, took this long.
    pub(crate) fn collected(&self, took: Duration) {
        let Some(meter) = self.own.meter() else {
            return;
        };
        self.duration
            .get_or_init(|| {
                meter
                    .f64_histogram("otel.sdk.metric_reader.collection.duration")
                    .with_unit("s")
                    .with_description("Time that collections took, callbacks included")
                    .with_boundaries(Vec::new())
                    .build()
            })
            .record(took.as_secs_f64(), &self.attributes);
    }
}
