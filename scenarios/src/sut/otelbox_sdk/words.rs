//! Words of a scenario in those of the SDK.

use opentelemetry::InstrumentationScope;
use otelbox_sdk::{CarryOver, DropPolicy, Temporality, TemporalityPreference, View};

use crate::{
    driver::StartRequest,
    scenario::{self, InstrumentKind},
};

pub(super) fn drop_policy(policy: scenario::DropPolicy) -> DropPolicy {
    let Some(wanted) = policy.carries_over() else {
        return DropPolicy::Drop;
    };
    let mut carry_over =
        CarryOver::default().with_carry_ambiguous(wanted.carry_ambiguous == Some(true));
    if let Some(bytes) = wanted.max_bytes {
        carry_over = carry_over.with_max_bytes(usize::try_from(bytes).unwrap_or(usize::MAX));
    }
    carry_over.into()
}

pub(super) fn preference(temporality: &scenario::TemporalityPreference) -> TemporalityPreference {
    use scenario::TemporalityPreset as Preset;
    match temporality {
        scenario::TemporalityPreference::Preset(Preset::Cumulative) => {
            TemporalityPreference::cumulative()
        }
        scenario::TemporalityPreference::Preset(Preset::Delta) => TemporalityPreference::delta(),
        scenario::TemporalityPreference::Preset(Preset::LowMemory) => {
            TemporalityPreference::low_memory()
        }
        scenario::TemporalityPreference::PerKind(kinds) => kinds.iter().fold(
            TemporalityPreference::cumulative(),
            |preference, (kind, temporality)| {
                preference.with(
                    kind_of(*kind),
                    match temporality {
                        scenario::Temporality::Delta => Temporality::Delta,
                        scenario::Temporality::Cumulative => Temporality::Cumulative,
                    },
                )
            },
        ),
    }
}

/// The kind in the words of the stock SDK.
pub(crate) fn kind_of(kind: InstrumentKind) -> opentelemetry_sdk::metrics::InstrumentKind {
    use opentelemetry_sdk::metrics::InstrumentKind as Kind;
    match kind {
        InstrumentKind::Counter => Kind::Counter,
        InstrumentKind::UpDownCounter => Kind::UpDownCounter,
        InstrumentKind::Histogram => Kind::Histogram,
        InstrumentKind::Gauge => Kind::Gauge,
        InstrumentKind::ObservableCounter => Kind::ObservableCounter,
        InstrumentKind::ObservableUpDownCounter => Kind::ObservableUpDownCounter,
        InstrumentKind::ObservableGauge => Kind::ObservableGauge,
    }
}

pub(super) fn view_of(view: &scenario::View) -> View {
    let mut made = View::new();
    if let Some(name) = &view.name {
        made = made.name(name);
    }
    if let Some(kind) = view.kind {
        made = made.kind(kind_of(kind));
    }
    if let Some(unit) = &view.unit {
        made = made.unit(unit);
    }
    if let Some(meter) = &view.meter {
        made = made.scope(meter);
    }
    if let Some(name) = &view.rename {
        made = made.rename(name);
    }
    if let Some(keys) = &view.allow_attributes {
        made = made.allow_attributes(keys.clone());
    }
    if let Some(bounds) = &view.buckets {
        made = made.buckets(bounds.iter().copied());
    }
    if view.exponential {
        made = made.exponential_buckets();
    }
    if view.drop { made.drop() } else { made }
}

/// The meter that a scenario asks for.
pub(crate) fn scope(request: &StartRequest) -> InstrumentationScope {
    let Some(meter) = &request.meter else {
        return InstrumentationScope::builder("otelbox").build();
    };
    let scope = InstrumentationScope::builder(meter.name.clone());
    match &meter.version {
        Some(version) => scope.with_version(version.clone()).build(),
        None => scope.build(),
    }
}
