//! What becomes of names on their way to Prometheus.

/// What becomes of the names of metrics and labels.
///
/// A client may ask for names of the older form all the same, and gets them: what it says goes before the strategy.
///
/// Default: [`UnderscoreEscapingWithSuffixes`](Self::UnderscoreEscapingWithSuffixes).
///
/// Spec: Prometheus exporter, "Configuration" (MUST be these four); "Interaction with Translation Strategy".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    not(feature = "prometheus"),
    expect(
        dead_code,
        unreachable_pub,
        reason = "remote write knows the default alone"
    )
)]
pub enum TranslationStrategy {
    /// What the older formats do not allow is `_`, then come unit and kind: `http.server.duration` in `s` is
    /// `http_server_duration_seconds`.
    #[default]
    UnderscoreEscapingWithSuffixes,
    /// What the older formats do not allow is `_`: `http_server_duration`.
    UnderscoreEscapingWithoutSuffixes,
    /// Names as they were recorded, then unit and kind: `http.server.duration_seconds`.
    NoUtf8EscapingWithSuffixes,
    /// Names as they were recorded: `http.server.duration`. Metrics that differ in their units alone are then one.
    NoTranslation,
}

impl TranslationStrategy {
    /// Whether all names have the form that the older formats allow.
    pub(crate) const fn escapes(self) -> bool {
        match self {
            Self::UnderscoreEscapingWithSuffixes | Self::UnderscoreEscapingWithoutSuffixes => true,
            Self::NoUtf8EscapingWithSuffixes | Self::NoTranslation => false,
        }
    }

    /// Whether names have the unit and the kind.
    pub(super) const fn has_suffixes(self) -> bool {
        match self {
            Self::UnderscoreEscapingWithSuffixes | Self::NoUtf8EscapingWithSuffixes => true,
            Self::UnderscoreEscapingWithoutSuffixes | Self::NoTranslation => false,
        }
    }
}
