//! Metrics.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
    SummaryDataPoint, exemplar, number_data_point,
};

use super::Decoded;
use super::common::{attributes, resource, scope};
use super::object::Object;
use super::scalar;

pub(super) fn request(object: &Object<'_>) -> Decoded<ExportMetricsServiceRequest> {
    Ok(ExportMetricsServiceRequest {
        resource_metrics: object.messages("resourceMetrics", resource_metrics)?,
    })
}

fn resource_metrics(object: &Object<'_>) -> Decoded<ResourceMetrics> {
    Ok(ResourceMetrics {
        resource: object.message("resource", resource)?,
        scope_metrics: object.messages("scopeMetrics", scope_metrics)?,
        schema_url: object.scalar("schemaUrl", scalar::text)?,
    })
}

fn scope_metrics(object: &Object<'_>) -> Decoded<ScopeMetrics> {
    Ok(ScopeMetrics {
        scope: object.message("scope", scope)?,
        metrics: object.messages("metrics", metric)?,
        schema_url: object.scalar("schemaUrl", scalar::text)?,
    })
}

fn metric(object: &Object<'_>) -> Decoded<Metric> {
    object.at_most_one(&[
        "gauge",
        "sum",
        "histogram",
        "exponentialHistogram",
        "summary",
    ])?;
    let data = if let Some(data) = object.message("gauge", gauge)? {
        Some(Data::Gauge(data))
    } else if let Some(data) = object.message("sum", sum)? {
        Some(Data::Sum(data))
    } else if let Some(data) = object.message("histogram", histogram)? {
        Some(Data::Histogram(data))
    } else if let Some(data) = object.message("exponentialHistogram", exponential_histogram)? {
        Some(Data::ExponentialHistogram(data))
    } else {
        object.message("summary", summary)?.map(Data::Summary)
    };
    Ok(Metric {
        name: object.scalar("name", scalar::text)?,
        description: object.scalar("description", scalar::text)?,
        unit: object.scalar("unit", scalar::text)?,
        metadata: attributes(object, "metadata")?,
        data,
    })
}

fn gauge(object: &Object<'_>) -> Decoded<Gauge> {
    Ok(Gauge {
        data_points: object.messages("dataPoints", number_data_point)?,
    })
}

fn sum(object: &Object<'_>) -> Decoded<Sum> {
    Ok(Sum {
        data_points: object.messages("dataPoints", number_data_point)?,
        aggregation_temporality: object.scalar("aggregationTemporality", scalar::enumeration)?,
        is_monotonic: object.scalar("isMonotonic", scalar::boolean)?,
    })
}

fn histogram(object: &Object<'_>) -> Decoded<Histogram> {
    Ok(Histogram {
        data_points: object.messages("dataPoints", histogram_data_point)?,
        aggregation_temporality: object.scalar("aggregationTemporality", scalar::enumeration)?,
    })
}

fn exponential_histogram(object: &Object<'_>) -> Decoded<ExponentialHistogram> {
    Ok(ExponentialHistogram {
        data_points: object.messages("dataPoints", exponential_histogram_data_point)?,
        aggregation_temporality: object.scalar("aggregationTemporality", scalar::enumeration)?,
    })
}

fn summary(object: &Object<'_>) -> Decoded<Summary> {
    Ok(Summary {
        data_points: object.messages("dataPoints", summary_data_point)?,
    })
}

fn number_data_point(object: &Object<'_>) -> Decoded<NumberDataPoint> {
    object.at_most_one(&["asDouble", "asInt"])?;
    let value = match object.optional("asDouble", scalar::f64)? {
        Some(value) => Some(number_data_point::Value::AsDouble(value)),
        None => object
            .optional("asInt", scalar::i64)?
            .map(number_data_point::Value::AsInt),
    };
    Ok(NumberDataPoint {
        attributes: attributes(object, "attributes")?,
        start_time_unix_nano: object.scalar("startTimeUnixNano", scalar::u64)?,
        time_unix_nano: object.scalar("timeUnixNano", scalar::u64)?,
        exemplars: object.messages("exemplars", exemplar)?,
        flags: object.scalar("flags", scalar::u32)?,
        value,
    })
}

