//! Where the telemetry of one signal goes: `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER`, `OTEL_LOGS_EXPORTER`.

use std::sync::Arc;

use super::names::listed;
use super::parts::{Configure, Parts};
use crate::config_error::ConfigError;
use crate::export::Batch;
use crate::otlp::OtlpExporterBuilder;
use crate::signal::Signal;

/// An exporter, and how it wants to be fed. `E` is the trait of exporters of the signal.
pub(super) struct Route<E: ?Sized> {
    /// What it is called, for the log.
    pub(super) name: &'static str,
    pub(super) exporter: Arc<E>,
    pub(super) feed: Feed,
}

/// How an exporter is fed where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feed {
    /// In batches, from a queue; metrics each minute.
    Batches,
    /// At once; metrics each ten seconds.
    ///
    /// Spec: exporters to the standard output (SHOULD be paired with a simple processor; MUST be paired with a reader
    /// of 10 s).
    AtOnce,
}

/// What is made of one name.
pub(super) type Make<B, E> =
    fn(&Parts, Option<&Configure<OtlpExporterBuilder<B>>>) -> Result<Made<E>, ConfigError>;

/// An exporter, and how it is fed.
pub(super) type Made<E> = (Arc<E>, Feed);

/// An exporter that can be named in the environment.
pub(super) type Kind<B, E> = (&'static str, Make<B, E>);

/// What was said in code about the exporters of one signal.
pub(super) struct Wanted<B: Batch, E: ?Sized> {
    /// The exporters in place of what the environment says; an empty list is none at all.
    pub(super) given: Option<Vec<Arc<E>>>,
    pub(super) configure: Option<Configure<OtlpExporterBuilder<B>>>,
}

impl<B: Batch, E: ?Sized> Default for Wanted<B, E> {
    fn default() -> Self {
        Self {
            given: None,
            configure: None,
        }
    }
}

impl<B: Batch, E: ?Sized> Wanted<B, E> {
    pub(super) fn add(&mut self, exporter: Arc<E>) {
        self.given.get_or_insert_default().push(exporter);
    }

    /// The exporters: those given in code, else those that the environment names among `kinds`, of which the first is
    /// the default.
    pub(super) fn routes(
        self,
        parts: &Parts,
        kinds: &[Kind<B, E>],
    ) -> Result<Vec<Route<E>>, ConfigError> {
        if let Some(given) = self.given {
            let route = |exporter| Route {
                name: "from code",
                exporter,
                feed: Feed::Batches,
            };
            return Ok(given.into_iter().map(route).collect());
        }
        let names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
        let allowed = format!("a list of {} with commas, or none", names.join(", "));
        let variable = variable(B::SIGNAL);
        let find = |name: &str| {
            let kind = kinds.iter().find(|(known, _)| *known == name);
            kind.copied().ok_or_else(|| missing(B::SIGNAL, name))
        };
        listed(&parts.environment, variable, &kinds[..1], &allowed, find)
            .into_iter()
            .map(|(name, make)| {
                let (exporter, feed) = make(parts, self.configure.as_ref())?;
                Ok(Route {
                    name,
                    exporter,
                    feed,
                })
            })
            .collect()
    }
}

/// What the exporter of this name needs, where this build was made without it.
fn missing(signal: Signal, name: &str) -> Option<&'static str> {
    match (signal, name) {
        (Signal::Traces, "zipkin") => Some("needs the feature `zipkin` of otelbox-sdk"),
        (Signal::Metrics, "prometheus") => Some("needs the feature `prometheus` of otelbox-sdk"),
        (Signal::Metrics, "prometheus_remote_write") => {
            Some("needs the feature `prometheus-remote-write` of otelbox-sdk")
        }
        _ => None,
    }
}

/// The variable that names the exporters of `signal`.
const fn variable(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "OTEL_TRACES_EXPORTER",
        Signal::Metrics => "OTEL_METRICS_EXPORTER",
        Signal::Logs => "OTEL_LOGS_EXPORTER",
    }
}
