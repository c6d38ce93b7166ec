//! Each row of the table of variables against what the code does: a usable value has its effect, an unusable one is
//! reported and has none.

mod general;
mod limits;
mod metrics;
mod otlp;
mod processors;
#[cfg(feature = "prometheus")]
mod prometheus;
#[cfg(feature = "prometheus-remote-write")]
mod remote_write;
#[cfg(feature = "zipkin")]
mod zipkin;

use std::collections::BTreeSet;
use std::pin::Pin;

use otelbox_sdk::{Environment, VARIABLES};

use crate::log_lines::Log;
use crate::world::World;

/// What is seen of an SDK in an environment.
type Seen = Pin<Box<dyn Future<Output = String>>>;

/// A variable, and how its effect shows.
struct Row {
    name: &'static str,
    /// The other variables that it needs to have an effect.
    given: &'static [(&'static str, &'static str)],
    observe: fn(Environment) -> Seen,
    /// What is seen where it is unset.
    default: &'static str,
    /// A usable value, and what is seen with it.
    valid: (&'static str, &'static str),
    /// An unusable value, and a part of the warning; with it the default is seen. None where every text is usable.
    invalid: Option<(&'static str, &'static str)>,
}

fn rows() -> Vec<Row> {
    [
        general::rows(),
        processors::rows(),
        limits::rows(),
        metrics::rows(),
        #[cfg(feature = "prometheus")]
        prometheus::rows(),
        #[cfg(feature = "prometheus-remote-write")]
        remote_write::rows(),
        #[cfg(feature = "zipkin")]
        zipkin::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Row {
    fn environment(&self) -> Environment {
        self.given.iter().copied().collect()
    }

    async fn check(&self) {
        let name = self.name;
        let seen = (self.observe)(self.environment()).await;
        assert_eq!(seen, self.default, "{name} is unset");

        let (value, effect) = self.valid;
        let log = Log::default();
        let guard = log.start();
        let seen = (self.observe)(self.environment().with(name, value)).await;
        drop(guard);
        assert_eq!(seen, effect, "{name}={value}");
        assert_eq!(unusable(&log, name), [""; 0], "{name}={value}");

        let Some((value, warning)) = self.invalid else {
            return;
        };
        let log = Log::default();
        let guard = log.start();
        let seen = (self.observe)(self.environment().with(name, value)).await;
        drop(guard);
        assert_eq!(seen, self.default, "{name}={value}");
        reported(&log, name, warning);
    }
}

/// The warnings that name `variable`.
fn warnings(log: &Log, variable: &str) -> Vec<String> {
    log.lines(variable)
        .into_iter()
        .filter(|line| line.starts_with("WARN otelbox_sdk: "))
        .collect()
}

/// The warnings that say that the value of `variable` cannot be used.
fn unusable(log: &Log, variable: &str) -> Vec<String> {
    warnings(log, variable)
        .into_iter()
        .filter(|warning| warning.contains("cannot be used"))
        .collect()
}

#[track_caller]
fn reported(log: &Log, variable: &str, part: &str) {
    let warnings = warnings(log, variable);
    assert!(
        warnings.iter().any(|warning| warning.contains(part)),
        "no warning about {variable} says {part:?}: {warnings:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn values_of_the_sdk_have_their_effect_or_are_reported() {
    for row in general::rows() {
        row.check().await;
    }
}

#[tokio::test(start_paused = true)]
async fn values_of_the_processors_have_their_effect_or_are_reported() {
    for row in processors::rows() {
        row.check().await;
    }
}

#[tokio::test(start_paused = true)]
async fn limits_have_their_effect_or_are_reported() {
    for row in limits::rows() {
        row.check().await;
    }
}

#[tokio::test(start_paused = true)]
async fn values_of_metrics_have_their_effect_or_are_reported() {
    for row in metrics::rows() {
        row.check().await;
    }
}

#[cfg(feature = "prometheus")]
#[tokio::test(start_paused = true)]
async fn values_of_the_reader_for_prometheus_have_their_effect_or_are_reported() {
    for row in prometheus::rows() {
        row.check().await;
    }
}

#[cfg(feature = "prometheus-remote-write")]
#[tokio::test(start_paused = true)]
async fn values_of_remote_write_have_their_effect_or_are_reported() {
    for row in remote_write::rows() {
        row.check().await;
    }
}

#[cfg(feature = "zipkin")]
#[tokio::test(start_paused = true)]
async fn values_of_zipkin_have_their_effect_or_are_reported() {
    for row in zipkin::rows() {
        row.check().await;
    }
}

#[tokio::test(start_paused = true)]
async fn variables_without_effect_are_reported() {
    let without = VARIABLES
        .iter()
        .filter_map(|variable| Some((variable.name, variable.without_effect?)));
    let mut checked = 0;
    for (name, reason) in without {
        let log = Log::default();
        let guard = log.start();
        drop(World::new().sdk(&Environment::empty().with(name, "something")));
        drop(guard);
        reported(&log, name, reason);
        checked += 1;
    }
    assert!(checked > 0);
}

#[tokio::test(start_paused = true)]
async fn a_slip_of_the_pen_is_reported_and_foreign_variables_are_not() {
    let log = Log::default();
    let guard = log.start();
    let environment = Environment::empty()
        .with("OTEL_EXPORTER_OTLP_ENDPIONT", "http://collector:4318")
        .with("OTEL_PYTHON_ID_GENERATOR", "random");
    drop(World::new().sdk(&environment));
    drop(guard);
    reported(
        &log,
        "OTEL_EXPORTER_OTLP_ENDPIONT",
        "did you mean OTEL_EXPORTER_OTLP_ENDPOINT?",
    );
    assert_eq!(log.lines("OTEL_PYTHON").len(), 0);
}

#[test]
fn every_variable_of_the_table_is_checked_and_no_other() {
    let checked: BTreeSet<String> = rows()
        .iter()
        .map(|row| row.name.to_owned())
        .chain(otlp::names())
        .collect();
    let table: BTreeSet<String> = VARIABLES
        .iter()
        .filter(|variable| variable.without_effect.is_none())
        .filter(|variable| cfg!(feature = "zipkin") || !variable.name.contains("_ZIPKIN_"))
        .filter(|variable| {
            cfg!(feature = "prometheus") || !variable.name.contains("EXPORTER_PROMETHEUS_")
        })
        .filter(|variable| {
            cfg!(feature = "prometheus-remote-write")
                || !variable.name.contains("_PROMETHEUS_REMOTE_WRITE_")
        })
        .flat_map(otelbox_sdk::Variable::names)
        .collect();
    assert_eq!(checked, table);
}