fn histogram_data_point(object: &Object<'_>) -> Decoded<HistogramDataPoint> {
    Ok(HistogramDataPoint {
        attributes: attributes(object, "attributes")?,
        start_time_unix_nano: object.scalar("startTimeUnixNano", scalar::u64)?,
        time_unix_nano: object.scalar("timeUnixNano", scalar::u64)?,
        count: object.scalar("count", scalar::u64)?,
        sum: object.optional("sum", scalar::f64)?,
        bucket_counts: object.list("bucketCounts", scalar::u64)?,
        explicit_bounds: object.list("explicitBounds", scalar::f64)?,
        exemplars: object.messages("exemplars", exemplar)?,
        flags: object.scalar("flags", scalar::u32)?,
        min: object.optional("min", scalar::f64)?,
        max: object.optional("max", scalar::f64)?,
    })
}

fn exponential_histogram_data_point(object: &Object<'_>) -> Decoded<ExponentialHistogramDataPoint> {
    Ok(ExponentialHistogramDataPoint {
        attributes: attributes(object, "attributes")?,
        start_time_unix_nano: object.scalar("startTimeUnixNano", scalar::u64)?,
        time_unix_nano: object.scalar("timeUnixNano", scalar::u64)?,
        count: object.scalar("count", scalar::u64)?,
        sum: object.optional("sum", scalar::f64)?,
        scale: object.scalar("scale", scalar::i32)?,
        zero_count: object.scalar("zeroCount", scalar::u64)?,
        positive: object.message("positive", buckets)?,
        negative: object.message("negative", buckets)?,
        flags: object.scalar("flags", scalar::u32)?,
        exemplars: object.messages("exemplars", exemplar)?,
        min: object.optional("min", scalar::f64)?,
        max: object.optional("max", scalar::f64)?,
        zero_threshold: object.scalar("zeroThreshold", scalar::f64)?,
    })
}

fn buckets(object: &Object<'_>) -> Decoded<Buckets> {
    Ok(Buckets {
        offset: object.scalar("offset", scalar::i32)?,
        bucket_counts: object.list("bucketCounts", scalar::u64)?,
    })
}

fn summary_data_point(object: &Object<'_>) -> Decoded<SummaryDataPoint> {
    Ok(SummaryDataPoint {
        attributes: attributes(object, "attributes")?,
        start_time_unix_nano: object.scalar("startTimeUnixNano", scalar::u64)?,
        time_unix_nano: object.scalar("timeUnixNano", scalar::u64)?,
        count: object.scalar("count", scalar::u64)?,
        sum: object.scalar("sum", scalar::f64)?,
        quantile_values: object.messages("quantileValues", |quantile| {
            Ok(ValueAtQuantile {
                quantile: quantile.scalar("quantile", scalar::f64)?,
                value: quantile.scalar("value", scalar::f64)?,
            })
        })?,
        flags: object.scalar("flags", scalar::u32)?,
    })
}

fn exemplar(object: &Object<'_>) -> Decoded<Exemplar> {
    object.at_most_one(&["asDouble", "asInt"])?;
    let value = match object.optional("asDouble", scalar::f64)? {
        Some(value) => Some(exemplar::Value::AsDouble(value)),
        None => object
            .optional("asInt", scalar::i64)?
            .map(exemplar::Value::AsInt),
    };
    Ok(Exemplar {
        filtered_attributes: attributes(object, "filteredAttributes")?,
        time_unix_nano: object.scalar("timeUnixNano", scalar::u64)?,
        span_id: object.scalar("spanId", scalar::id)?,
        trace_id: object.scalar("traceId", scalar::id)?,
        value,
    })
}
