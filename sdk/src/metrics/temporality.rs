//! Whether a stream restates its total or carries the change.

use crate::environment::{Environment, LOG_TARGET};
use std::fmt;
use std::str::FromStr;

use opentelemetry_sdk::metrics::InstrumentKind;

/// What a data point of a sum or histogram means.
///
/// Spec: Metrics Data Model, "Temporality".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Temporality {
    /// The total since the start of the stream.
    Cumulative,
    /// The change since the previous collection.
    Delta,
}

impl From<Temporality> for opentelemetry_sdk::metrics::Temporality {
    fn from(temporality: Temporality) -> Self {
        match temporality {
            Temporality::Cumulative => Self::Cumulative,
            Temporality::Delta => Self::Delta,
        }
    }
}

/// A temporality for each kind of instrument.
///
/// Three presets have names; [`with`](Self::with) makes any other mix of them.
///
/// | kind | `cumulative` | `delta` | `lowmemory` |
/// |---|---|---|---|
/// | Counter | cumulative | delta | delta |
/// | `UpDownCounter` | cumulative | cumulative | cumulative |
/// | Histogram | cumulative | delta | delta |
/// | `ObservableCounter` | cumulative | delta | cumulative |
/// | `ObservableUpDownCounter` | cumulative | cumulative | cumulative |
/// | Gauge, `ObservableGauge` | cumulative | cumulative | cumulative |
///
/// Spec: OTLP metrics exporter, "Additional Environment Variable Configuration" (MUST). The data of gauges have no
/// temporality; for them it decides whether a value that was not measured again is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TemporalityPreference {
    counter: Temporality,
    up_down_counter: Temporality,
    histogram: Temporality,
    gauge: Temporality,
    observable_counter: Temporality,
    observable_up_down_counter: Temporality,
    observable_gauge: Temporality,
}

impl TemporalityPreference {
    /// Cumulative for every kind: the default.
    pub const fn cumulative() -> Self {
        Self {
            counter: Temporality::Cumulative,
            up_down_counter: Temporality::Cumulative,
            histogram: Temporality::Cumulative,
            gauge: Temporality::Cumulative,
            observable_counter: Temporality::Cumulative,
            observable_up_down_counter: Temporality::Cumulative,
            observable_gauge: Temporality::Cumulative,
        }
    }

    /// Delta for counters, observable counters and histograms.
    pub const fn delta() -> Self {
        Self {
            observable_counter: Temporality::Delta,
            ..Self::low_memory()
        }
    }

    /// Delta for counters and histograms only: what needs no memory of earlier collections.
    pub const fn low_memory() -> Self {
        Self {
            counter: Temporality::Delta,
            histogram: Temporality::Delta,
            ..Self::cumulative()
        }
    }

    /// The same, but `temporality` for instruments of `kind`.
    #[must_use]
    pub const fn with(mut self, kind: InstrumentKind, temporality: Temporality) -> Self {
        match kind {
            InstrumentKind::Counter => self.counter = temporality,
            InstrumentKind::UpDownCounter => self.up_down_counter = temporality,
            InstrumentKind::Histogram => self.histogram = temporality,
            InstrumentKind::Gauge => self.gauge = temporality,
            InstrumentKind::ObservableCounter => self.observable_counter = temporality,
            InstrumentKind::ObservableUpDownCounter => {
                self.observable_up_down_counter = temporality;
            }
            InstrumentKind::ObservableGauge => self.observable_gauge = temporality,
        }
        self
    }

    /// The temporality for instruments of `kind`.
    pub const fn of(&self, kind: InstrumentKind) -> Temporality {
        match kind {
            InstrumentKind::Counter => self.counter,
            InstrumentKind::UpDownCounter => self.up_down_counter,
            InstrumentKind::Histogram => self.histogram,
            InstrumentKind::Gauge => self.gauge,
            InstrumentKind::ObservableCounter => self.observable_counter,
            InstrumentKind::ObservableUpDownCounter => self.observable_up_down_counter,
            InstrumentKind::ObservableGauge => self.observable_gauge,
        }
    }
}

