//! One view.

use std::fmt;

use opentelemetry::Key;
use opentelemetry_sdk::metrics::{Aggregation, InstrumentKind, Stream};

use super::pattern::Pattern;
use crate::config_error::ConfigError;
use crate::metrics::instrument::{Selectable, kind_name};

/// Selects instruments, and says what stream they become.
///
/// An instrument is selected when it meets every criterion that is set; at least one has to be. What is not changed
/// stays as the instrument asks for.
///
/// ```
/// use otelbox_sdk::metrics::View;
///
/// let latency = View::new().name("http.server.duration").buckets([5.0, 10.0, 25.0, 50.0, 100.0]);
/// let bounded = View::new().name("*").allow_attributes(["http.method", "http.route"]);
/// # drop((latency, bounded));
/// ```
///
/// Spec: Metrics SDK, "View".
#[derive(Clone, Debug, Default)]
pub struct View {
    name: Option<Pattern>,
    kind: Option<InstrumentKind>,
    unit: Option<String>,
    scope: Option<String>,
    rename: Option<String>,
    description: Option<String>,
    attributes: Option<Vec<Key>>,
    aggregation: Option<Aggregation>,
    cardinality_limit: Option<usize>,
}

impl View {
    /// A view that selects nothing yet and changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Selects instruments of this name. `*` stands for any number of characters, `?` for one; all else has to be
    /// equal, case included.
    #[must_use]
    pub fn name(mut self, pattern: impl Into<String>) -> Self {
        self.name = Some(Pattern::new(pattern));
        self
    }

    /// Selects instruments of this kind.
    #[must_use]
    pub fn kind(mut self, kind: InstrumentKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Selects instruments with exactly this unit.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// Selects instruments of meters with exactly this name.
    #[must_use]
    pub fn scope(mut self, name: impl Into<String>) -> Self {
        self.scope = Some(name.into());
        self
    }

    /// Gives the stream another name. Needs a name without wildcards to select by, so that no two instruments end up in
    /// one stream.
    #[must_use]
    pub fn rename(mut self, name: impl Into<String>) -> Self {
        self.rename = Some(name.into());
        self
    }

    /// Gives the stream another description.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Keeps the attributes with these keys and drops all others; none keeps none.
    #[must_use]
    pub fn allow_attributes<K: Into<Key>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.attributes = Some(keys.into_iter().map(Into::into).collect());
        self
    }

    /// The most combinations of attributes that the stream has series for; all beyond it go to one series with the
    /// attribute `otel.metric.overflow`. From 1 to one below the largest `usize`; default 2000. The series without
    /// attributes does not count. Memory for all of them is taken at once.
    ///
    /// Spec: Metrics SDK, "Cardinality limits".
    #[must_use]
    pub fn cardinality_limit(mut self, limit: usize) -> Self {
        self.cardinality_limit = Some(limit);
        self
    }

    /// Makes the stream a histogram with these upper bounds: finite, each larger than the one before. A value that
    /// equals a bound falls into the bucket below it.
    #[must_use]
    pub fn buckets(mut self, bounds: impl IntoIterator<Item = f64>) -> Self {
        self.aggregation = Some(Aggregation::ExplicitBucketHistogram {
            boundaries: bounds.into_iter().collect(),
            record_min_max: true,
        });
        self
    }

    /// Makes the stream a histogram with exponential bounds: at most 160 buckets on each side of zero, and a scale of at
    /// most 20, which are the defaults of the specification.
    ///
    /// Spec: OpenTelemetry 1.60.0, "Metrics SDK", Base2 Exponential Bucket Histogram Aggregation.
    #[must_use]
    pub fn exponential_buckets(mut self) -> Self {
        self.aggregation = Some(Aggregation::Base2ExponentialHistogram {
            max_size: 160,
            max_scale: 20,
            record_min_max: true,
        });
        self
    }

    /// Makes no stream of the selected instruments.
    #[must_use]
    pub fn drop(mut self) -> Self {
        self.aggregation = Some(Aggregation::Drop);
        self
    }

