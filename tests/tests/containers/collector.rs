//! A real Collector in a container of its own.

use std::fmt;
use std::net::SocketAddr;
use std::process::id;

use libtest_mimic::Trial;
use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use otelbox_sdk::{Environment, Protocol, Sdk};
use testcontainers::core::{IntoContainerPort as _, WaitFor};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, GenericImage, ImageExt as _};

use crate::engine::{LABEL, docker};
use crate::images::{Image, Images};
use crate::{GUARD, block_on, trial, until};

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "collector_takes_every_signal_by_every_protocol",
        &[Image::Collector],
        every_signal,
    )]
}

/// A configuration that shows all that comes.
pub(crate) const SHOWS_ALL: &str = "
receivers: { otlp: { protocols: { grpc: { endpoint: 0.0.0.0:4317 }, http: { endpoint: 0.0.0.0:4318 } } } }
exporters: { debug: { verbosity: detailed } }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [debug] }
    metrics: { receivers: [otlp], exporters: [debug] }
    logs: { receivers: [otlp], exporters: [debug] }
";

/// A Collector that is ready. It is removed when it is dropped.
pub(crate) struct Collector {
    container: ContainerAsync<GenericImage>,
    grpc: SocketAddr,
    http: SocketAddr,
}

/// A Collector that does not become ready, in its own words.
#[derive(Debug)]
pub(crate) struct Refused {
    image: String,
    lines: Vec<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the Collector of {} does not become ready; it wrote last:\n{}",
            self.image,
            self.lines.join("\n")
        )
    }
}

impl Collector {
    /// Starts the image with a configuration.
    pub(crate) async fn start(image: &str, configuration: &str) -> Result<Self, Refused> {
        // A colon may be that of a port of a registry.
        let (name, tag) = match image.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, tag),
            _ => (image, "latest"),
        };
        let request = GenericImage::new(name, tag)
            .with_exposed_port(4317.tcp())
            .with_exposed_port(4318.tcp())
            .with_wait_for(WaitFor::message_on_stderr("Everything is ready"))
            .with_startup_timeout(GUARD)
            .with_label(LABEL, id().to_string())
            .with_copy_to(
                "/etc/otelcol/collector.yaml",
                configuration.as_bytes().to_vec(),
            )
            .with_cmd(["--config=/etc/otelcol/collector.yaml"]);
        let refused = |said: String| Refused {
            image: image.to_owned(),
            lines: last_lines(&said),
        };
        let container = request
            .start()
            .await
            .map_err(|error| refused(error.to_string()))?;
        let port = async |port: u16| {
            let port = container.get_host_port_ipv4(port.tcp()).await;
            port.map(|port| SocketAddr::from(([127, 0, 0, 1], port)))
                .map_err(|error| refused(error.to_string()))
        };
        Ok(Self {
            grpc: port(4317).await?,
            http: port(4318).await?,
            container,
        })
    }

    /// All that it has written to standard error.
    pub(crate) async fn said(&self) -> String {
        let bytes = self.container.stderr_to_vec().await.unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Ends it in the middle of anything.
    pub(crate) fn kill(&self) {
        docker(&["kill", self.container.id()]).unwrap_or_else(|error| panic!("{error}"));
    }

    fn endpoint(&self, protocol: Protocol) -> String {
        let address = match protocol {
            Protocol::Grpc => self.grpc,
            _ => self.http,
        };
        format!("http://{address}")
    }
}

/// The last lines of what a container wrote. An error shows them as one, with what stands for the ends of lines.
fn last_lines(said: &str) -> Vec<String> {
    let said = said
        .replace("\\n", "\n")
        .replace("\\t", " ")
        .replace("\\\"", "\"");
    let lines: Vec<String> = said.lines().map(str::to_owned).collect();
    lines[lines.len().saturating_sub(15)..].to_vec()
}

/// Sends a span, a measurement and a log record that have this name; or says why not, with the last words of the
/// Collector.
pub(crate) async fn send(
    collector: &Collector,
    protocol: Protocol,
    name: &'static str,
) -> Result<(), String> {
    let sdk = Sdk::builder()
        .with_env(&Environment::empty())
        .with_protocol(protocol)
        .with_endpoint(collector.endpoint(protocol))
        .build()
        .expect("an SDK");
    sdk.tracer_provider().tracer("test").start(name).end();
    let meter = sdk.meter_provider().meter("test");
    meter.u64_counter(name).build().add(1, &[]);
    let logger = sdk.logger_provider().logger("test");
    let mut record = logger.create_log_record();
    record.set_body(name.into());
    logger.emit(record);
    let trouble = match sdk.shutdown(GUARD).await {
        Ok(report) if report.lost.is_empty() => return Ok(()),
        Ok(report) => format!("{:?}", report.lost),
        Err(error) => error.to_string(),
    };
    let last = last_lines(&collector.said().await).join("\n");
    Err(format!("{trouble}\nThe Collector wrote last:\n{last}"))
}

fn every_signal(images: &Images) {
    block_on(async {
        let collector = Collector::start(&images.collector, SHOWS_ALL)
            .await
            .unwrap_or_else(|refused| panic!("{refused}"));
        for (protocol, name) in [
            (Protocol::Grpc, "by-grpc"),
            (Protocol::HttpProtobuf, "by-protobuf"),
            (Protocol::HttpJson, "by-json"),
        ] {
            let sent = send(&collector, protocol, name).await;
            sent.unwrap_or_else(|error| panic!("{protocol:?}: {error}"));
            // As the debug exporter writes a span, a metric and a log record.
            for shown in ["Name           : ", "-> Name: ", "Body: Str("] {
                until("the Collector shows it", async || {
                    let said = collector.said().await;
                    if said.contains(&format!("{shown}{name}")) {
                        Ok(())
                    } else {
                        Err(format!("no {shown:?} of {name} in\n{said}"))
                    }
                })
                .await;
            }
        }
    });
}
