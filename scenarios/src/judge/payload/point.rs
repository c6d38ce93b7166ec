//! Data points of all payloads, flat, with the names of what they belong to.

use std::fmt::Write as _;

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value},
    metrics::v1::{
        AggregationTemporality, ExponentialHistogramDataPoint, HistogramDataPoint, Metric,
        metric::Data, number_data_point,
    },
};

use crate::{
    run::{Exchange, Recording},
    scenario::{Number, Temporality, check::DataType},
};

/// One data point of one payload.
#[derive(Clone, Debug)]
pub(crate) struct Point<'a> {
    /// The exchange that carried it.
    pub(crate) exchange: &'a Exchange,
    /// Its resource in canonical text.
    pub(crate) resource: String,
    /// Name and version of its scope.
    pub(crate) scope: String,
    /// Its metric.
    pub(crate) metric: &'a Metric,
    /// What kind of data.
    pub(crate) data: DataType,
    /// The enumeration's number, for kinds that have a temporality.
    pub(crate) temporality: Option<i32>,
    /// For sums.
    pub(crate) monotonic: Option<bool>,
    /// Attributes as sent.
    pub(crate) attributes: &'a [KeyValue],
    /// Start of the window.
    pub(crate) start: u64,
    /// End of the window.
    pub(crate) time: u64,
    /// What was measured.
    pub(crate) value: PointValue<'a>,
}

/// What a point says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PointValue<'a> {
    /// A sum or a gauge; absent where the point has none.
    Number(Option<Number>),
    /// A histogram with explicit bounds.
    Histogram(&'a HistogramDataPoint),
    /// A histogram with exponential bounds.
    Exponential(&'a ExponentialHistogramDataPoint),
    /// A summary, which no SDK makes.
    Summary,
}

impl Point<'_> {
    /// What makes it one of a series: everything but times and value.
    pub(crate) fn series(&self) -> String {
        format!(
            "{}|{}|{}|{}|{}",
            self.resource,
            self.scope,
            self.metric.name,
            self.metric.unit,
            self.attribute_text()
        )
    }

    /// `http.requests{route=/checkout}`.
    pub(crate) fn label(&self) -> String {
        let attributes = self.attribute_text();
        if attributes.is_empty() {
            self.metric.name.clone()
        } else {
            format!("{}{{{attributes}}}", self.metric.name)
        }
    }

    /// The point's attributes in canonical text.
    pub(crate) fn attribute_text(&self) -> String {
        attribute_text(self.attributes)
    }

    /// The known temporality.
    pub(crate) fn known_temporality(&self) -> Option<Temporality> {
        match AggregationTemporality::try_from(self.temporality?) {
            Ok(AggregationTemporality::Delta) => Some(Temporality::Delta),
            Ok(AggregationTemporality::Cumulative) => Some(Temporality::Cumulative),
            Ok(AggregationTemporality::Unspecified) | Err(_) => None,
        }
    }

    /// A sum's value, or a histogram's count; none for gauges, summaries and points without a value.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of a scenario stay far below 2^53"
    )]
    pub(crate) fn amount(&self) -> Option<f64> {
        match (self.data, self.value) {
            (DataType::Sum, PointValue::Number(Some(number))) => Some(number.as_f64()),
            (_, PointValue::Histogram(point)) => Some(point.count as f64),
            (_, PointValue::Exponential(point)) => Some(point.count as f64),
            (_, PointValue::Number(_) | PointValue::Summary) => None,
        }
    }

    /// Everything that the point says but its times, in one text, to see whether two points are the same.
    pub(crate) fn content(&self) -> String {
        match self.value {
            PointValue::Number(number) => {
                number.map_or_else(|| "none".to_owned(), |number| number.to_string())
            }
            PointValue::Histogram(point) => {
                format!(
                    "{} {:?} {:?} {:?}",
                    point.count, point.sum, point.bucket_counts, point.explicit_bounds
                )
            }
            PointValue::Exponential(point) => {
                format!(
                    "{} {:?} {} {:?} {:?}",
                    point.count, point.sum, point.scale, point.positive, point.negative
                )
            }
            PointValue::Summary => "summary".to_owned(),
        }
    }

    /// Seconds since the start of the SUT, as timelines write them.
    pub(crate) fn offset(recording: &Recording, unix_nano: u64) -> String {
        if unix_nano == 0 {
            return "unset".to_owned();
        }
        let nanos = i128::from(unix_nano) - i128::from(recording.epoch_unix_nano);
        let sign = if nanos < 0 { "-" } else { "+" };
        let millis = (nanos.unsigned_abs() + 500_000) / 1_000_000;
        format!("{sign}{}.{:03}s", millis / 1000, millis % 1000)
    }
}

