//! How the Collector is configured.

use std::net::SocketAddr;
use std::path::PathBuf;

use otelbox_mock_collector::Signal;
use serde_json::{Map, Value, json};

use super::RealCollector;
use super::collector::PORTS;
use crate::real_server::{Readiness, ServerBuilder, ServerError};
use crate::servers::Server;
use crate::tool::Tool;

/// Where it writes what it exports, in its directory.
pub(super) const EXPORTED: &str = "exported.jsonl";

const CONFIGURATION: &str = "collector.json";

/// A Collector to be started: a receiver for OTLP/gRPC and OTLP/HTTP on free ports of the loopback interface with the
/// Collector's own limits, and for each signal a pipeline into a file.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing before `start`"]
pub struct CollectorBuilder {
    program: PathBuf,
    tls: Option<Value>,
    files: Vec<(&'static str, String)>,
    processors: Map<String, Value>,
    metrics_processors: Vec<String>,
    behind: Option<String>,
}

impl CollectorBuilder {
    pub(super) fn new(tool: &Tool) -> Self {
        Self {
            program: tool.path().to_owned(),
            tls: None,
            files: Vec::new(),
            processors: Map::new(),
            metrics_processors: Vec::new(),
            behind: None,
        }
    }

    /// Speaks TLS on both ports, with this certificate and this key, in PEM.
    pub fn tls(mut self, certificate: impl Into<String>, key: impl Into<String>) -> Self {
        self.files.push(("server.pem", certificate.into()));
        self.files.push(("server.key", key.into()));
        self.tls = Some(json!({ "cert_file": "server.pem", "key_file": "server.key" }));
        self
    }

    /// Speaks TLS as [`tls`](Self::tls) does, and asks clients for a certificate of this authority.
    pub fn mutual_tls(
        self,
        certificate: impl Into<String>,
        key: impl Into<String>,
        client_authority: impl Into<String>,
    ) -> Self {
        let mut builder = self.tls(certificate, key);
        builder.files.push(("clients.pem", client_authority.into()));
        if let Some(tls) = &mut builder.tls {
            tls["client_ca_file"] = "clients.pem".into();
        }
        builder
    }

    /// Adds a processor to the pipeline of metrics, after those there are.
    pub fn metrics_processor(mut self, name: &str, settings: Value) -> Self {
        self.processors.insert(name.to_owned(), settings);
        self.metrics_processors.push(name.to_owned());
        self
    }

    /// Sends on to this OTLP/HTTP endpoint all that it writes to its file, too, and answers only when that has answered: without a
    /// queue, and without retries of its own.
    pub fn forward(mut self, endpoint: impl Into<String>) -> Self {
        self.behind = Some(endpoint.into());
        self
    }

    /// Starts the Collector and waits until it says that it is ready.
    ///
    /// # Errors
    ///
    /// [`ServerError`], with what the Collector wrote last.
    pub async fn start(self) -> Result<RealCollector, ServerError> {
        let builder = |addresses: &[SocketAddr; PORTS]| {
            let mut builder = ServerBuilder::new("the Collector", &self.program)?;
            for (name, content) in &self.files {
                builder = builder.file(name, content)?;
            }
            Ok(builder
                .file(CONFIGURATION, &self.configuration(*addresses).to_string())?
                .argument(format!("--config={CONFIGURATION}"))
                .argument("--feature-gates=+service.profilesSupport"))
        };
        let readiness = |[_, _, health]: &[SocketAddr; PORTS]| Readiness::Healthy {
            address: *health,
            path: "/",
        };
        Server::start(builder, readiness).await.map(RealCollector)
    }

    /// JSON, which is YAML.
    fn configuration(&self, [grpc, http, health]: [SocketAddr; PORTS]) -> Value {
        let mut receivers = json!({
            "grpc": { "endpoint": grpc },
            "http": { "endpoint": http },
        });
        if let Some(tls) = &self.tls {
            receivers["grpc"]["tls"] = tls.clone();
            receivers["http"]["tls"] = tls.clone();
        }
        // Appended to, so that a restart loses nothing.
        let mut exporters =
            json!({ "file": { "path": EXPORTED, "append": true, "flush_interval": "50ms" } });
        if let Some(behind) = &self.behind {
            exporters["otlp_http"] = json!({
                "endpoint": behind,
                "sending_queue": { "enabled": false },
                "retry_on_failure": { "enabled": false },
            });
        }
        let used: Vec<&String> = exporters
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .collect();
        let pipelines: Map<String, Value> = Signal::ALL
            .into_iter()
            .map(|signal| {
                let processors: &[String] = match signal {
                    Signal::Metrics => &self.metrics_processors,
                    Signal::Traces | Signal::Logs | Signal::Profiles => &[],
                };
                let pipeline = json!({
                    "receivers": ["otlp"],
                    "processors": processors,
                    "exporters": used,
                });
                (signal.name().to_owned(), pipeline)
            })
            .collect();
        json!({
            "receivers": { "otlp": { "protocols": receivers } },
            "processors": self.processors,
            "exporters": exporters,
            "extensions": { "health_check": { "endpoint": health } },
            "service": {
                "extensions": ["health_check"],
                // Its own metrics would need a port more.
                "telemetry": { "metrics": { "level": "none" } },
                "pipelines": pipelines,
            },
        })
    }
}
