//! Prometheus.

use std::net::SocketAddr;

use serde_json::Value;

use super::Server;
use crate::api;
use crate::real_server::{Readiness, ServerBuilder, ServerError};
use crate::tool::Tool;

/// A real Prometheus, of either version, with its storage in a temporary directory. It takes remote write; version 3 takes OTLP
/// too, with the flag for that.
#[derive(Debug)]
pub struct Prometheus(Server<1>);

impl Prometheus {
    /// Starts it with this configuration (`prometheus.yml`, where an empty one scrapes nothing) and these more flags.
    ///
    /// # Errors
    ///
    /// [`ServerError`], with what it wrote last.
    pub async fn start(
        tool: &Tool,
        configuration: &str,
        flags: &[&str],
    ) -> Result<Self, ServerError> {
        let builder = |[address]: &[SocketAddr; 1]| {
            let builder = ServerBuilder::new("Prometheus", tool.path())?
                .file("prometheus.yml", configuration)?
                .argument("--config.file=prometheus.yml")
                .argument("--storage.tsdb.path=data")
                .argument(format!("--web.listen-address={address}"))
                .argument("--web.enable-remote-write-receiver");
            Ok(flags
                .iter()
                .fold(builder, |builder, flag| builder.argument(*flag)))
        };
        let readiness = |[address]: &[SocketAddr; 1]| Readiness::Healthy {
            address: *address,
            path: "/-/ready",
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

    /// The series that an instant query in `PromQL` finds now: their labels and values, in the order of the server.
    ///
    /// # Errors
    ///
    /// Why there is no answer, or what it refuses.
    pub async fn query(&self, query: &str) -> Result<Vec<Sample>, String> {
        let answer = api::json(self.address(), &path_of(query), "").await?;
        samples(&answer).ok_or_else(|| format!("{query}: {answer}"))
    }

    /// Asks until the query finds what is `wanted`, and gives that.
    ///
    /// # Panics
    ///
    /// If that is not so within two minutes; with the last answer.
    pub async fn query_until<T>(
        &self,
        query: &str,
        mut wanted: impl FnMut(&[Sample]) -> Option<T>,
    ) -> T {
        api::json_until(self.address(), &path_of(query), |answer| {
            samples(answer).and_then(|samples| wanted(&samples))
        })
        .await
    }
}

/// One series in the answer to an instant query.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its labels, with `__name__`.
    pub labels: Value,
    /// Its value as the server writes it: a number, `NaN`, `+Inf`, `-Inf`.
    pub value: String,
}

fn path_of(query: &str) -> String {
    let query = percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC);
    format!("/api/v1/query?query={query}")
}

fn samples(answer: &Value) -> Option<Vec<Sample>> {
    let series = answer.pointer("/data/result")?.as_array()?;
    series
        .iter()
        .map(|series| {
            Some(Sample {
                labels: series.get("metric")?.clone(),
                value: series.pointer("/value/1")?.as_str()?.to_owned(),
            })
        })
        .collect()
}
