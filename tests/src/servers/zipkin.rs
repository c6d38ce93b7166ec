//! Zipkin.

use std::net::SocketAddr;

use serde_json::Value;

use super::Server;
use crate::api;
use crate::need::on_path;
use crate::real_server::{Readiness, ServerBuilder, ServerError};
use crate::tool::Tool;

/// A real Zipkin, with its traces in memory: what was stored is gone when it stops.
#[derive(Debug)]
pub struct Zipkin(Server<1>);

impl Zipkin {
    /// Starts it. The tool is its archive, which Java runs.
    ///
    /// # Errors
    ///
    /// [`ServerError`], with what it wrote last.
    pub async fn start(tool: &Tool) -> Result<Self, ServerError> {
        let java = on_path("java").unwrap_or_else(|_| "java".into());
        let builder = |[address]: &[SocketAddr; 1]| {
            let port = |key: &str, value: &str| format!("--armeria.ports[0].{key}={value}");
            Ok(ServerBuilder::new("Zipkin", &java)?
                .argument("-Xmx256m")
                // It lives for seconds: what it would gain from compiling well is not regained.
                .argument("-XX:TieredStopAtLevel=1")
                .argument("-jar")
                .argument(tool.path())
                .argument(port("ip", &address.ip().to_string()))
                .argument(port("port", &address.port().to_string()))
                .argument(port("protocols[0]", "http")))
        };
        let readiness = |[address]: &[SocketAddr; 1]| Readiness::Healthy {
            address: *address,
            path: "/health",
        };
        Server::start(builder, readiness).await.map(Self)
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.0.addresses()[0]
    }

    /// The process.
    pub const fn server(&mut self) -> &mut Server<1> {
        &mut self.0
    }

    /// Asks for the spans of a trace (its id in hexadecimal digits) until there are as many, and gives them.
    ///
    /// # Panics
    ///
    /// If that is not so within two minutes; with the last answer.
    pub async fn trace(&self, id: &str, spans: usize) -> Vec<Value> {
        api::json_until(self.address(), &format!("/api/v2/trace/{id}"), |answer| {
            let found = answer.as_array()?;
            (found.len() == spans).then(|| found.clone())
        })
        .await
    }
}
