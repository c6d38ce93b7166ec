//! The canonical form of a payload, for judging.

use std::fmt;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Exemplar, Metric};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::Payload;

/// The SHA-256 of the canonical form of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    pub(super) fn of(payload: &Payload) -> Self {
        let canonical = payload.canonical();
        let (tag, bytes) = match &canonical {
            Payload::Metrics(request) => ("metrics", request.encode_to_vec()),
            Payload::Traces(request) => ("traces", request.encode_to_vec()),
            Payload::Logs(request) => ("logs", request.encode_to_vec()),
            Payload::Profiles { count } => ("profiles", count.to_le_bytes().to_vec()),
            Payload::RemoteWrite1(request) => ("remote-write/1.0", request.encode_to_vec()),
            Payload::RemoteWrite2(request) => ("remote-write/2.0", request.encode_to_vec()),
            Payload::Zipkin(list) => ("zipkin", list.encode_to_vec()),
        };
        Self(
            Sha256::new()
                .chain_update(tag)
                .chain_update(bytes)
                .finalize()
                .into(),
        )
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Payload {
    /// The same payload in canonical order: attributes by key, and everything else that has no order of its own
    /// (resources, scopes, metrics, data points, spans, log records, exemplars, series) by its bytes. Events, links and the
    /// values of an array keep their order, which has a meaning, and so do the labels and samples of a series.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let mut payload = self.clone();
        match &mut payload {
            Self::Metrics(request) => {
                for resource in &mut request.resource_metrics {
                    sort_resource(resource.resource.as_mut());
                    for scope in &mut resource.scope_metrics {
                        scope
                            .scope
                            .iter_mut()
                            .for_each(|scope| sort_attributes(&mut scope.attributes));
                        scope.metrics.iter_mut().for_each(sort_metric);
                        scope.metrics.sort_by_cached_key(|metric| {
                            (metric.name.clone(), metric.encode_to_vec())
                        });
                    }
                    by_bytes(&mut resource.scope_metrics);
                }
                by_bytes(&mut request.resource_metrics);
            }
            Self::Traces(request) => {
                for resource in &mut request.resource_spans {
                    sort_resource(resource.resource.as_mut());
                    for scope in &mut resource.scope_spans {
                        scope
                            .scope
                            .iter_mut()
                            .for_each(|scope| sort_attributes(&mut scope.attributes));
                        for span in &mut scope.spans {
                            sort_attributes(&mut span.attributes);
                            span.events
                                .iter_mut()
                                .for_each(|event| sort_attributes(&mut event.attributes));
                            span.links
                                .iter_mut()
                                .for_each(|link| sort_attributes(&mut link.attributes));
                        }
                        by_bytes(&mut scope.spans);
                    }
                    by_bytes(&mut resource.scope_spans);
                }
                by_bytes(&mut request.resource_spans);
            }
            Self::Logs(request) => {
                for resource in &mut request.resource_logs {
                    sort_resource(resource.resource.as_mut());
                    for scope in &mut resource.scope_logs {
                        scope
                            .scope
                            .iter_mut()
                            .for_each(|scope| sort_attributes(&mut scope.attributes));
                        for record in &mut scope.log_records {
                            sort_attributes(&mut record.attributes);
                            sort_value(record.body.as_mut());
                        }
                        by_bytes(&mut scope.log_records);
                    }
                    by_bytes(&mut resource.scope_logs);
                }
                by_bytes(&mut request.resource_logs);
            }
            Self::Profiles { .. } => {}
            Self::RemoteWrite1(request) => {
                by_bytes(&mut request.timeseries);
                by_bytes(&mut request.metadata);
            }
            Self::RemoteWrite2(request) => {
                *request = request.with_sorted_symbols();
                by_bytes(&mut request.timeseries);
            }
            Self::Zipkin(list) => by_bytes(&mut list.spans),
        }
        payload
    }
}

fn by_bytes<M: Message>(messages: &mut [M]) {
    if messages.len() > 1 {
        messages.sort_by_cached_key(Message::encode_to_vec);
    }
}

fn sort_resource(resource: Option<&mut Resource>) {
    if let Some(resource) = resource {
        sort_attributes(&mut resource.attributes);
        by_bytes(&mut resource.entity_refs);
    }
}

fn sort_attributes(attributes: &mut [KeyValue]) {
    for attribute in &mut *attributes {
        sort_value(attribute.value.as_mut());
    }
    attributes.sort_by(|one, other| one.key.cmp(&other.key));
}

/// Sorts the maps within a value.
fn sort_value(value: Option<&mut AnyValue>) {
    match value.and_then(|value| value.value.as_mut()) {
        Some(Value::KvlistValue(list)) => sort_attributes(&mut list.values),
        Some(Value::ArrayValue(array)) => array
            .values
            .iter_mut()
            .for_each(|value| sort_value(Some(value))),
        _ => {}
    }
}

fn sort_metric(metric: &mut Metric) {
    fn sort<P: Message>(
        points: &mut [P],
        parts: impl Fn(&mut P) -> (&mut [KeyValue], &mut [Exemplar]),
    ) {
        for point in &mut *points {
            let (attributes, exemplars) = parts(point);
            sort_attributes(attributes);
            for exemplar in &mut *exemplars {
                sort_attributes(&mut exemplar.filtered_attributes);
            }
            by_bytes(exemplars);
        }
        by_bytes(points);
    }
    sort_attributes(&mut metric.metadata);
    match &mut metric.data {
        None => {}
        Some(Data::Gauge(gauge)) => sort(&mut gauge.data_points, |point| {
            (&mut point.attributes, &mut point.exemplars)
        }),
        Some(Data::Sum(sum)) => sort(&mut sum.data_points, |point| {
            (&mut point.attributes, &mut point.exemplars)
        }),
        Some(Data::Histogram(histogram)) => {
            sort(&mut histogram.data_points, |point| {
                (&mut point.attributes, &mut point.exemplars)
            });
        }
        Some(Data::ExponentialHistogram(histogram)) => {
            sort(&mut histogram.data_points, |point| {
                (&mut point.attributes, &mut point.exemplars)
            });
        }
        Some(Data::Summary(summary)) => sort(&mut summary.data_points, |point| {
            (&mut point.attributes, &mut [])
        }),
    }
}