/// All points of `exchange`, in the order of the payload.
pub(crate) fn points_of(exchange: &Exchange) -> Vec<Point<'_>> {
    let mut points = Vec::new();
    let Some(request) = exchange.metrics() else {
        return points;
    };
    for resource_metrics in &request.resource_metrics {
        let resource = resource_metrics
            .resource
            .as_ref()
            .map(|resource| attribute_text(&resource.attributes))
            .unwrap_or_default();
        for scope_metrics in &resource_metrics.scope_metrics {
            let scope = scope_metrics
                .scope
                .as_ref()
                .map(|scope| {
                    format!("{} {}", scope.name, scope.version)
                        .trim_end()
                        .to_owned()
                })
                .unwrap_or_default();
            for metric in &scope_metrics.metrics {
                points_of_metric(exchange, &resource, &scope, metric, &mut points);
            }
        }
    }
    points
}

fn points_of_metric<'a>(
    exchange: &'a Exchange,
    resource: &str,
    scope: &str,
    metric: &'a Metric,
    points: &mut Vec<Point<'a>>,
) {
    let mut add = |data, temporality, monotonic, attributes, start, time, value| {
        points.push(Point {
            exchange,
            resource: resource.to_owned(),
            scope: scope.to_owned(),
            metric,
            data,
            temporality,
            monotonic,
            attributes,
            start,
            time,
            value,
        });
    };
    match &metric.data {
        None => {}
        Some(Data::Gauge(gauge)) => {
            for point in &gauge.data_points {
                let value = PointValue::Number(number(point.value));
                add(
                    DataType::Gauge,
                    None,
                    None,
                    &point.attributes,
                    point.start_time_unix_nano,
                    point.time_unix_nano,
                    value,
                );
            }
        }
        Some(Data::Sum(sum)) => {
            for point in &sum.data_points {
                let value = PointValue::Number(number(point.value));
                add(
                    DataType::Sum,
                    Some(sum.aggregation_temporality),
                    Some(sum.is_monotonic),
                    &point.attributes,
                    point.start_time_unix_nano,
                    point.time_unix_nano,
                    value,
                );
            }
        }
        Some(Data::Histogram(histogram)) => {
            for point in &histogram.data_points {
                add(
                    DataType::Histogram,
                    Some(histogram.aggregation_temporality),
                    None,
                    &point.attributes,
                    point.start_time_unix_nano,
                    point.time_unix_nano,
                    PointValue::Histogram(point),
                );
            }
        }
        Some(Data::ExponentialHistogram(histogram)) => {
            for point in &histogram.data_points {
                add(
                    DataType::ExponentialHistogram,
                    Some(histogram.aggregation_temporality),
                    None,
                    &point.attributes,
                    point.start_time_unix_nano,
                    point.time_unix_nano,
                    PointValue::Exponential(point),
                );
            }
        }
        Some(Data::Summary(summary)) => {
            for point in &summary.data_points {
                add(
                    DataType::Summary,
                    None,
                    None,
                    &point.attributes,
                    point.start_time_unix_nano,
                    point.time_unix_nano,
                    PointValue::Summary,
                );
            }
        }
    }
}

fn number(value: Option<number_data_point::Value>) -> Option<Number> {
    value.map(|value| match value {
        number_data_point::Value::AsInt(value) => Number::Integer(value),
        number_data_point::Value::AsDouble(value) => Number::Float(value),
    })
}

/// Attributes sorted by key: `a=1,b=x`.
pub(crate) fn attribute_text(attributes: &[KeyValue]) -> String {
    let mut pairs: Vec<(&str, String)> = attributes
        .iter()
        .map(|attribute| (attribute.key.as_str(), value_text(attribute.value.as_ref())))
        .collect();
    pairs.sort_unstable();
    let mut text = String::new();
    for (key, value) in pairs {
        let comma = if text.is_empty() { "" } else { "," };
        let _ = write!(text, "{comma}{key}={value}");
    }
    text
}

/// An attribute value in canonical text.
pub(crate) fn value_text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        None => "null".to_owned(),
        Some(any_value::Value::StringValue(text)) => text.clone(),
        Some(any_value::Value::BoolValue(value)) => value.to_string(),
        Some(any_value::Value::IntValue(value)) => value.to_string(),
        Some(any_value::Value::DoubleValue(value)) => format!("{value:?}"),
        Some(any_value::Value::ArrayValue(array)) => {
            let values: Vec<_> = array
                .values
                .iter()
                .map(|value| value_text(Some(value)))
                .collect();
            format!("[{}]", values.join(","))
        }
        Some(any_value::Value::KvlistValue(list)) => {
            format!("{{{}}}", attribute_text(&list.values))
        }
        Some(any_value::Value::BytesValue(bytes)) => format!("{bytes:?}"),
        Some(any_value::Value::StringValueStrindex(index)) => format!("strindex {index}"),
    }
}
