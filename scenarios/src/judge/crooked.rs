//! Recordings made by hand: one that is all right, to be bent in one place by each test.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value},
    metrics::v1::{
        AggregationTemporality, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
        ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point,
    },
    resource::v1::Resource,
};
use otelbox_mock_collector::{Protocol, Signal};

use super::Grade;
use crate::{
    driver::Capability,
    plan::{Cell, CellId},
    report::RunTime,
    run::{Accepted, Answer, Emission, End, Exchange, Payload, Recording, RunEnd, StepRecord},
    scenario::{
        Attributes, Call, CallResult, Configuration, Expectation, ExpectedResult, ITEMS_COUNTER,
        Instrument, InstrumentKind, Number, ProcessMode, RandomMode, Receiver, Step, TimeMode,
    },
    sut::CallOutcome,
};

/// The wall clock at the start, in nanoseconds.
pub(crate) const EPOCH: u64 = 1_767_225_600_000_000_000;

/// So many seconds.
pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The wall clock so many seconds after the start.
pub(crate) fn unix(seconds: u64) -> u64 {
    EPOCH + seconds * 1_000_000_000
}

/// A recording of a cell without steps, in virtual time.
pub(crate) fn recording(exchanges: Vec<Exchange>) -> Recording {
    let cell = Cell {
        id: CellId {
            scenario: "test/judge".into(),
            signal: Signal::Metrics,
            protocol: Protocol::Grpc,
            variant: None,
        },
        title: "judged by hand".into(),
        env: indexmap::IndexMap::new(),
        configuration: Configuration::default(),
        instruments: vec![Instrument::items_counter()],
        receiver: Receiver::default(),
        time: TimeMode::Any,
        process: ProcessMode::Any,
        may_refuse_to_start: false,
        random: RandomMode::Midpoint,
        faults: Vec::new(),
        may_not_fire: Vec::new(),
        steps: Vec::new(),
        expect: Vec::new(),
    };
    Recording {
        sut: "otelbox-sdk".to_owned(),
        capabilities: vec![
            Capability::FlushTimeout,
            Capability::ShutdownTimeout,
            Capability::ExportDeadline,
        ],
        specification: None,
        cell: Arc::new(cell),
        time: RunTime::Virtual,
        epoch_unix_nano: EPOCH,
        steps: Vec::new(),
        exchanges,
        connections: Vec::new(),
        log: Vec::new(),
        emissions: Vec::new(),
        items: Vec::new(),
        evicted: 0,
        memory_growth: None,
        lag: Duration::ZERO,
        end: RunEnd::Completed,
        program: None,
        inside: None,
    }
}

impl Recording {
    /// The same with one expectation.
    pub(crate) fn expecting(mut self, expectation: Expectation) -> Self {
        Arc::make_mut(&mut self.cell).expect.push(expectation);
        self
    }

    /// The same with a call among its steps.
    pub(crate) fn calling(
        mut self,
        step: Step,
        at: Duration,
        ended_at: Duration,
        result: CallResult,
    ) -> Self {
        let cell = Arc::make_mut(&mut self.cell);
        cell.steps.push(step);
        let outcome = CallOutcome {
            result,
            message: None,
            elapsed: ended_at.saturating_sub(at),
        };
        self.steps.push(StepRecord {
            index: cell.steps.len() - 1,
            at,
            ended_at,
            outcome: Some(outcome),
        });
        self
    }

    /// The same after so many items were emitted.
    pub(crate) fn having_emitted(mut self, items: u64) -> Self {
        self.emissions.push(Emission {
            at: Duration::ZERO,
            instrument: ITEMS_COUNTER.to_owned(),
            kind: InstrumentKind::Counter,
            value: Some(Number::Integer(1)),
            times: items,
            attributes: Attributes::default(),
        });
        self
    }
}

/// A shutdown that may return anything.
pub(crate) fn shutdown() -> Step {
    Step::Shutdown(Call {
        timeout: None,
        expect: ExpectedResult::Any,
        rule: None,
    })
}

/// A flush that may return anything.
pub(crate) fn force_flush() -> Step {
    Step::ForceFlush(Call {
        timeout: None,
        expect: ExpectedResult::Any,
        rule: None,
    })
}

/// An accepted attempt over gRPC with `metric`, at `at` seconds, answered at once.
pub(crate) fn attempt(export: u64, attempt: u32, at: u64, metric: Metric) -> Exchange {
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource {
                attributes: vec![text("service.name", "shop")],
                ..Resource::default()
            }),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(InstrumentationScope {
                    name: "otelbox".to_owned(),
                    ..InstrumentationScope::default()
                }),
                metrics: vec![metric],
                schema_url: String::new(),
            }],
            schema_url: String::new(),
        }],
    };
    let headers = [
        ("content-type", "application/grpc"),
        ("user-agent", "OTel-OTLP-Exporter-Rust/0.1.0"),
        ("x-tenant", "shop"),
    ];
    Exchange {
        ordinal: export * 100 + u64::from(attempt),
        connection: 1,
        signal: Some(Signal::Metrics),
        protocol: Some(Protocol::Grpc),
        export: Some(export),
        attempt,
        at: secs(at),
        body_at: Some(secs(at)),
        ended_at: Some(secs(at)),
        wall_unix_nano: unix(at),
        method: "POST".to_owned(),
        path: Signal::Metrics.grpc_path().to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        body: Bytes::from_static(b"protobuf"),
        message_bytes: None,
        messages: 1,
        client_deadline: None,
        digest: Some(format!("{request:?}")),
        payload: Payload::Metrics(Arc::new(request)),
        items: Some(1),
        fault: None,
        answer: Some(Answer {
            http_status: 200,
            bytes: 0,
            grpc_status: Some(0),
            ..Answer::default()
        }),
        end: End::Answered,
        accepted: Accepted::All,
    }
}

