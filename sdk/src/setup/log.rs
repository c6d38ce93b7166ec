//! What is said when the SDK starts.

use opentelemetry_sdk::Resource;

use crate::environment::LOG_TARGET;
use crate::signal::Signal;

/// Says where the telemetry of a signal goes. What feeds the exporters says the rest when it starts.
pub(super) fn started(signal: Signal, exporters: &[&str], details: &str) {
    let exporters = match exporters {
        [] => "none".to_owned(),
        several => several.join(","),
    };
    tracing::info!(target: LOG_TARGET, "{signal} set up; exporters={exporters}{details}");
}

/// Says who sends, and what crosses process boundaries.
pub(super) fn setting_up(resource: &Resource, propagators: &str) {
    let service = resource
        .get(&"service.name".into())
        .map_or_else(|| "none".to_owned(), |name| name.to_string());
    tracing::info!(
        target: LOG_TARGET,
        "setting up traces, metrics and logs; service.name={service} propagators={propagators}"
    );
}

/// Says that nothing is set up.
pub(super) fn disabled(propagators: &str) {
    tracing::info!(
        target: LOG_TARGET,
        "the SDK is disabled by OTEL_SDK_DISABLED: nothing is recorded; propagators={propagators}"
    );
}
