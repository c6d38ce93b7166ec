//! From a batch to families.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Metric, ResourceMetrics};

use super::assembly::Assembly;
use super::constant_labels::ConstantLabels;
use super::escaping::Escaping;
use super::labels::{SharedLabels, resource_labels};
use super::model::{Families, Kind, Series};
use super::name::{FamilyName, Naming, Suffixes};
use super::problem::ProblemKind;
use super::strategy::TranslationStrategy;
use super::value::{Number, Value};
use crate::convert::unix_nano;
use crate::metrics::{MetricBatch, points_of};

/// How names and labels are made.
///
/// Spec: Prometheus exporter, "Configuration".
#[derive(Clone, Debug)]
pub(crate) struct Translation {
    /// What becomes of the resource.
    pub(crate) target: Target,
    /// What becomes of names.
    pub(crate) strategy: TranslationStrategy,
    /// What becomes of names that the strategy leaves as they are. Default: they have the form that every client takes.
    pub(crate) escaping: Escaping,
    /// Which attributes of the resource series have as labels. Default: none.
    pub(crate) constant_labels: ConstantLabels,
    /// Whether series have the labels `otel_scope_...`. Default: yes.
    pub(crate) scope_labels: bool,
    /// Whether names have the unit where the strategy adds suffixes. Default: yes.
    pub(crate) unit_suffix: bool,
    /// Whether the names of counters end in `_total` where the strategy adds suffixes. Default: yes.
    pub(crate) type_suffix: bool,
}

/// What becomes of the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The metric `target_info` has all of it; whoever scrapes says what target it is. There can be one resource only.
    Info,
    /// As [`Info`](Self::Info), without that metric.
    WithoutInfo,
    /// `job` and `instance` are labels of each series; `target_info` has the rest.
    JobAndInstance,
}

/// What `job` and `instance` say.
const IDENTITY: &[&str] = &["service.name", "service.namespace", "service.instance.id"];

impl Translation {
    /// The defaults, with this use of the resource.
    pub(crate) const fn new(target: Target) -> Self {
        Self {
            target,
            strategy: TranslationStrategy::UnderscoreEscapingWithSuffixes,
            escaping: Escaping::Underscores,
            constant_labels: ConstantLabels::NONE,
            scope_labels: true,
            unit_suffix: true,
            type_suffix: true,
        }
    }

    /// The same with names that are escaped in this way.
    #[cfg(feature = "prometheus")]
    pub(crate) fn escaped(&self, escaping: Escaping) -> Self {
        Self {
            escaping,
            ..self.clone()
        }
    }

    /// How names are escaped for a client that asks for `escaping`: those that all clients take are the same in each.
    #[cfg(feature = "prometheus")]
    pub(crate) const fn effective(&self, escaping: Escaping) -> Escaping {
        if self.strategy.escapes() {
            Escaping::Underscores
        } else {
            escaping
        }
    }

    const fn naming(&self) -> Naming {
        if self.strategy.escapes() {
            Naming::Underscores
        } else {
            Naming::AsRecorded(self.escaping)
        }
    }

    /// What the name of a metric of this kind gets. That of an info metric is one by its suffix alone.
    fn suffixes(&self, kind: Kind) -> Suffixes {
        let has_suffixes = self.strategy.has_suffixes();
        Suffixes {
            unit: has_suffixes && self.unit_suffix,
            kind: (has_suffixes && self.type_suffix) || kind == Kind::Info,
        }
    }