impl Exchange {
    /// The same, answered with a gRPC status and not accepted.
    pub(crate) fn refused(mut self, code: u8) -> Self {
        self.answer = Some(Answer {
            http_status: 200,
            bytes: 0,
            grpc_status: Some(code),
            ..Answer::default()
        });
        self.accepted = Accepted::No;
        self
    }

    /// The same, ended at `at` seconds.
    pub(crate) fn until(mut self, at: u64) -> Self {
        self.ended_at = Some(secs(at));
        self
    }

    /// The same over HTTP, with a body and its content type.
    pub(crate) fn over_http(
        mut self,
        protocol: Protocol,
        content_type: &str,
        body: &'static str,
    ) -> Self {
        self.protocol = Some(protocol);
        self.messages = 0;
        self.path = Signal::Metrics.http_path().to_owned();
        self.headers[0].1 = content_type.to_owned();
        self.body = Bytes::from_static(body.as_bytes());
        self.answer = Some(Answer {
            http_status: 200,
            bytes: 0,
            ..Answer::default()
        });
        self
    }
}

/// A sum of the items counter from `start` to `time`, in seconds.
pub(crate) fn sum(
    temporality: AggregationTemporality,
    start: u64,
    time: u64,
    value: i64,
) -> Metric {
    Metric {
        name: ITEMS_COUNTER.to_owned(),
        unit: "{item}".to_owned(),
        data: Some(Data::Sum(Sum {
            data_points: vec![NumberDataPoint {
                start_time_unix_nano: unix(start),
                time_unix_nano: unix(time),
                value: Some(number_data_point::Value::AsInt(value)),
                ..NumberDataPoint::default()
            }],
            aggregation_temporality: temporality.into(),
            is_monotonic: true,
        })),
        ..Metric::default()
    }
}

/// A delta of the items counter.
pub(crate) fn delta(start: u64, time: u64, value: i64) -> Metric {
    sum(AggregationTemporality::Delta, start, time, value)
}

/// A running total of the items counter.
pub(crate) fn total(start: u64, time: u64, value: i64) -> Metric {
    sum(AggregationTemporality::Cumulative, start, time, value)
}

/// A histogram of two values, 1 and 7, with the bounds 5 and 10, bent by `bend`.
pub(crate) fn histogram(bend: impl FnOnce(&mut HistogramDataPoint)) -> Metric {
    let mut point = HistogramDataPoint {
        start_time_unix_nano: unix(0),
        time_unix_nano: unix(15),
        count: 2,
        sum: Some(8.0),
        bucket_counts: vec![1, 1, 0],
        explicit_bounds: vec![5.0, 10.0],
        min: Some(1.0),
        max: Some(7.0),
        ..HistogramDataPoint::default()
    };
    bend(&mut point);
    Metric {
        name: "latency".to_owned(),
        data: Some(Data::Histogram(Histogram {
            data_points: vec![point],
            aggregation_temporality: AggregationTemporality::Delta.into(),
        })),
        ..Metric::default()
    }
}

/// Changes the points of a sum.
pub(crate) fn with_points(
    mut metric: Metric,
    change: impl FnOnce(&mut Vec<NumberDataPoint>),
) -> Metric {
    if let Some(Data::Sum(sum)) = &mut metric.data {
        change(&mut sum.data_points);
    }
    metric
}

/// A text attribute.
pub(crate) fn text(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(any_value::Value::StringValue(value.to_owned())),
        }),
        ..KeyValue::default()
    }
}

/// What the rules for every payload say about `rule`; none where it had nothing to look at.
#[track_caller]
pub(crate) fn grade(rule: &str, recording: &Recording) -> Option<Grade> {
    super::payload::invariants(recording)
        .into_iter()
        .find(|finding| finding.rule.as_str() == rule)
        .map(|finding| finding.grade)
}

/// Asserts that a rule holds for `straight` and does not hold for `bent`.
#[track_caller]
pub(crate) fn tells_apart(rule: &str, straight: &Recording, bent: &Recording) {
    assert_eq!(
        grade(rule, straight),
        Some(Grade::Passed),
        "{rule} on the straight recording"
    );
    assert_eq!(
        grade(rule, bent),
        Some(Grade::Failed),
        "{rule} on the bent recording"
    );
}
