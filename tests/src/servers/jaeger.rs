//! Jaeger.

use std::net::SocketAddr;

use serde_json::Value;

use super::Server;
use crate::api;
use crate::real_server::{Readiness, ServerBuilder, ServerError};
use crate::tool::Tool;

/// A real Jaeger, all in one, with its traces in memory.
#[derive(Debug)]
pub struct Jaeger(Server<PORTS>);

const PORTS: usize = 13;

impl Jaeger {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// [`ServerError`], with what it wrote last.
    pub async fn start(tool: &Tool) -> Result<Self, ServerError> {
        let builder = |addresses: &[SocketAddr; PORTS]| {
            // Every port that it opens, also those that no test needs: their defaults may be taken.
            const FLAGS: [&str; PORTS] = [
                "query.http-server",
                "collector.otlp.grpc",
                "collector.otlp.http",
                "collector.zipkin",
                "admin.http",
                "query.grpc-server",
                "collector.grpc-server",
                "collector.http-server",
                "http-server",
                "processor.jaeger-binary.server",
                "processor.jaeger-compact.server",
                "processor.zipkin-compact.server",
                "reporter.grpc",
            ];
            let builder = ServerBuilder::new("Jaeger", tool.path())?
                .variable("COLLECTOR_OTLP_ENABLED", "true")
                .variable("SPAN_STORAGE_TYPE", "memory");
            let mut addresses = *addresses;
            // The agent in it reports to the collector in it.
            addresses[12] = addresses[6];
            Ok(FLAGS
                .iter()
                .zip(&addresses)
                .fold(builder, |builder, (flag, address)| {
                    let separator = if flag.contains("processor.") {
                        "-"
                    } else {
                        "."
                    };
                    builder.argument(format!("--{flag}{separator}host-port={address}"))
                }))
        };
        let readiness = |addresses: &[SocketAddr; PORTS]| Readiness::Healthy {
            address: addresses[4],
            path: "/",
        };
        Server::start(builder, readiness).await.map(Self)
    }

    /// Where it takes OTLP/gRPC.
    pub const fn otlp_grpc(&self) -> SocketAddr {
        self.0.addresses()[1]
    }

    /// Where it takes OTLP/HTTP.
    pub const fn otlp_http(&self) -> SocketAddr {
        self.0.addresses()[2]
    }

    /// Where it takes Zipkin v2 over HTTP.
    pub const fn zipkin(&self) -> SocketAddr {
        self.0.addresses()[3]
    }

    /// The process.
    pub const fn server(&mut self) -> &mut Server<PORTS> {
        &mut self.0
    }

    /// Asks for the spans of a trace (its id in hexadecimal digits) until there are as many, and gives the trace: its `spans` and
    /// `processes`.
    ///
    /// # Panics
    ///
    /// If that is not so within two minutes; with the last answer.
    pub async fn trace(&self, id: &str, spans: usize) -> Value {
        let address = self.0.addresses()[0];
        api::json_until(address, &format!("/api/traces/{id}"), |answer| {
            let trace = answer.pointer("/data/0")?;
            (trace.get("spans")?.as_array()?.len() == spans).then(|| trace.clone())
        })
        .await
    }
}
