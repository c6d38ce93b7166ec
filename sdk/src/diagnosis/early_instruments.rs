//! Instruments that were made before there was a provider.

use std::collections::BTreeSet;
use std::fmt;

use parking_lot::Mutex;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use crate::environment::LOG_TARGET;

/// The target of the events of the OpenTelemetry API.
const API: &str = "opentelemetry";

/// Meters that are named in one warning.
const NAMED: usize = 5;

/// A layer of `tracing-subscriber` that warns of instruments made before the global meter provider was set.
///
/// Such instruments record nothing, for ever, and the API tells it only in an event of level DEBUG when the meter is
/// made. The warning comes when a provider is set after that; a program that never sets one is left alone.
///
/// Needs the feature `early-instruments`, and to be installed with the program's subscriber (not one of a thread), without
/// a filter that hides DEBUG events of `opentelemetry` from it: a filter belongs to the layer that prints.
///
/// ```
/// use otelbox_sdk::diagnosis::EarlyInstruments;
/// use tracing_subscriber::filter::LevelFilter;
/// use tracing_subscriber::layer::{Layer, SubscriberExt};
/// use tracing_subscriber::util::SubscriberInitExt;
///
/// tracing_subscriber::registry()
///     .with(tracing_subscriber::fmt::layer().with_filter(LevelFilter::INFO))
///     .with(EarlyInstruments::new())
///     .init();
/// ```
#[derive(Debug, Default)]
pub struct EarlyInstruments {
    meters: Mutex<BTreeSet<String>>,
}

impl EarlyInstruments {
    /// A layer that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<S: Subscriber> Layer<S> for EarlyInstruments {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != API {
            return;
        }
        match event.metadata().name() {
            "NoopMeterProvider.MeterCreation" => {
                let mut name = MeterName::default();
                event.record(&mut name);
                self.meters.lock().insert(name.0);
            }
            "MeterProvider.GlobalSet" => {
                let meters = std::mem::take(&mut *self.meters.lock());
                if !meters.is_empty() {
                    warn(&meters);
                }
            }
            _ => {}
        }
    }
}

fn warn(meters: &BTreeSet<String>) {
    let named: Vec<String> = meters
        .iter()
        .take(NAMED)
        .map(|meter| format!("{meter:?}"))
        .collect();
    let more = match meters.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    tracing::warn!(
        target: LOG_TARGET,
        "meters were made before the global meter provider was set, and their instruments record nothing: {}{more}; call \
         global::set_meter_provider first, or make meter and instruments where they are used first, as in a LazyLock",
        named.join(", ")
    );
}

/// The field `meter_name`.
#[derive(Default)]
struct MeterName(String);

impl Visit for MeterName {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "meter_name" {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