    /// What `batch` is to Prometheus.
    pub(crate) fn families<'a>(&self, batch: &'a MetricBatch) -> Families<'a> {
        let mut assembly = Assembly::default();
        let time_unix_nano = unix_nano(batch.window.end);
        for (index, resource) in batch.request.resource_metrics.iter().enumerate() {
            if index > 0 && self.target != Target::JobAndInstance {
                refuse(resource, &mut assembly);
                continue;
            }
            self.resource(resource, time_unix_nano, &mut assembly);
        }
        assembly.finish()
    }

    fn resource<'a>(
        &self,
        resource: &'a ResourceMetrics,
        time_unix_nano: u64,
        assembly: &mut Assembly<'a>,
    ) {
        let naming = self.naming();
        let attributes = resource.resource.as_ref();
        let attributes = attributes.map_or(&[][..], |resource| &resource.attributes);
        let (target, except) = match self.target {
            Target::Info | Target::WithoutInfo => (SharedLabels::new(naming), &[][..]),
            Target::JobAndInstance => (SharedLabels::of_target(naming, attributes), IDENTITY),
        };
        let labels = resource_labels(&target, attributes, except);
        let says_more = attributes
            .iter()
            .any(|one| !except.contains(&one.key.as_str()));
        let has_target = self.target == Target::Info || !target.is_empty();
        if self.target != Target::WithoutInfo && has_target && says_more && !labels.is_empty() {
            assembly.target_info(Series {
                labels,
                point: None,
                start_unix_nano: 0,
                time_unix_nano,
                value: Value::Number(Number::Integer(1)),
                exemplars: Vec::new(),
            });
        }
        let of_resource = target.with_constants(self.constant_labels.among(attributes));
        for scope in &resource.scope_metrics {
            let shared = if self.scope_labels {
                of_resource.with_scope(scope)
            } else {
                of_resource.clone()
            };
            for metric in &scope.metrics {
                self.metric(metric, &shared, assembly);
            }
        }
    }

    fn metric<'a>(
        &self,
        metric: &'a Metric,
        shared: &SharedLabels<'a>,
        assembly: &mut Assembly<'a>,
    ) {
        let points = assembly.number(points_of(metric));
        let Some(data) = &metric.data else { return };
        let kind = match kind(metric, data) {
            Ok(kind) => kind,
            Err(problem) => return assembly.problem(&metric.name, problem, points.len()),
        };
        let is_ratio = matches!(data, Data::Gauge(_));
        let Some(name) = FamilyName::new(
            &metric.name,
            &metric.unit,
            kind,
            is_ratio,
            self.suffixes(kind),
            self.naming(),
        ) else {
            return assembly.problem(&metric.name, ProblemKind::NoName, points.len());
        };
        let Some(family) = assembly.open(metric, name, kind, points) else {
            return;
        };
        match data {
            Data::Gauge(gauge) => family.add(shared, &gauge.data_points),
            Data::Sum(sum) => family.add(shared, &sum.data_points),
            Data::Histogram(histogram) => family.add(shared, &histogram.data_points),
            Data::ExponentialHistogram(histogram) => family.add(shared, &histogram.data_points),
            Data::Summary(summary) => family.add(shared, &summary.data_points),
        }
    }
}

/// A resource that comes after the only one that there can be.
fn refuse(resource: &ResourceMetrics, assembly: &mut Assembly<'_>) {
    for metric in resource
        .scope_metrics
        .iter()
        .flat_map(|scope| &scope.metrics)
    {
        assembly.problem(&metric.name, ProblemKind::SecondResource, points_of(metric));
    }
}

/// What a metric is to Prometheus.
///
/// Spec: Prometheus compatibility, "Gauges", "Sums" (MUST).
fn kind(metric: &Metric, data: &Data) -> Result<Kind, ProblemKind> {
    let cumulative = |temporality: i32, kind| {
        if temporality == AggregationTemporality::Cumulative as i32 {
            Ok(kind)
        } else {
            Err(ProblemKind::Delta)
        }
    };
    let declared = metric
        .metadata
        .iter()
        .find(|metadata| metadata.key == "prometheus.type")
        .and_then(|metadata| metadata.value.as_ref()?.value.as_ref());
    let is_declared = |kind: &str| matches!(declared, Some(Any::StringValue(text)) if text == kind);
    match data {
        Data::Gauge(_) if is_declared("unknown") => Ok(Kind::Unknown),
        Data::Gauge(_) => Ok(Kind::Gauge),
        Data::Sum(sum) => cumulative(
            sum.aggregation_temporality,
            if sum.is_monotonic {
                Kind::Counter
            } else if is_declared("info") {
                Kind::Info
            } else if is_declared("stateset") {
                Kind::StateSet
            } else {
                Kind::Gauge
            },
        ),
        Data::Histogram(histogram) => {
            cumulative(histogram.aggregation_temporality, Kind::Histogram)
        }
        Data::ExponentialHistogram(histogram) => cumulative(
            histogram.aggregation_temporality,
            Kind::ExponentialHistogram,
        ),
        Data::Summary(_) => Ok(Kind::Summary),
    }
}
