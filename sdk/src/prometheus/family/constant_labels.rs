//! Attributes of the resource that all series have as labels.

use std::fmt;
use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::KeyValue;

type IsWanted = dyn Fn(&str) -> bool + Send + Sync;

/// Which attributes of the resource all series have as labels.
///
/// Spec: Prometheus exporter, "Configuration" (`with_resource_constant_labels`; MUST be none by default).
#[derive(Clone)]
pub(crate) struct ConstantLabels(Option<Arc<IsWanted>>);

impl ConstantLabels {
    pub(super) const NONE: Self = Self(None);

    /// Those whose key `is_wanted`.
    #[cfg(feature = "prometheus")]
    pub(crate) fn new(is_wanted: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(is_wanted)))
    }

    /// Those among `resource`.
    pub(super) fn among<'a>(&self, resource: &'a [KeyValue]) -> Vec<&'a KeyValue> {
        self.0.as_ref().map_or_else(Vec::new, |is_wanted| {
            let attributes = resource.iter();
            attributes
                .filter(|attribute| is_wanted(&attribute.key))
                .collect()
        })
    }
}

impl fmt::Debug for ConstantLabels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "selected" } else { "none" })
    }
}
