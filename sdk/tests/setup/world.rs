//! An SDK on the test's own runtime, with a receiver for each signal.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use otelbox_sdk::{Environment, FixedRandom, Sdk, SdkBuilder, VirtualClock};
use parking_lot::Mutex;
use prost::Message;

use crate::wire::{Answer, Authority, Request, Wire};

/// 2026-01-01T00:00:00Z, since the UNIX epoch: within the validity of the certificates.
const EPOCH: Duration = seconds(1_767_225_600);

pub(crate) const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

/// Receivers of traces, metrics and logs, and a console.
pub(crate) struct World {
    pub(crate) traces: Wire,
    pub(crate) metrics: Wire,
    pub(crate) logs: Wire,
    pub(crate) console: Text,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::answering(Answer::Ok)
    }

    pub(crate) fn answering(answer: Answer) -> Self {
        Self::with_authority(answer, &Authority::new())
    }

    pub(crate) fn with_authority(answer: Answer, authority: &Authority) -> Self {
        let wire = || Wire::new(answer, authority);
        Self {
            traces: wire(),
            metrics: wire(),
            logs: wire(),
            console: Text::default(),
        }
    }

    /// An SDK that sends into this world, to be changed.
    pub(crate) fn builder(&self, environment: &Environment) -> SdkBuilder {
        let (traces, metrics, logs) =
            (self.traces.clone(), self.metrics.clone(), self.logs.clone());
        let console = self.console.clone();
        Sdk::builder()
            .with_env(environment)
            .with_clock(Arc::new(VirtualClock::starting_at(
                SystemTime::UNIX_EPOCH + EPOCH,
            )))
            .with_random(Arc::new(FixedRandom::MIDPOINT))
            .configure_span_exporter(move |exporter| {
                exporter.with_connector(Arc::new(traces.clone()))
            })
            .configure_metric_exporter(move |exporter| {
                exporter.with_connector(Arc::new(metrics.clone()))
            })
            .configure_log_exporter(move |exporter| exporter.with_connector(Arc::new(logs.clone())))
            .with_console(move || console.clone())
            .on_current_runtime()
    }

    pub(crate) fn sdk(&self, environment: &Environment) -> Sdk {
        self.builder(environment).build().expect("an SDK")
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        decoded::<ExportTraceServiceRequest>(&self.traces)
            .into_iter()
            .flat_map(|request| request.resource_spans)
            .flat_map(|resource| resource.scope_spans)
            .flat_map(|scope| scope.spans)
            .collect()
    }

    pub(crate) fn metrics(&self) -> Vec<Metric> {
        decoded::<ExportMetricsServiceRequest>(&self.metrics)
            .into_iter()
            .flat_map(|request| request.resource_metrics)
            .flat_map(|resource| resource.scope_metrics)
            .flat_map(|scope| scope.metrics)
            .collect()
    }

    pub(crate) fn log_records(&self) -> Vec<LogRecord> {
        decoded::<ExportLogsServiceRequest>(&self.logs)
            .into_iter()
            .flat_map(|request| request.resource_logs)
            .flat_map(|resource| resource.scope_logs)
            .flat_map(|scope| scope.log_records)
            .collect()
    }

    /// The first requests of traces, metrics and logs.
    pub(crate) fn first_requests(&self) -> [Option<Request>; 3] {
        [&self.traces, &self.metrics, &self.logs].map(|wire| wire.seen().requests.first().cloned())
    }
}

fn decoded<M: Message + Default>(wire: &Wire) -> Vec<M> {
    let requests = wire.seen().requests;
    requests
        .iter()
        .map(|request| M::decode(&request.body[..]).expect("protobuf"))
        .collect()
}

/// Records one item of each signal.
pub(crate) fn record_one_of_each(sdk: &Sdk) {
    drop(sdk.tracer_provider().tracer("test").start("checkout"));
    let meter = sdk.meter_provider().meter("test");
    meter.u64_counter("requests").build().add(1, &[]);
    log_one(sdk, "paid");
}

pub(crate) fn log_one(sdk: &Sdk, text: &'static str) {
    let logger = sdk.logger_provider().logger("test");
    let mut record = logger.create_log_record();
    record.set_body(AnyValue::String(text.into()));
    logger.emit(record);
}

/// What was written.
#[derive(Clone, Default)]
pub(crate) struct Text(Arc<Mutex<Vec<u8>>>);

impl Text {
    pub(crate) fn read(&self) -> String {
        String::from_utf8(self.0.lock().clone()).expect("text")
    }
}

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