impl Default for TemporalityPreference {
    fn default() -> Self {
        Self::cumulative()
    }
}

/// The text is none of the presets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a temporality preference (cumulative, delta or lowmemory)")]
pub struct UnknownTemporality;

/// The name of a preset, in any case.
impl FromStr for TemporalityPreference {
    type Err = UnknownTemporality;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "cumulative" => Ok(Self::cumulative()),
            "delta" => Ok(Self::delta()),
            "lowmemory" => Ok(Self::low_memory()),
            _ => Err(UnknownTemporality),
        }
    }
}

/// The name of the preset, or `custom`.
impl fmt::Display for TemporalityPreference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::cumulative() {
            "cumulative"
        } else if *self == Self::delta() {
            "delta"
        } else if *self == Self::low_memory() {
            "lowmemory"
        } else {
            "custom"
        })
    }
}

/// `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`, and the name without `OTLP` that some documents have.
pub(super) fn temporality_from(environment: &Environment) -> TemporalityPreference {
    const SPECIFIED: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
    const MISTAKEN: &str = "OTEL_EXPORTER_METRICS_TEMPORALITY_PREFERENCE";
    if environment.get(MISTAKEN).is_some() {
        let used = if environment.get(SPECIFIED).is_some() {
            "it is ignored, as both are set"
        } else {
            "it is taken as if it had that name"
        };
        tracing::warn!(
            target: LOG_TARGET,
            variable = MISTAKEN,
            "{MISTAKEN} is not a variable of the specification, whose name is {SPECIFIED}; {used}"
        );
    }
    let default = TemporalityPreference::cumulative();
    let names: &[&str] = if environment.get(SPECIFIED).is_some() {
        &[SPECIFIED]
    } else {
        &[MISTAKEN]
    };
    environment
        .parsed(names, "cumulative, delta or lowmemory", default, |text| {
            text.parse().ok()
        })
        .unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use InstrumentKind::{
        Counter, Gauge, Histogram, ObservableCounter, ObservableGauge, ObservableUpDownCounter,
        UpDownCounter,
    };
    use Temporality::{Cumulative, Delta};

    use super::*;

    #[test]
    fn presets_are_as_the_specification_tables_them() {
        let table = [
            (Counter, [Cumulative, Delta, Delta]),
            (UpDownCounter, [Cumulative, Cumulative, Cumulative]),
            (Histogram, [Cumulative, Delta, Delta]),
            (ObservableCounter, [Cumulative, Delta, Cumulative]),
            (
                ObservableUpDownCounter,
                [Cumulative, Cumulative, Cumulative],
            ),
            (Gauge, [Cumulative, Cumulative, Cumulative]),
            (ObservableGauge, [Cumulative, Cumulative, Cumulative]),
        ];
        for (kind, expected) in table {
            let actual = ["CUMULATIVE", "Delta", "lowmemory"].map(|name| {
                let preset: TemporalityPreference = name.parse().expect("a preset");
                preset.of(kind)
            });
            assert_eq!(actual, expected, "{kind:?}");
        }
    }

    #[test]
    fn one_kind_can_be_set_without_the_others() {
        let mixed = TemporalityPreference::delta().with(ObservableCounter, Cumulative);
        assert_eq!(mixed, TemporalityPreference::low_memory());
        let custom = mixed.with(UpDownCounter, Delta);
        assert_eq!(custom.of(UpDownCounter), Delta);
        assert_eq!(custom.to_string(), "custom");
    }

    #[test]
    fn presets_are_shown_by_the_names_that_are_read() {
        for name in ["cumulative", "delta", "lowmemory"] {
            let preset: TemporalityPreference = name.parse().expect("a preset");
            assert_eq!(preset.to_string(), name);
        }
        assert_eq!(
            "low_memory".parse::<TemporalityPreference>(),
            Err(UnknownTemporality)
        );
    }
}
