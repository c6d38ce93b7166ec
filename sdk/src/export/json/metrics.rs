//! The messages of metrics.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
    SummaryDataPoint, exemplar, metric, number_data_point,
};
use serde::ser::SerializeMap;

use super::write::{Double, Fields, Json, Long, Message};

impl Message for ExportMetricsServiceRequest {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("resourceMetrics", &self.resource_metrics)
    }
}

impl Message for ResourceMetrics {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.message("resource", self.resource.as_ref())?;
        fields.messages("scopeMetrics", &self.scope_metrics)?;
        fields.text("schemaUrl", &self.schema_url)
    }
}

impl Message for ScopeMetrics {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.message("scope", self.scope.as_ref())?;
        fields.messages("metrics", &self.metrics)?;
        fields.text("schemaUrl", &self.schema_url)
    }
}

impl Message for Metric {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.text("name", &self.name)?;
        fields.text("description", &self.description)?;
        fields.text("unit", &self.unit)?;
        match &self.data {
            None => {}
            Some(metric::Data::Gauge(data)) => fields.entry("gauge", &Json(data))?,
            Some(metric::Data::Sum(data)) => fields.entry("sum", &Json(data))?,
            Some(metric::Data::Histogram(data)) => fields.entry("histogram", &Json(data))?,
            Some(metric::Data::ExponentialHistogram(data)) => {
                fields.entry("exponentialHistogram", &Json(data))?;
            }
            Some(metric::Data::Summary(data)) => fields.entry("summary", &Json(data))?,
        }
        fields.messages("metadata", &self.metadata)
    }
}

impl Message for Gauge {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("dataPoints", &self.data_points)
    }
}

impl Message for Sum {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("dataPoints", &self.data_points)?;
        fields.number("aggregationTemporality", self.aggregation_temporality)?;
        fields.flag("isMonotonic", self.is_monotonic)
    }
}

impl Message for Histogram {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("dataPoints", &self.data_points)?;
        fields.number("aggregationTemporality", self.aggregation_temporality)
    }
}

impl Message for ExponentialHistogram {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("dataPoints", &self.data_points)?;
        fields.number("aggregationTemporality", self.aggregation_temporality)
    }
}

impl Message for Summary {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("dataPoints", &self.data_points)
    }
}

impl Message for NumberDataPoint {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("attributes", &self.attributes)?;
        fields.long("startTimeUnixNano", self.start_time_unix_nano)?;
        fields.long("timeUnixNano", self.time_unix_nano)?;
        match self.value {
            None => {}
            Some(number_data_point::Value::AsDouble(value)) => {
                fields.entry("asDouble", &Double(value))?;
            }
            Some(number_data_point::Value::AsInt(value)) => fields.entry("asInt", &Long(value))?,
        }
        fields.messages("exemplars", &self.exemplars)?;
        fields.number("flags", self.flags)
    }
}

impl Message for HistogramDataPoint {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("attributes", &self.attributes)?;
        fields.long("startTimeUnixNano", self.start_time_unix_nano)?;
        fields.long("timeUnixNano", self.time_unix_nano)?;
        fields.long("count", self.count)?;
        fields.optional_double("sum", self.sum)?;
        fields.longs("bucketCounts", &self.bucket_counts)?;
        fields.doubles("explicitBounds", &self.explicit_bounds)?;
        fields.messages("exemplars", &self.exemplars)?;
        fields.number("flags", self.flags)?;
        fields.optional_double("min", self.min)?;
        fields.optional_double("max", self.max)
    }
}

impl Message for ExponentialHistogramDataPoint {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("attributes", &self.attributes)?;
        fields.long("startTimeUnixNano", self.start_time_unix_nano)?;
        fields.long("timeUnixNano", self.time_unix_nano)?;
        fields.long("count", self.count)?;
        fields.optional_double("sum", self.sum)?;
        fields.number("scale", self.scale)?;
        fields.long("zeroCount", self.zero_count)?;
        fields.message("positive", self.positive.as_ref())?;
        fields.message("negative", self.negative.as_ref())?;
        fields.number("flags", self.flags)?;
        fields.messages("exemplars", &self.exemplars)?;
        fields.optional_double("min", self.min)?;
        fields.optional_double("max", self.max)?;
        fields.double("zeroThreshold", self.zero_threshold)
    }
}

impl Message for Buckets {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.number("offset", self.offset)?;
        fields.longs("bucketCounts", &self.bucket_counts)
    }
}

impl Message for SummaryDataPoint {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("attributes", &self.attributes)?;
        fields.long("startTimeUnixNano", self.start_time_unix_nano)?;
        fields.long("timeUnixNano", self.time_unix_nano)?;
        fields.long("count", self.count)?;
        fields.double("sum", self.sum)?;
        fields.messages("quantileValues", &self.quantile_values)?;
        fields.number("flags", self.flags)
    }
}

impl Message for ValueAtQuantile {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.double("quantile", self.quantile)?;
        fields.double("value", self.value)
    }
}

impl Message for Exemplar {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("filteredAttributes", &self.filtered_attributes)?;
        fields.long("timeUnixNano", self.time_unix_nano)?;
        match self.value {
            None => {}
            Some(exemplar::Value::AsDouble(value)) => fields.entry("asDouble", &Double(value))?,
            Some(exemplar::Value::AsInt(value)) => fields.entry("asInt", &Long(value))?,
        }
        fields.id("spanId", &self.span_id)?;
        fields.id("traceId", &self.trace_id)
    }
}
