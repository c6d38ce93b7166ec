//! A decoded payload.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;

use super::remote_write::v1::WriteRequest;
use super::remote_write::v2::Request;
use super::resources::attribute_texts;
use super::zipkin::{self, ListOfSpans};
use super::{Counted, Digest, PayloadError, walk};
use crate::json;
use crate::signal::{Protocol, Signal};

/// A decoded payload.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Payload {
    /// Metrics.
    Metrics(ExportMetricsServiceRequest),
    /// Traces.
    Traces(ExportTraceServiceRequest),
    /// Logs.
    Logs(ExportLogsServiceRequest),
    /// Profiles are counted, not decoded.
    Profiles {
        /// How many.
        count: u64,
    },
    /// Metrics over remote write 1.0.
    RemoteWrite1(WriteRequest),
    /// Metrics over remote write 2.0.
    RemoteWrite2(Request),
    /// Spans for Zipkin.
    Zipkin(ListOfSpans),
}

impl Payload {
    /// Decodes a decompressed body.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Protobuf`] or [`PayloadError::Json`] where it is no such message.
    pub fn decode(signal: Signal, protocol: Protocol, plain: &[u8]) -> Result<Self, PayloadError> {
        match protocol {
            Protocol::Grpc | Protocol::HttpProtobuf => Self::from_protobuf(signal, plain),
            Protocol::HttpJson => json::decode(signal, plain),
            Protocol::RemoteWrite1 => Self::from_write_request(plain),
            Protocol::RemoteWrite2 => Self::from_request(plain),
            Protocol::ZipkinJson => zipkin::from_json(plain).map(Self::Zipkin),
            Protocol::ZipkinProtobuf => zipkin::from_protobuf(plain).map(Self::Zipkin),
        }
    }

    fn from_protobuf(signal: Signal, plain: &[u8]) -> Result<Self, PayloadError> {
        let decoded = match signal {
            Signal::Metrics => ExportMetricsServiceRequest::decode(plain).map(Self::Metrics),
            Signal::Traces => ExportTraceServiceRequest::decode(plain).map(Self::Traces),
            Signal::Logs => ExportLogsServiceRequest::decode(plain).map(Self::Logs),
            Signal::Profiles => {
                return walk::count(Signal::Profiles, plain).map(|count| Self::Profiles { count });
            }
        };
        decoded.map_err(|error| PayloadError::Protobuf(error.to_string()))
    }

    /// Checks a decompressed body and counts its items, without keeping what it says.
    ///
    /// A protobuf body of OTLP is walked, not decoded; what passes here decodes.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Protobuf`] or [`PayloadError::Json`] where it is no such message.
    pub fn count(
        signal: Signal,
        protocol: Protocol,
        plain: &[u8],
    ) -> Result<Counted, PayloadError> {
        match protocol {
            Protocol::Grpc | Protocol::HttpProtobuf => {
                walk::count(signal, plain).map(Counted::items)
            }
            Protocol::HttpJson
            | Protocol::RemoteWrite1
            | Protocol::RemoteWrite2
            | Protocol::ZipkinJson
            | Protocol::ZipkinProtobuf => {
                Self::decode(signal, protocol, plain).map(|payload| payload.counted())
            }
        }
    }

    /// Its signal.
    pub const fn signal(&self) -> Signal {
        match self {
            Self::Metrics(_) | Self::RemoteWrite1(_) | Self::RemoteWrite2(_) => Signal::Metrics,
            Self::Traces(_) | Self::Zipkin(_) => Signal::Traces,
            Self::Logs(_) => Signal::Logs,
            Self::Profiles { .. } => Signal::Profiles,
        }
    }

    /// Its items: data points, spans, log records or profiles; over remote write samples and native histograms.
    pub fn items(&self) -> u64 {
        let items: usize = match self {
            Self::Metrics(request) => request
                .resource_metrics
                .iter()
                .flat_map(|resource| &resource.scope_metrics)
                .flat_map(|scope| &scope.metrics)
                .map(|metric| metric.data.as_ref().map_or(0, points))
                .sum(),
            Self::Traces(request) => request
                .resource_spans
                .iter()
                .flat_map(|resource| &resource.scope_spans)
                .map(|scope| scope.spans.len())
                .sum(),
            Self::Logs(request) => request
                .resource_logs
                .iter()
                .flat_map(|resource| &resource.scope_logs)
                .map(|scope| scope.log_records.len())
                .sum(),
            Self::Profiles { count } => return *count,
            Self::RemoteWrite1(request) => request
                .timeseries
                .iter()
                .map(|series| series.samples.len() + series.histograms.len())
                .sum(),
            Self::RemoteWrite2(request) => request
                .timeseries
                .iter()
                .map(|series| series.samples.len() + series.histograms.len())
                .sum(),
            Self::Zipkin(list) => list.spans.len(),
        };
        u64::try_from(items).unwrap_or(u64::MAX)
    }

    /// The attributes of its resources, as text.
    pub fn resources(&self) -> Vec<BTreeMap<String, String>> {
        let attributes = |resource: Option<&Resource>| {
            attribute_texts(resource.map_or(&[], |resource| &resource.attributes))
        };
        match self {
            Self::Metrics(request) => request
                .resource_metrics
                .iter()
                .map(|each| attributes(each.resource.as_ref()))
                .collect(),
            Self::Traces(request) => request
                .resource_spans
                .iter()
                .map(|each| attributes(each.resource.as_ref()))
                .collect(),
            Self::Logs(request) => request
                .resource_logs
                .iter()
                .map(|each| attributes(each.resource.as_ref()))
                .collect(),
            Self::Profiles { .. } => Vec::new(),
            Self::RemoteWrite1(_) | Self::RemoteWrite2(_) | Self::Zipkin(_) => {
                self.other_resources()
            }
        }
    }

    /// The attributes of each of its spans or log records in OTLP; nothing for others.
    pub(crate) fn item_attributes(&self) -> Box<dyn Iterator<Item = &[KeyValue]> + '_> {
        match self {
            Self::Metrics(_)
            | Self::Profiles { .. }
            | Self::RemoteWrite1(_)
            | Self::RemoteWrite2(_)
            | Self::Zipkin(_) => Box::new(std::iter::empty()),
            Self::Traces(request) => {
                let scopes = request
                    .resource_spans
                    .iter()
                    .flat_map(|resource| &resource.scope_spans);
                Box::new(
                    scopes
                        .flat_map(|scope| &scope.spans)
                        .map(|span| span.attributes.as_slice()),
                )
            }
            Self::Logs(request) => {
                let scopes = request
                    .resource_logs
                    .iter()
                    .flat_map(|resource| &resource.scope_logs);
                Box::new(
                    scopes
                        .flat_map(|scope| &scope.log_records)
                        .map(|record| record.attributes.as_slice()),
                )
            }
        }
    }

    /// The digest of its canonical form: equal for payloads that say the same in another order.
    pub fn digest(&self) -> Digest {
        Digest::of(self)
    }
}

fn points(data: &Data) -> usize {
    match data {
        Data::Gauge(gauge) => gauge.data_points.len(),
        Data::Sum(sum) => sum.data_points.len(),
        Data::Histogram(histogram) => histogram.data_points.len(),
        Data::ExponentialHistogram(histogram) => histogram.data_points.len(),
        Data::Summary(summary) => summary.data_points.len(),
    }
}
