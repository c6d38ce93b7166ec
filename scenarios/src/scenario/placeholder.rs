//! Texts of a scenario that differ from signal to signal, so that one file can tell a story for all of them.

use super::Signal;

/// Texts that the runner replaces by where the receiver of a cell listens, and by files with its certificates.
const OF_THE_RECEIVER: [&str; 13] = [
    "endpoint",
    "grpc_endpoint",
    "http_endpoint",
    "grpc_authority",
    "http_authority",
    "authority",
    "ca_file",
    "other_ca_file",
    "client_certificate_file",
    "client_key_file",
    "other_client_certificate_file",
    "other_client_key_file",
    "garbage_file",
];

/// Texts that stand for something of the cell's signal.
const OF_THE_SIGNAL: [&str; 7] = [
    "signal",
    "SIGNAL",
    "http_path",
    "grpc_path",
    "EXPORT_INTERVAL",
    "EXPORT_TIMEOUT",
    "PROCESSOR",
];

/// What `${name}` stands for in a cell of `signal`; none where it has no meaning there.
///
/// | text | metrics | traces | logs |
/// |---|---|---|---|
/// | `${signal}` | `metrics` | `traces` | `logs` |
/// | `${SIGNAL}` | `METRICS` | `TRACES` | `LOGS` |
/// | `${http_path}`, `${grpc_path}` | where exports go | | |
/// | `${EXPORT_INTERVAL}` | `OTEL_METRIC_EXPORT_INTERVAL` | `OTEL_BSP_SCHEDULE_DELAY` | `OTEL_BLRP_SCHEDULE_DELAY` |
/// | `${EXPORT_TIMEOUT}` | `OTEL_METRIC_EXPORT_TIMEOUT` | `OTEL_BSP_EXPORT_TIMEOUT` | `OTEL_BLRP_EXPORT_TIMEOUT` |
/// | `${PROCESSOR}` | | `BSP` | `BLRP` |
fn meaning(name: &str, signal: Signal) -> Option<&'static str> {
    Some(match (name, signal) {
        ("signal", signal) => signal.name(),
        ("http_path", signal) => signal.http_path(),
        ("grpc_path", signal) => signal.grpc_path(),
        ("SIGNAL", Signal::Metrics) => "METRICS",
        ("SIGNAL", Signal::Traces) => "TRACES",
        ("SIGNAL", Signal::Logs) => "LOGS",
        ("SIGNAL", Signal::Profiles) => "PROFILES",
        ("EXPORT_INTERVAL", Signal::Metrics) => "OTEL_METRIC_EXPORT_INTERVAL",
        ("EXPORT_INTERVAL", Signal::Traces) => "OTEL_BSP_SCHEDULE_DELAY",
        ("EXPORT_INTERVAL", Signal::Logs) => "OTEL_BLRP_SCHEDULE_DELAY",
        ("EXPORT_TIMEOUT", Signal::Metrics) => "OTEL_METRIC_EXPORT_TIMEOUT",
        ("EXPORT_TIMEOUT", Signal::Traces) => "OTEL_BSP_EXPORT_TIMEOUT",
        ("EXPORT_TIMEOUT", Signal::Logs) => "OTEL_BLRP_EXPORT_TIMEOUT",
        ("PROCESSOR", Signal::Traces) => "BSP",
        ("PROCESSOR", Signal::Logs) => "BLRP",
        _ => return None,
    })
}

/// `text` for a cell of `signal`; what stands for the receiver is left as it is.
pub(crate) fn for_signal(text: &str, signal: Signal) -> String {
    let mut filled = text.to_owned();
    for name in OF_THE_SIGNAL {
        let written = format!("${{{name}}}");
        if let Some(meaning) = meaning(name, signal).filter(|_| filled.contains(&written)) {
            filled = filled.replace(&written, meaning);
        }
    }
    filled
}

/// What is wrong with the texts to be replaced in `text`, where a cell of each of `signals` gets it.
pub(crate) fn mistake(text: &str, signals: &[Signal]) -> Option<String> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        let Some((name, left)) = after.split_once('}') else {
            return Some("`${` without `}`".to_owned());
        };
        rest = left;
        if OF_THE_RECEIVER.contains(&name) {
            continue;
        }
        if !OF_THE_SIGNAL.contains(&name) {
            let known: Vec<String> = OF_THE_SIGNAL
                .iter()
                .chain(&OF_THE_RECEIVER)
                .map(|name| format!("`${{{name}}}`"))
                .collect();
            return Some(format!(
                "nothing is known as `${{{name}}}`; there are {}",
                known.join(", ")
            ));
        }
        if let Some(signal) = signals
            .iter()
            .find(|signal| meaning(name, **signal).is_none())
        {
            return Some(format!("`${{{name}}}` means nothing for {signal}"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_signal_gets_its_own_text() {
        for (text, signal, expected) in [
            (
                "OTEL_EXPORTER_OTLP_${SIGNAL}_HEADERS",
                Signal::Traces,
                "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
            ),
            (
                "${EXPORT_INTERVAL}",
                Signal::Logs,
                "OTEL_BLRP_SCHEDULE_DELAY",
            ),
            ("/a${http_path}", Signal::Metrics, "/a/v1/metrics"),
            (
                "${http_endpoint}/${signal}",
                Signal::Logs,
                "${http_endpoint}/logs",
            ),
        ] {
            assert_eq!(for_signal(text, signal), expected);
        }
    }

    #[test]
    fn a_text_without_a_meaning_is_named() {
        let all = [Signal::Metrics, Signal::Traces];
        assert_eq!(mistake("${grpc_endpoint}/x", &all), None);
        assert_eq!(
            mistake("OTEL_${PROCESSOR}_MAX_QUEUE_SIZE", &all).as_deref(),
            Some("`${PROCESSOR}` means nothing for metrics")
        );
        assert!(
            mistake("${port}", &all)
                .is_some_and(|said| said.starts_with("nothing is known as `${port}`"))
        );
        assert_eq!(
            mistake("${signal", &all).as_deref(),
            Some("`${` without `}`")
        );
    }
}
