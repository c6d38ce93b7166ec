//! What is emitted, as OTLP: the data that the Collector is given.

use std::{sync::Arc, time::SystemTime};

use indexmap::IndexMap;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs, SeverityNumber},
    metrics::v1::{
        AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
        ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point,
    },
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, span::SpanKind},
};
use otelbox_sdk::Clock;
use prost::Message;

use super::hand_over::Payload;
use crate::{
    driver::{Items, Measurement, StartRequest},
    scenario::{
        AttributeValue, Attributes, ITEM, Instrument, InstrumentKind, Number, NumberKind, Signal,
    },
    sut::SutError,
};

/// Makes one request for each call, and each resource.
pub(super) struct Source {
    signal: Signal,
    /// One for each worker.
    resources: Vec<Resource>,
    scope: InstrumentationScope,
    instruments: IndexMap<String, Instrument>,
    clock: Arc<dyn Clock>,
    /// The end of the last window of metrics.
    measured_until: u64,
    /// How many spans have been made.
    spans: u64,
}

impl Source {
    pub(super) fn new(request: &StartRequest, clock: Arc<dyn Clock>) -> Self {
        let resource = |more: Option<&Attributes>| Resource {
            attributes: request
                .resource
                .iter()
                .chain(more.into_iter().flatten())
                .map(|(key, value)| key_value(key, value))
                .collect(),
            ..Resource::default()
        };
        let resources = if request.workers.is_empty() {
            vec![resource(None)]
        } else {
            let workers = request.workers.iter();
            workers.map(|worker| resource(Some(worker))).collect()
        };
        let (name, version) = request.meter.as_ref().map_or_else(
            || ("otelbox".to_owned(), None),
            |meter| (meter.name.clone(), meter.version.clone()),
        );
        let instruments = request.instruments.iter();
        let mut source = Self {
            signal: request.signal,
            resources,
            scope: InstrumentationScope {
                name,
                version: version.unwrap_or_default(),
                ..InstrumentationScope::default()
            },
            instruments: instruments
                .map(|instrument| (instrument.name.clone(), instrument.clone()))
                .collect(),
            clock,
            measured_until: 0,
            spans: 0,
        };
        source.measured_until = source.now();
        source
    }

