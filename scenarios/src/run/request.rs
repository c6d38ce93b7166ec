//! What a cell asks of a SUT: its environment, its start request, and the capabilities that these need.

use std::{collections::BTreeMap, time::Duration};

use otelbox_mock_collector::{
    MockCollector, MockCollectorBuilder, Protocol, Signal, fault::Action,
};

use super::{certificates::CertificateFiles, recording::RunEnd};
use crate::{
    driver::{Capability, StartRequest, SutConfiguration},
    plan::Cell,
    scenario::{Emit, Processor, Step, TextDuration, is_a_switch},
    sut::LogBook,
};

/// Where the receiver of a cell listens.
#[derive(Debug)]
pub(super) struct Endpoints {
    /// URL for gRPC.
    pub(super) grpc: String,
    /// URL for HTTP, without a path.
    pub(super) http: String,
    /// Certificates of the receiver, where there are any.
    pub(super) certificates: Option<CertificateFiles>,
}

impl Endpoints {
    /// The endpoints of `collector`, and files with its certificates. What `log` gets does not show where they are.
    pub(super) fn of(
        cell: &Cell,
        collector: &MockCollector,
        log: &LogBook,
    ) -> Result<Self, RunEnd> {
        let certificates = CertificateFiles::of(cell, collector)
            .map_err(|error| RunEnd::Broken(format!("certificates cannot be written: {error}")))?;
        if let Some(files) = &certificates {
            files.rename_in(log);
        }
        Ok(Self {
            grpc: collector.grpc_endpoint(),
            http: collector.http_endpoint(),
            certificates,
        })
    }

    pub(super) fn for_protocol(&self, protocol: Protocol) -> &str {
        match protocol {
            Protocol::Grpc => &self.grpc,
            _ => &self.http,
        }
    }

    /// `text` with `${endpoint}` and the like replaced.
    fn filled(&self, text: &str, protocol: Protocol) -> String {
        let filled = text
            .replace("${endpoint}", self.for_protocol(protocol))
            .replace("${grpc_endpoint}", &self.grpc)
            .replace("${http_endpoint}", &self.http)
            .replace("${grpc_authority}", authority(&self.grpc))
            .replace("${http_authority}", authority(&self.http))
            .replace("${authority}", authority(self.for_protocol(protocol)));
        match &self.certificates {
            Some(files) => files.filled(filled),
            None => filled,
        }
    }
}

/// Host and port of a URL without a path.
pub(super) fn authority(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest)
}

/// The variables that a SUT gets.
pub(super) type SutEnvironment = BTreeMap<String, String>;

/// The variables of the SUT: those of the cell, and exporter, endpoint and protocol where the cell sets none.
pub(super) fn env(cell: &Cell, endpoints: &Endpoints) -> SutEnvironment {
    let protocol = cell.id.protocol;
    let endpoint = endpoints.for_protocol(protocol);
    let path = protocol.api().http_path(cell.id.signal).unwrap_or_default();
    let url = format!("{endpoint}{path}");
    let (zipkin, remote_write) = ("OTEL_EXPORTER_ZIPKIN", "OTELBOX_PROMETHEUS_REMOTE_WRITE");
    let variables: Vec<(String, &str)> = match protocol {
        Protocol::Grpc | Protocol::HttpProtobuf | Protocol::HttpJson => vec![
            ("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL".to_owned(), protocol.name()),
        ],
        Protocol::ZipkinJson | Protocol::ZipkinProtobuf => vec![
            ("OTEL_TRACES_EXPORTER".to_owned(), "zipkin"),
            (format!("{zipkin}_ENDPOINT"), &url),
            (
                format!("{zipkin}_PROTOCOL"),
                if protocol == Protocol::ZipkinJson {
                    "http/json"
                } else {
                    "http/protobuf"
                },
            ),
        ],
        Protocol::RemoteWrite1 | Protocol::RemoteWrite2 => vec![
            (
                "OTEL_METRICS_EXPORTER".to_owned(),
                "prometheus_remote_write",
            ),
            (format!("{remote_write}_ENDPOINT"), &url),
            (
                format!("{remote_write}_PROTOCOL"),
                if protocol == Protocol::RemoteWrite1 {
                    "1.0"
                } else {
                    "2.0"
                },
            ),
        ],
    };
    let mut env: SutEnvironment = variables
        .into_iter()
        .map(|(name, value)| (name, value.to_owned()))
        .collect();
    env.extend(
        cell.env
            .iter()
            .map(|(name, value)| (name.clone(), endpoints.filled(value, protocol))),
    );
    env
}

