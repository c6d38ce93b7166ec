//! What the SDK tells about itself, as metrics under the names of the semantic conventions.
//!
//! Nothing here is on the path of a measurement, a span or a log record: exporters and readers record what they did when
//! they have done it, and processors are asked when metrics are collected. What is about an export of own telemetry alone
//! is not recorded, so that the SDK does not keep itself busy: a provider under delta temporality that nobody uses falls
//! silent after one such export.
//!
//! Spec: semantic conventions, "OpenTelemetry SDK metrics" (in development), for names that start with `otel.sdk.`; those
//! that start with `otelbox.sdk.` are ours.

mod exporter;
#[cfg(any(feature = "logs", feature = "traces"))]
mod processor;
#[cfg(feature = "metrics")]
mod reader;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider};
use parking_lot::Mutex;

pub(crate) use exporter::{ExporterTelemetry, OwnExport, otlp_component_type};
#[cfg(any(feature = "logs", feature = "traces"))]
pub(crate) use processor::{ProcessorType, observe_processor};
#[cfg(feature = "metrics")]
pub(crate) use reader::ReaderTelemetry;

/// The instrumentation scope of all own telemetry.
pub(crate) const SCOPE: &str = "otelbox_sdk";

/// Where exporters, readers and processors tell what they do. Clones are the same.
///
/// It is handed to their builders, and attached to a provider once there is one: what happens before that is in their
/// [`Statistics`](crate::Statistics) only. An exporter can so tell about itself through the very provider that it serves.
///
/// ```
/// use otelbox_sdk::{
///     Environment, MeterProvider, OtlpMetricExporter, OwnTelemetry, PeriodicExportingMetricReader,
/// };
///
/// # fn main() -> Result<(), otelbox_sdk::ConfigError> {
/// let own_telemetry = OwnTelemetry::new();
/// let exporter = OtlpMetricExporter::builder().with_own_telemetry(&own_telemetry).build()?;
/// let reader = PeriodicExportingMetricReader::builder(exporter)
///     .with_env(&Environment::empty())
///     .with_own_telemetry(&own_telemetry)
///     .build()?;
/// let provider = MeterProvider::builder().with_reader(reader).build()?;
/// own_telemetry.attach(&provider);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct OwnTelemetry(Arc<Inner>);

#[derive(Default)]
struct Inner {
    meter: OnceLock<Meter>,
    /// What is done with the meter once there is one.
    pending: Mutex<Vec<Pending>>,
    /// How many components there are of each type.
    components: Mutex<BTreeMap<&'static str, u32>>,
}

type Pending = Box<dyn FnOnce(&Meter) + Send>;

impl OwnTelemetry {
    /// Attached to nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on what is told becomes metrics of `provider`. The first provider stays.
    pub fn attach(&self, provider: &impl MeterProvider) {
        let mut pending = self.0.pending.lock();
        let meter = self.0.meter.get_or_init(|| {
            let scope = opentelemetry::InstrumentationScope::builder(SCOPE)
                .with_version(env!("CARGO_PKG_VERSION"))
                .build();
            provider.meter_with_scope(scope)
        });
        for work in pending.drain(..) {
            work(meter);
        }
    }

    #[cfg(any(feature = "logs", feature = "traces"))]
    fn when_attached(&self, work: impl FnOnce(&Meter) + Send + 'static) {
        let mut pending = self.0.pending.lock();
        match self.meter() {
            Some(meter) => work(meter),
            None => pending.push(Box::new(work)),
        }
    }

    fn meter(&self) -> Option<&Meter> {
        self.0.meter.get()
    }

    /// The attributes that tell one component from another.
    fn component(&self, kind: &'static str) -> Vec<KeyValue> {
        let mut components = self.0.components.lock();
        let number = components.entry(kind).or_default();
        let name = format!("{kind}/{number}");
        *number += 1;
        vec![
            KeyValue::new("otel.component.type", kind),
            KeyValue::new("otel.component.name", name),
        ]
    }
}

impl fmt::Debug for OwnTelemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnTelemetry")
            .field("attached", &self.meter().is_some())
            .finish()
    }
}

/// `attributes` with the one that says why something failed.
fn with_error(attributes: &[KeyValue], error: impl Into<opentelemetry::Value>) -> Vec<KeyValue> {
    let mut all = attributes.to_vec();
    all.push(KeyValue::new("error.type", error.into()));
    all
}