    fn now(&self) -> u64 {
        let since = self.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        u64::try_from(since.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
    }

    /// A point with the time since the measurement before as its window. Sums and histograms are deltas.
    pub(super) fn record(&mut self, measurement: &Measurement) -> Result<Vec<Payload>, SutError> {
        let name = &measurement.instrument;
        let Some(instrument) = self.instruments.get(name).cloned() else {
            return Err(SutError::Refused(format!("no such instrument: {name}")));
        };
        let window = (self.measured_until, self.now());
        self.measured_until = window.1;
        let metric = Metric {
            name: instrument.name.clone(),
            description: instrument.description.clone().unwrap_or_default(),
            unit: instrument.unit.clone().unwrap_or_default(),
            data: Some(data(&instrument, measurement, window)?),
            ..Metric::default()
        };
        Ok(self.payloads("/v1/metrics", 1, |resource, scope| {
            ExportMetricsServiceRequest {
                resource_metrics: vec![ResourceMetrics {
                    resource: Some(resource),
                    scope_metrics: vec![ScopeMetrics {
                        scope: Some(scope),
                        metrics: vec![metric.clone()],
                        ..ScopeMetrics::default()
                    }],
                    ..ResourceMetrics::default()
                }],
            }
        }))
    }

    /// Spans or log records, by the signal.
    pub(super) fn emit(&mut self, items: &Items) -> Result<Vec<Payload>, SutError> {
        if items.unsampled || items.span.is_some() || items.in_span {
            let reason = "what is in the data is not the Collector's doing";
            return Err(SutError::Refused(reason.to_owned()));
        }
        let now = self.now();
        let count = items.items;
        let each = items.first_item..items.first_item.saturating_add(count);
        match self.signal {
            Signal::Traces => {
                let first = self.spans;
                self.spans += count;
                let spans: Vec<Span> = each
                    .zip(first + 1..)
                    .map(|(number, id)| span(items, number, id, now))
                    .collect();
                Ok(self.payloads("/v1/traces", count, |resource, scope| {
                    ExportTraceServiceRequest {
                        resource_spans: vec![ResourceSpans {
                            resource: Some(resource),
                            scope_spans: vec![ScopeSpans {
                                scope: Some(scope),
                                spans: spans.clone(),
                                ..ScopeSpans::default()
                            }],
                            ..ResourceSpans::default()
                        }],
                    }
                }))
            }
            Signal::Logs => {
                let records: Vec<LogRecord> =
                    each.map(|number| record(items, number, now)).collect();
                Ok(self.payloads("/v1/logs", count, |resource, scope| {
                    ExportLogsServiceRequest {
                        resource_logs: vec![ResourceLogs {
                            resource: Some(resource),
                            scope_logs: vec![ScopeLogs {
                                scope: Some(scope),
                                log_records: records.clone(),
                                ..ScopeLogs::default()
                            }],
                            ..ResourceLogs::default()
                        }],
                    }
                }))
            }
            Signal::Metrics | Signal::Profiles => Err(SutError::Refused(
                "items are spans or log records".to_owned(),
            )),
        }
    }

    fn payloads<M: Message>(
        &self,
        path: &'static str,
        items: u64,
        request: impl Fn(Resource, InstrumentationScope) -> M,
    ) -> Vec<Payload> {
        let resources = self.resources.iter().cloned();
        resources
            .map(|resource| Payload {
                path,
                body: request(resource, self.scope.clone()).encode_to_vec().into(),
                items,
            })
            .collect()
    }
}

fn data(
    instrument: &Instrument,
    measurement: &Measurement,
    (start, time): (u64, u64),
) -> Result<Data, SutError> {
    let attributes: Vec<KeyValue> = measurement
        .attributes
        .iter()
        .map(|(key, value)| key_value(key, value))
        .collect();
    let is_float = instrument.number == Some(NumberKind::Float);
    let sum = |is_monotonic| {
        Data::Sum(Sum {
            data_points: vec![NumberDataPoint {
                attributes: attributes.clone(),
                start_time_unix_nano: start,
                time_unix_nano: time,
                value: Some(number(measurement.value, measurement.times, is_float)),
                ..NumberDataPoint::default()
            }],
            aggregation_temporality: AggregationTemporality::Delta.into(),
            is_monotonic,
        })
    };
    Ok(match instrument.kind {
        InstrumentKind::Counter => sum(true),
        InstrumentKind::UpDownCounter => sum(false),
        InstrumentKind::Gauge => Data::Gauge(Gauge {
            data_points: vec![NumberDataPoint {
                attributes,
                time_unix_nano: time,
                value: Some(number(measurement.value, 1, is_float)),
                ..NumberDataPoint::default()
            }],
        }),
        InstrumentKind::Histogram => {
            let value = measurement.value.as_f64();
            Data::Histogram(Histogram {
                data_points: vec![HistogramDataPoint {
                    attributes,
                    start_time_unix_nano: start,
                    time_unix_nano: time,
                    count: measurement.times,
                    sum: Some(value * float(measurement.times)),
                    min: Some(value),
                    max: Some(value),
                    ..HistogramDataPoint::default()
                }],
                aggregation_temporality: AggregationTemporality::Delta.into(),
            })
        }
        InstrumentKind::ObservableCounter
        | InstrumentKind::ObservableUpDownCounter
        | InstrumentKind::ObservableGauge => {
            return Err(SutError::Refused(
                "there are no callbacks in a Collector".to_owned(),
            ));
        }
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "scenarios repeat a measurement some thousand times at most"
)]
const fn float(times: u64) -> f64 {
    times as f64
}

fn number(value: Number, times: u64, is_float: bool) -> number_data_point::Value {
    match value {
        Number::Integer(value) if !is_float => {
            let times = i64::try_from(times).unwrap_or(i64::MAX);
            number_data_point::Value::AsInt(value.saturating_mul(times))
        }
        value => number_data_point::Value::AsDouble(value.as_f64() * float(times)),
    }
}

/// Ids count up: nothing is asked of them but that they differ and are not zero.
fn span(items: &Items, number: u64, id: u64, now: u64) -> Span {
    Span {
        trace_id: (u128::from(id) << 64 | u128::from(id)).to_be_bytes().into(),
        span_id: id.to_be_bytes().into(),
        name: ITEM.to_owned(),
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: now,
        end_time_unix_nano: now,
        attributes: attributes(items, number),
        ..Span::default()
    }
}

fn record(items: &Items, number: u64, now: u64) -> LogRecord {
    LogRecord {
        time_unix_nano: now,
        observed_time_unix_nano: now,
        severity_number: SeverityNumber::Info.into(),
        severity_text: "INFO".to_owned(),
        body: Some(any(Value::StringValue(ITEM.to_owned()))),
        attributes: attributes(items, number),
        ..LogRecord::default()
    }
}

fn attributes(items: &Items, number: u64) -> Vec<KeyValue> {
    let number = AttributeValue::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let more = items.attributes.iter();
    more.map(|(key, value)| key_value(key, value))
        .chain([key_value(ITEM, &number)])
        .collect()
}

fn key_value(key: &str, value: &AttributeValue) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(any(match value {
            AttributeValue::Boolean(value) => Value::BoolValue(*value),
            AttributeValue::Integer(value) => Value::IntValue(*value),
            AttributeValue::Float(value) => Value::DoubleValue(*value),
            AttributeValue::Text(value) => Value::StringValue(value.clone()),
        })),
        ..KeyValue::default()
    }
}

fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}
