//! What is known of an instrument.

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::metrics::InstrumentKind;

/// What makes two instruments of a reader the same. Names are compared without regard to case.
///
/// Spec: Metrics SDK, "Duplicate instrument registration" and API, "Instrument name syntax" (case-insensitive).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    scope: InstrumentationScope,
    name: String,
    kind: InstrumentKind,
    unit: String,
    description: String,
    number: &'static str,
}

impl Identity {
    pub(crate) fn new(
        scope: InstrumentationScope,
        name: &str,
        kind: InstrumentKind,
        unit: &str,
        description: &str,
        number: &'static str,
    ) -> Self {
        Self {
            scope,
            name: name.to_ascii_lowercase(),
            kind,
            unit: unit.to_owned(),
            description: description.to_owned(),
            number,
        }
    }
}

/// What views select instruments by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Selectable<'a> {
    pub(crate) scope: &'a str,
    pub(crate) name: &'a str,
    pub(crate) kind: InstrumentKind,
    pub(crate) unit: &'a str,
}

/// The kind, in words.
pub(crate) const fn kind_name(kind: InstrumentKind) -> &'static str {
    match kind {
        InstrumentKind::Counter => "counter",
        InstrumentKind::UpDownCounter => "up-down counter",
        InstrumentKind::Histogram => "histogram",
        InstrumentKind::Gauge => "gauge",
        InstrumentKind::ObservableCounter => "observable counter",
        InstrumentKind::ObservableUpDownCounter => "observable up-down counter",
        InstrumentKind::ObservableGauge => "observable gauge",
    }
}

/// Why the SDK makes an instrument that records nothing, if it does.
///
/// Spec: Metrics API, "Instrument name syntax" and "Instrument unit".
pub(crate) fn invalid(name: &str, unit: &str) -> Option<&'static str> {
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Some("its name must start with a letter (A to Z, a to z)");
    }
    if name.len() > 255 {
        return Some("its name must not be longer than 255 characters");
    }
    if !name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_.-/".contains(c))
    {
        return Some("its name may only have letters, digits, '_', '.', '-' and '/'");
    }
    if unit.len() > 63 || !unit.is_ascii() {
        return Some("its unit must be ASCII and not longer than 63 characters");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_units_are_checked_as_the_sdk_does() {
        assert_eq!(invalid("http.server.request/count-1_x", "{request}"), None);
        assert_eq!(invalid(&"a".repeat(255), &"u".repeat(63)), None);
        for (name, unit) in [("", ""), ("1a", ""), ("a b", ""), ("a", "µs"), ("é", "")] {
            assert!(invalid(name, unit).is_some(), "{name} {unit}");
        }
        assert!(invalid(&"a".repeat(256), "").is_some());
        assert!(invalid("a", &"u".repeat(64)).is_some());
    }
}
