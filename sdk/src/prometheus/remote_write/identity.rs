//! Which series a point belongs to, kept beyond its batch.

use std::borrow::Cow;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use super::line::{About, Line, bound};
use crate::prometheus::family::{Family, Kind, Label, Series, Value};

/// The series of a point, and the series on the wire that it is written as.
#[derive(Debug, PartialEq)]
pub(super) struct Identity {
    family: String,
    kind: Kind,
    help: String,
    unit: Cow<'static, str>,
    suffix: &'static str,
    labels: Vec<Label<'static>>,
    shape: Shape,
}

/// What a point is written as.
#[derive(Debug, PartialEq)]
enum Shape {
    Number,
    Native,
    Histogram {
        bounds: Vec<f64>,
        has_sum: bool,
    },
    Summary {
        quantiles: Vec<f64>,
        has_sum: bool,
    },
    /// What was never seen with a value.
    Nothing,
}

/// A series on the wire that has ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ended {
    identity: Arc<Identity>,
    name: String,
    own: Option<(&'static str, String)>,
    /// Whether it holds native histograms.
    pub(super) is_native: bool,
    /// When that is told, in milliseconds since 1970.
    pub(super) time: i64,
}

impl Ended {
    /// The series, by its address, and when it ended.
    pub(super) fn told(&self) -> (*const Identity, i64) {
        (Arc::as_ptr(&self.identity), self.time)
    }
}

impl Identity {
    pub(super) fn of(family: &Family<'_>, series: &Series<'_>) -> Self {
        let owned = |text: &Cow<'_, str>| Cow::Owned(text.clone().into_owned());
        Self {
            family: family.name.clone(),
            kind: family.kind,
            help: family.help.to_owned(),
            unit: family.unit.clone(),
            suffix: family.suffix,
            labels: series
                .labels
                .iter()
                .map(|label| Label {
                    name: owned(&label.name),
                    value: owned(&label.value),
                })
                .collect(),
            shape: Shape::of(family.kind, &series.value),
        }
    }

    /// Whether it is that of `series`, whatever shape its point has.
    pub(super) fn is(&self, family: &Family<'_>, series: &Series<'_>) -> bool {
        self.kind == family.kind
            && self.suffix == family.suffix
            && self.labels == series.labels
            && self.family == family.name
    }

    /// Whether `value` is written as the series on the wire that there were.
    pub(super) fn has_shape_of(&self, value: &Value) -> bool {
        match (&self.shape, value) {
            (Shape::Number, Value::Number(_)) | (Shape::Native, Value::ExponentialHistogram(_)) => {
                true
            }
            (Shape::Histogram { bounds, has_sum }, Value::Histogram(histogram)) => {
                let of_value = histogram.buckets.iter().map(|bucket| bucket.upper_bound);
                *has_sum == histogram.sum.is_some() && of_value.eq(bounds.iter().copied())
            }
            (Shape::Summary { quantiles, has_sum }, Value::Summary(summary)) => {
                let of_value = summary.quantiles.iter().map(|quantile| quantile.quantile);
                *has_sum == summary.sum.is_some() && of_value.eq(quantiles.iter().copied())
            }
            _ => false,
        }
    }

    pub(super) fn hash_with(&self, hasher: &RandomState) -> u64 {
        Self::hash_of(hasher, &self.family, &self.labels)
    }

    pub(super) fn hash_of(hasher: &RandomState, family: &str, labels: &[Label<'_>]) -> u64 {
        let mut state = hasher.build_hasher();
        family.hash(&mut state);
        for label in labels {
            label.name.hash(&mut state);
            label.value.hash(&mut state);
        }
        state.finish()
    }

    /// Adds the series on the wire to `ended`.
    pub(super) fn end(self: &Arc<Self>, time: i64, ended: &mut Vec<Ended>) {
        let mut end = |suffix: &str, own: Option<(&'static str, String)>, is_native: bool| {
            ended.push(Ended {
                identity: Arc::clone(self),
                name: format!("{}{suffix}", self.family),
                own,
                is_native,
                time,
            });
        };
        match &self.shape {
            Shape::Number => end(self.suffix, None, false),
            Shape::Native => end("", None, true),
            Shape::Histogram { bounds, has_sum } => {
                for upper in bounds.iter().copied().chain([f64::INFINITY]) {
                    end("_bucket", Some(("le", bound(upper))), false);
                }
                if *has_sum {
                    end("_sum", None, false);
                }
                end("_count", None, false);
            }
            Shape::Summary { quantiles, has_sum } => {
                for quantile in quantiles {
                    end("", Some(("quantile", bound(*quantile))), false);
                }
                if *has_sum {
                    end("_sum", None, false);
                }
                end("_count", None, false);
            }
            Shape::Nothing => {}
        }
    }
}

impl Shape {
    fn of(kind: Kind, value: &Value) -> Self {
        match value {
            Value::Number(_) => Self::Number,
            Value::ExponentialHistogram(_) => Self::Native,
            Value::Histogram(histogram) => Self::Histogram {
                bounds: histogram
                    .buckets
                    .iter()
                    .map(|bucket| bucket.upper_bound)
                    .collect(),
                has_sum: histogram.sum.is_some(),
            },
            Value::Summary(summary) => Self::Summary {
                quantiles: summary
                    .quantiles
                    .iter()
                    .map(|quantile| quantile.quantile)
                    .collect(),
                has_sum: summary.sum.is_some(),
            },
            Value::Stale => match kind {
                Kind::Counter | Kind::Gauge | Kind::Info | Kind::StateSet | Kind::Unknown => {
                    Self::Number
                }
                Kind::ExponentialHistogram => Self::Native,
                Kind::Histogram | Kind::Summary => Self::Nothing,
            },
        }
    }
}

impl Ended {
    pub(super) fn about(&self) -> About<'_> {
        About {
            kind: self.identity.kind,
            help: &self.identity.help,
            unit: &self.identity.unit,
        }
    }

    pub(super) fn line(&self) -> Line<'_> {
        Line {
            name: &self.name,
            labels: &self.identity.labels,
            own: self
                .own
                .as_ref()
                .map(|(name, value)| (*name, value.as_str())),
        }
    }
}