    /// Whether the view can be used.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let invalid = |value: String, allowed: &'static str| {
            Err(ConfigError::Value {
                option: "with_view",
                value,
                allowed,
            })
        };
        if self.name.is_none() && self.kind.is_none() && self.unit.is_none() && self.scope.is_none()
        {
            return invalid(
                self.to_string(),
                "a view with a criterion; name(\"*\") selects every instrument",
            );
        }
        if self.rename.is_some() && self.name.as_ref().is_none_or(Pattern::has_wildcards) {
            return invalid(
                self.to_string(),
                "rename() only with a name without wildcards",
            );
        }
        if let Some(limit @ (0 | usize::MAX)) = self.cardinality_limit {
            return invalid(
                format!("{self} with a cardinality_limit of {limit}"),
                "a limit from 1 to one below the largest usize",
            );
        }
        if let Some(Aggregation::ExplicitBucketHistogram { boundaries, .. }) = &self.aggregation
            && !(boundaries.iter().all(|bound| bound.is_finite())
                && boundaries.is_sorted_by(|one, two| one < two))
        {
            return invalid(
                format!("{self} with bounds {boundaries:?}"),
                "finite bounds, each larger than the one before",
            );
        }
        Ok(())
    }

    /// What it selects by name, where that is a criterion.
    pub(super) fn name_pattern(&self) -> Option<&str> {
        self.name.as_ref().map(Pattern::as_str)
    }

    pub(super) fn selects(&self, instrument: Selectable<'_>) -> bool {
        self.name
            .as_ref()
            .is_none_or(|pattern| pattern.matches(instrument.name))
            && self.kind.is_none_or(|kind| kind == instrument.kind)
            && self
                .unit
                .as_ref()
                .is_none_or(|unit| unit == instrument.unit)
            && self
                .scope
                .as_ref()
                .is_none_or(|scope| scope == instrument.scope)
    }

    /// The stream that it makes of a selected instrument, for the SDK; called `name` where that is given.
    pub(super) fn stream(&self, name: Option<String>) -> Option<Stream> {
        let mut stream = Stream::builder();
        if let Some(name) = name.or_else(|| self.rename.clone()) {
            stream = stream.with_name(name);
        }
        if let Some(description) = &self.description {
            stream = stream.with_description(description.clone());
        }
        if let Some(keys) = &self.attributes {
            stream = stream.with_allowed_attribute_keys(keys.iter().cloned());
        }
        if let Some(limit) = self.cardinality_limit {
            stream = stream.with_cardinality_limit(limit);
        }
        if let Some(aggregation) = &self.aggregation {
            stream = stream.with_aggregation(aggregation.clone());
        }
        // `check` has refused what the SDK would refuse.
        stream.build().ok()
    }

    /// The name of the stream that it makes of `instrument`.
    pub(super) fn stream_name<'a>(&'a self, instrument: Selectable<'a>) -> &'a str {
        self.rename.as_deref().unwrap_or(instrument.name)
    }

    /// Whether it makes no stream of what it selects.
    pub(super) fn drops(&self) -> bool {
        self.aggregation == Some(Aggregation::Drop)
    }

    /// Whether it makes a stream of `instrument` that differs from what `other` makes of it under the same name. The
    /// other one may also be none at all, dropped.
    pub(super) fn differs_from(&self, other: &Self, instrument: Selectable<'_>) -> bool {
        !self.drops()
            && self
                .stream_name(instrument)
                .eq_ignore_ascii_case(other.stream_name(instrument))
            && (&self.attributes, &self.aggregation, self.cardinality_limit)
                != (
                    &other.attributes,
                    &other.aggregation,
                    other.cardinality_limit,
                )
    }

    /// The name of the stream that it makes of `instrument`, if that is not a histogram and not dropped.
    pub(super) fn plain_stream_name(&self, instrument: Selectable<'_>) -> Option<String> {
        self.aggregation
            .is_none()
            .then(|| self.stream_name(instrument).to_owned())
    }
}

/// What it selects by.
impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("view")?;
        if let Some(name) = &self.name {
            write!(f, " name={name}")?;
        }
        if let Some(kind) = self.kind {
            write!(f, " kind={:?}", kind_name(kind))?;
        }
        if let Some(unit) = &self.unit {
            write!(f, " unit={unit}")?;
        }
        if let Some(scope) = &self.scope {
            write!(f, " scope={scope}")?;
        }
        Ok(())
    }
}
