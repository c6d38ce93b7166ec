//! The reference SDK, all signals over every protocol.

use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use libtest_mimic::Trial;
use otelbox_mock_collector::Protocol;
use otelbox_sdk::{Environment, Sdk};
use otelbox_tests::{CollectorBuilder, Need, RealCollector, Tool};
use tempfile::TempDir;

use super::certificates::Certificates;
use super::emit;
use super::read_back::{each, expect};
use crate::block_on;

/// How long a flush or a shutdown may take: only a guard.
pub(super) const LONG: Duration = Duration::from_secs(120);

/// What the connection is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Plain,
    Gzip,
    Tls,
    MutualTls,
}

impl Way {
    const ALL: [Self; 4] = [Self::Plain, Self::Gzip, Self::Tls, Self::MutualTls];

    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Tls => "TLS",
            Self::MutualTls => "mutual TLS",
        }
    }
}

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for protocol in Protocol::OTLP {
        for way in Way::ALL {
            let name = format!("reference SDK/{protocol}, {}", way.name());
            trials.push(Need::Collector.trial(&name, move |tool| {
                block_on(delivers(tool, protocol, way));
            }));
        }
    }
    let name = "reference SDK/mutual TLS without a certificate";
    trials.push(Need::Collector.trial(name, |tool| block_on(a_stranger(tool))));
    trials
}

async fn delivers(tool: &Tool, protocol: Protocol, way: Way) {
    let certificates = Certificates::new().expect("certificates");
    let files = Files::new(&certificates).expect("files");
    let collector = configured(tool, &certificates, way).await;
    let mut environment = environment(&collector, protocol, way != Way::Plain && way != Way::Gzip);
    if way == Way::Gzip {
        environment = environment.with("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
    }
    if matches!(way, Way::Tls | Way::MutualTls) {
        environment = environment.with(
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
            files.path("authority.pem"),
        );
    }
    if way == Way::MutualTls {
        environment = environment
            .with(
                "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
                files.path("client.pem"),
            )
            .with("OTEL_EXPORTER_OTLP_CLIENT_KEY", files.path("client.key"));
    }
    let sdk = sdk(&environment);
    emit_all(&sdk, 0..12);
    let report = sdk.shutdown(LONG).await.expect("all is delivered");
    assert_eq!(report.lost, [], "nothing is lost");
    expect(&collector, &each(0..12, 1)).await;
}

/// Who does not say who it is delivers nothing, and says what was lost.
async fn a_stranger(tool: &Tool) {
    let certificates = Certificates::new().expect("certificates");
    let files = Files::new(&certificates).expect("files");
    let collector = configured(tool, &certificates, Way::MutualTls).await;
    let environment = environment(&collector, Protocol::Grpc, true)
        .with(
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
            files.path("authority.pem"),
        )
        .with("OTEL_EXPORTER_OTLP_TIMEOUT", "300");
    let sdk = sdk(&environment);
    emit_all(&sdk, 0..12);
    let error = sdk.shutdown(LONG).await.expect_err("nothing is delivered");
    let lost: u64 = error.lost().iter().map(|loss| loss.items).sum();
    assert_eq!(lost, 36, "{error}");
    assert_eq!(
        collector.exported().to_string(),
        "0 metrics, 0 traces, 0 logs, 0 profiles in 0 payloads"
    );
}

async fn configured(tool: &Tool, certificates: &Certificates, way: Way) -> RealCollector {
    let builder: CollectorBuilder = RealCollector::builder(tool);
    let server = certificates.server.clone();
    let builder = match way {
        Way::Plain | Way::Gzip => builder,
        Way::Tls => builder.tls(server.certificate, server.key),
        Way::MutualTls => builder.mutual_tls(
            server.certificate,
            server.key,
            certificates.authority.clone(),
        ),
    };
    started(builder).await
}

/// # Panics
///
/// Where it does not start, with what it wrote.
pub(super) async fn started(builder: CollectorBuilder) -> RealCollector {
    builder
        .start()
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The environment of a program that exports to this Collector.
pub(super) fn environment(
    collector: &RealCollector,
    protocol: Protocol,
    speaks_tls: bool,
) -> Environment {
    let scheme = if speaks_tls { "https" } else { "http" };
    let address = match protocol {
        Protocol::Grpc => collector.grpc_address(),
        _ => collector.http_address(),
    };
    Environment::empty()
        .with("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.name())
        .with(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            format!("{scheme}://{address}"),
        )
        // Nothing leaves by itself: a trial flushes.
        .with("OTEL_METRIC_EXPORT_INTERVAL", "3600000")
        .with("OTEL_BSP_SCHEDULE_DELAY", "3600000")
        .with("OTEL_BLRP_SCHEDULE_DELAY", "3600000")
}

pub(super) fn sdk(environment: &Environment) -> Sdk {
    Sdk::builder()
        .with_env(environment)
        .on_current_runtime()
        .build()
        .expect("an SDK")
}

/// Emits these numbers over every signal.
pub(super) fn emit_all(sdk: &Sdk, numbers: std::ops::Range<i64>) {
    emit::spans(sdk.tracer_provider(), numbers.clone());
    emit::log_records(sdk.logger_provider(), numbers.clone());
    emit::measurements(sdk.meter_provider(), numbers);
}

/// What clients read from files.
struct Files(TempDir);

impl Files {
    fn new(certificates: &Certificates) -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        for (name, content) in [
            ("authority.pem", &certificates.authority),
            ("client.pem", &certificates.client.certificate),
            ("client.key", &certificates.client.key),
        ] {
            fs::write(directory.path().join(name), content)?;
        }
        Ok(Self(directory))
    }

    fn path(&self, name: &str) -> String {
        let path: &Path = self.0.path();
        path.join(name).to_string_lossy().into_owned()
    }
}
