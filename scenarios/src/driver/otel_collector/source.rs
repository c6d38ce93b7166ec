//! What is emitted, as OTLP: the data that the Collector is given.

use std::{sync::Arc, time::SystemTime};

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs, SeverityNumber},
    metrics::v1::{ResourceMetrics, ScopeMetrics},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, span::SpanKind},
};
use otelbox_sdk::Clock;
use prost::Message;

use super::{hand_over::Payload, measured::Measured};
use crate::{
    driver::{Items, Measurement, StartRequest},
    scenario::{AttributeValue, Attributes, ITEM, Signal},
    sut::SutError,
};

/// Makes one request for each call, and each resource.
pub(super) struct Source {
    signal: Signal,
    /// One for each worker.
    resources: Vec<Resource>,
    scope: InstrumentationScope,
    measured: Measured,
    clock: Arc<dyn Clock>,
    /// How many spans have been made.
    spans: u64,
}

impl Source {
    /// `is_delta`: whether sums and histograms are those since the measurement before, and not since the start.
    pub(super) fn new(request: &StartRequest, is_delta: bool, clock: Arc<dyn Clock>) -> Self {
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
        Self {
            signal: request.signal,
            resources,
            scope: InstrumentationScope {
                name,
                version: version.unwrap_or_default(),
                ..InstrumentationScope::default()
            },
            measured: Measured::new(&request.instruments, is_delta, unix_nano(&*clock)),
            clock,
            spans: 0,
        }
    }

    fn now(&self) -> u64 {
        unix_nano(&*self.clock)
    }

    /// A point of the series that is measured.
    pub(super) fn record(&mut self, measurement: &Measurement) -> Result<Vec<Payload>, SutError> {
        let now = self.now();
        let metric = self.measured.record(measurement, now)?;
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

fn unix_nano(clock: &dyn Clock) -> u64 {
    let since = clock.now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}

fn attributes(items: &Items, number: u64) -> Vec<KeyValue> {
    let number = AttributeValue::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let more = items.attributes.iter();
    more.map(|(key, value)| key_value(key, value))
        .chain([key_value(ITEM, &number)])
        .collect()
}

pub(super) fn key_value(key: &str, value: &AttributeValue) -> KeyValue {
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
