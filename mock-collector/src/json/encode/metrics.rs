//! Metrics.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint,
    SummaryDataPoint, exemplar, number_data_point,
};
use serde_json::Value;

use super::common::{attributes, resource, scope};
use super::object::{Object, double};
use super::style::Style;

pub(super) fn request(request: &ExportMetricsServiceRequest, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    object.list("resourceMetrics", &request.resource_metrics, |each| {
        let mut object = Object::default();
        resource(&mut object, each.resource.as_ref());
        object.list("scopeMetrics", &each.scope_metrics, |each| {
            let mut object = Object::default();
            scope(&mut object, each.scope.as_ref());
            object.list("metrics", &each.metrics, |each| metric(each, style));
            object.text("schemaUrl", &each.schema_url);
            object.finish()
        });
        object.text("schemaUrl", &each.schema_url);
        object.finish()
    });
    object.finish()
}

fn metric(metric: &Metric, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    object.text("name", &metric.name);
    object.text("description", &metric.description);
    object.text("unit", &metric.unit);
    attributes(&mut object, "metadata", &metric.metadata);
    let mut data = Object::default();
    let key = match &metric.data {
        None => return object.finish(),
        Some(Data::Gauge(gauge)) => {
            data.list("dataPoints", &gauge.data_points, |point| {
                number(point, style)
            });
            "gauge"
        }
        Some(Data::Sum(sum)) => {
            data.list("dataPoints", &sum.data_points, |point| number(point, style));
            data.number("aggregationTemporality", sum.aggregation_temporality);
            data.boolean("isMonotonic", sum.is_monotonic);
            "sum"
        }
        Some(Data::Histogram(histogram)) => {
            data.list("dataPoints", &histogram.data_points, |point| {
                explicit(point, style)
            });
            data.number("aggregationTemporality", histogram.aggregation_temporality);
            "histogram"
        }
        Some(Data::ExponentialHistogram(histogram)) => {
            data.list("dataPoints", &histogram.data_points, |point| {
                exponential(point, style)
            });
            data.number("aggregationTemporality", histogram.aggregation_temporality);
            "exponentialHistogram"
        }
        Some(Data::Summary(summary)) => {
            data.list("dataPoints", &summary.data_points, |point| {
                quantiles(point, style)
            });
            "summary"
        }
    };
    object.put(key, data.finish());
    object.finish()
}

fn number(point: &NumberDataPoint, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    attributes(&mut object, "attributes", &point.attributes);
    object.time("startTimeUnixNano", point.start_time_unix_nano, style);
    object.time("timeUnixNano", point.time_unix_nano, style);
    match point.value {
        None => {}
        Some(number_data_point::Value::AsDouble(value)) => object.put("asDouble", double(value)),
        Some(number_data_point::Value::AsInt(value)) => object.put("asInt", value.to_string()),
    }
    object.list("exemplars", &point.exemplars, |each| exemplar(each, style));
    object.number("flags", point.flags);
    object.finish()
}

fn explicit(point: &HistogramDataPoint, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    attributes(&mut object, "attributes", &point.attributes);
    object.time("startTimeUnixNano", point.start_time_unix_nano, style);
    object.time("timeUnixNano", point.time_unix_nano, style);
    object.long("count", point.count);
    object.optional_double("sum", point.sum);
    object.list("bucketCounts", &point.bucket_counts, |count| {
        count.to_string().into()
    });
    object.list("explicitBounds", &point.explicit_bounds, |bound| {
        double(*bound)
    });
    object.list("exemplars", &point.exemplars, |each| exemplar(each, style));
    object.number("flags", point.flags);
    object.optional_double("min", point.min);
    object.optional_double("max", point.max);
    object.finish()
}

fn exponential(point: &ExponentialHistogramDataPoint, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    attributes(&mut object, "attributes", &point.attributes);
    object.time("startTimeUnixNano", point.start_time_unix_nano, style);
    object.time("timeUnixNano", point.time_unix_nano, style);
    object.long("count", point.count);
    object.optional_double("sum", point.sum);
    object.number("scale", point.scale);
    object.long("zeroCount", point.zero_count);
    if let Some(positive) = &point.positive {
        object.put("positive", buckets(positive));
    }
    if let Some(negative) = &point.negative {
        object.put("negative", buckets(negative));
    }
    object.number("flags", point.flags);
    object.list("exemplars", &point.exemplars, |each| exemplar(each, style));
    object.optional_double("min", point.min);
    object.optional_double("max", point.max);
    object.double("zeroThreshold", point.zero_threshold);
    object.finish()
}

fn buckets(buckets: &Buckets) -> Value {
    let mut object = Object::default();
    object.number("offset", buckets.offset);
    object.list("bucketCounts", &buckets.bucket_counts, |count| {
        count.to_string().into()
    });
    object.finish()
}

fn quantiles(point: &SummaryDataPoint, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    attributes(&mut object, "attributes", &point.attributes);
    object.time("startTimeUnixNano", point.start_time_unix_nano, style);
    object.time("timeUnixNano", point.time_unix_nano, style);
    object.long("count", point.count);
    object.double("sum", point.sum);
    object.list("quantileValues", &point.quantile_values, |each| {
        let mut object = Object::default();
        object.double("quantile", each.quantile);
        object.double("value", each.value);
        object.finish()
    });
    object.number("flags", point.flags);
    object.finish()
}

fn exemplar(exemplar: &Exemplar, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    attributes(
        &mut object,
        "filteredAttributes",
        &exemplar.filtered_attributes,
    );
    object.time("timeUnixNano", exemplar.time_unix_nano, style);
    match exemplar.value {
        None => {}
        Some(exemplar::Value::AsDouble(value)) => object.put("asDouble", double(value)),
        Some(exemplar::Value::AsInt(value)) => object.put("asInt", value.to_string()),
    }
    object.span_id("spanId", &exemplar.span_id, style);
    object.trace_id(&exemplar.trace_id, style);
    object.finish()
}