/// The request that starts the SUT.
pub(super) fn start_request(cell: &Cell, endpoints: &Endpoints) -> StartRequest {
    let configuration = &cell.configuration;
    let millis = |time: Option<TextDuration>| time.map(|time| millis(time.get()));
    StartRequest {
        signal: cell.id.signal,
        env: None,
        configuration: SutConfiguration {
            interval_ms: millis(configuration.interval),
            timeout_ms: millis(configuration.timeout),
            exporter_timeout_ms: millis(configuration.exporter_timeout),
            attempt_timeout_ms: millis(configuration.attempt_timeout),
            processor: configuration.processor,
            max_queue_size: configuration.max_queue_size,
            max_export_batch_size: configuration.max_export_batch_size,
            schedule_delay_ms: millis(configuration.schedule_delay),
            export_timeout_ms: millis(configuration.export_timeout),
            allow_slow_cycles: configuration.allow_slow_cycles,
            temporality: configuration.temporality.clone(),
            drop_policy: configuration.drop_policy,
            headers: configuration.headers.clone().unwrap_or_default(),
            compression: configuration.compression,
            max_request_bytes: configuration.max_request_bytes,
            max_response_bytes: configuration.max_response_bytes,
            endpoint: configuration
                .endpoint
                .as_ref()
                .map(|text| endpoints.filled(text, cell.id.protocol)),
        },
        meter: configuration.meter.clone(),
        instruments: cell.instruments.clone(),
        views: configuration.views.clone().unwrap_or_default(),
        views_in_order: configuration.views_in_order.clone().unwrap_or_default(),
        resource: configuration.resource.clone().unwrap_or_default(),
        workers: configuration.workers.clone().unwrap_or_default(),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A receiver as the cell wants it, still to be told where it listens and which clock it has.
pub(super) fn receiver(cell: &Cell, seed: u64) -> MockCollectorBuilder {
    let mut builder = MockCollector::builder().seed(seed);
    if let Some(bytes) = cell.receiver.max_request_bytes {
        builder = builder.max_request_bytes(bytes);
    }
    if let Some(tls) = cell.receiver.tls {
        builder = builder.tls(tls.server());
    }
    // A scenario that accepts a path of its own means that exports go there.
    let of_steps = cell.steps.iter().filter_map(|step| match step {
        Step::Faults(faults) => Some(faults.as_slice()),
        _ => None,
    });
    for fault in std::iter::once(cell.faults.as_slice())
        .chain(of_steps)
        .flatten()
    {
        if let (Some(path), Action::Accept) = (&fault.when.path, &fault.then) {
            builder = builder.http_path(cell.id.signal, path);
        }
    }
    builder
}

/// The capabilities that a cell needs.
///
/// A time limit of a call is not among them: a SUT without one is called without it, and only what is expected of the
/// limit is then not applicable.
pub(super) fn needs(cell: &Cell) -> Vec<Capability> {
    let configuration = &cell.configuration;
    let observes = cell
        .instruments
        .iter()
        .any(|instrument| instrument.kind.is_observable());
    let blocks = cell
        .steps
        .iter()
        .any(|step| matches!(step, Step::Observe(observe) if observe.block.is_some()));
    let sets = |is_so: fn(&str) -> bool| cell.env.keys().any(|name| is_so(name));
    let emits = |is_so: fn(&Emit) -> bool| {
        cell.steps
            .iter()
            .any(|step| matches!(step, Step::Emit(emit) if is_so(emit)))
    };
    let exports = cell
        .steps
        .iter()
        .any(|step| matches!(step, Step::Export(_)));
    let wanted = [
        (emits(|emit| emit.span.is_some()), Capability::SpanDetails),
        (emits(|emit| emit.in_span), Capability::LogInSpan),
        (sets(names_a_file), Capability::Certificates),
        (sets(is_a_switch), Capability::Switches),
        (cell.id.signal == Signal::Metrics, Capability::Metrics),
        (cell.id.signal == Signal::Traces, Capability::Traces),
        (cell.id.signal == Signal::Logs, Capability::Logs),
        (true, to_speak(cell.id.protocol)),
        (observes, Capability::Observe),
        (blocks, Capability::ObserveBlock),
        (configuration.views.is_some(), Capability::Views),
        (
            configuration.views_in_order.is_some(),
            Capability::ViewsInOrder,
        ),
        (configuration.resource.is_some(), Capability::Resource),
        (configuration.interval.is_some(), Capability::Interval),
        (configuration.timeout.is_some(), Capability::Timeout),
        (
            configuration.exporter_timeout.is_some(),
            Capability::ExporterTimeout,
        ),
        (
            configuration.attempt_timeout.is_some(),
            Capability::AttemptTimeout,
        ),
        (
            configuration.processor == Some(Processor::Simple),
            Capability::SimpleProcessor,
        ),
        (
            configuration.max_queue_size.is_some(),
            Capability::MaxQueueSize,
        ),
        (
            configuration.max_export_batch_size.is_some(),
            Capability::MaxExportBatchSize,
        ),
        (
            configuration.schedule_delay.is_some(),
            Capability::ScheduleDelay,
        ),
        (
            configuration.export_timeout.is_some(),
            Capability::ExportTimeout,
        ),
        (
            configuration.allow_slow_cycles.is_some(),
            Capability::AllowSlowCycles,
        ),
        (configuration.temporality.is_some(), Capability::Temporality),
        (configuration.drop_policy.is_some(), Capability::DropPolicy),
        (configuration.workers.is_some(), Capability::Workers),
        (configuration.endpoint.is_some(), Capability::Endpoint),
        (configuration.headers.is_some(), Capability::Headers),
        (configuration.compression.is_some(), Capability::Compression),
        (
            configuration.max_request_bytes.is_some(),
            Capability::MaxRequestBytes,
        ),
        (
            configuration.max_response_bytes.is_some(),
            Capability::MaxResponseBytes,
        ),
        (exports, Capability::Export),
    ];
    wanted
        .into_iter()
        .filter(|(is_wanted, _)| *is_wanted)
        .map(|(_, capability)| capability)
        .collect()
}

/// What it takes to speak a protocol.
const fn to_speak(protocol: Protocol) -> Capability {
    match protocol {
        Protocol::Grpc => Capability::Grpc,
        Protocol::HttpProtobuf => Capability::HttpProtobuf,
        Protocol::HttpJson => Capability::HttpJson,
        Protocol::RemoteWrite1 | Protocol::RemoteWrite2 => Capability::RemoteWrite,
        Protocol::ZipkinJson | Protocol::ZipkinProtobuf => Capability::Zipkin,
    }
}

/// Whether this variable holds the path of a certificate or key.
fn names_a_file(variable: &str) -> bool {
    variable.starts_with("OTEL_EXPORTER_OTLP_")
        && (variable.ends_with("_CERTIFICATE") || variable.ends_with("_CLIENT_KEY"))
}

/// The capabilities among `needs` that are not offered, in words; none where all are.
pub(super) fn missing(needs: Vec<Capability>, offered: &[Capability]) -> Option<String> {
    let missing: Vec<&str> = needs
        .into_iter()
        .filter(|need| !offered.contains(need))
        .map(Capability::name)
        .collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}
