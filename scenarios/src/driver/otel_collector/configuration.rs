//! The Collector's configuration: its receiver, the exporter under test, and what it tells of itself.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Map, Value, json};

use super::contract::Contract;
use crate::{
    driver::StartRequest,
    scenario::{Protocol, Signal},
    sut::SutError,
};

/// How long retries go on where nobody says how long an export may take. Spec: the default of
/// `OTEL_EXPORTER_OTLP_TIMEOUT`. The Collector's own default is five minutes.
const EXPORT_LIMIT: Duration = Duration::from_secs(10);

/// The wait before the first retry. The Collector's own default is 5 s, so long that no case could tell a wait that was asked
/// for (3 s in most) from a backoff.
const INITIAL_INTERVAL: Duration = Duration::from_secs(1);

/// The longest wait. Default of the Collector.
const MAX_INTERVAL: Duration = Duration::from_secs(30);

/// How many exports are made at a time. Default of the Collector.
const CONSUMERS: usize = 10;

/// How much the receiver takes; the Collector's default of 20 MiB is less than what some cases emit.
const MAX_REQUEST_BYTES: u64 = 256 * 1024 * 1024;

/// How often it tells its counters, in milliseconds.
const TELLING_INTERVAL_MS: u64 = 200;

/// The configuration for `request`, as the text of a `yaml:` location. `socket` is where the receiver listens, `accounts`
/// where the counters go.
pub(super) fn text(
    request: &StartRequest,
    socket: &str,
    accounts: SocketAddr,
) -> Result<String, SutError> {
    let contract = Contract::of(request);
    let protocol = protocol(&contract)?;
    let (kind, exporter) = match protocol {
        Protocol::Grpc => ("otlp_grpc", grpc(request, &contract)),
        Protocol::HttpProtobuf => ("otlp_http", http(request, &contract, "proto")),
        Protocol::HttpJson => ("otlp_http", http(request, &contract, "json")),
        other => {
            return Err(SutError::Start(format!(
                "the exporters of OTLP do not speak `{other}`"
            )));
        }
    };
    let configuration = json!({
        "receivers": { "otlp": { "protocols": { "http": {
            "endpoint": socket,
            "transport": "unix",
            "max_request_body_size": MAX_REQUEST_BYTES,
        } } } },
        "exporters": { kind: exporter },
        "service": {
            "pipelines": { request.signal.name(): { "receivers": ["otlp"], "exporters": [kind] } },
            "telemetry": {
                "logs": { "level": "info", "disable_zap_resource": true },
                "metrics": { "level": "basic", "readers": [{ "periodic": {
                    "interval": TELLING_INTERVAL_MS,
                    "exporter": { "otlp": {
                        "protocol": "http/protobuf",
                        "endpoint": format!("http://{accounts}/v1/metrics"),
                    } },
                } }] },
            },
        },
    });
    // A dollar sign begins a reference to a variable.
    Ok(configuration.to_string().replace('$', "$$"))
}

/// Spec: "OTLP Exporter Configuration": `http/protobuf` where nothing is set.
fn protocol(contract: &Contract) -> Result<Protocol, SutError> {
    let name = contract.value("PROTOCOL").unwrap_or("http/protobuf");
    Protocol::OTLP
        .into_iter()
        .find(|protocol| protocol.name() == name)
        .ok_or_else(|| SutError::Start(format!("no exporter of the Collector speaks `{name}`")))
}

fn grpc(request: &StartRequest, contract: &Contract) -> Value {
    let mut exporter = both(request, contract);
    let in_code = request.configuration.endpoint.as_deref();
    let endpoint = in_code
        .or_else(|| contract.value("ENDPOINT"))
        .unwrap_or_default();
    // The Collector's users have to say that they want plain text, whatever the scheme.
    let is_insecure = contract.value("INSECURE").map_or_else(
        || endpoint.starts_with("http://"),
        |value| value.eq_ignore_ascii_case("true"),
    );
    exporter.insert("endpoint".to_owned(), json!(endpoint));
    let mut tls = tls(contract);
    tls.insert("insecure".to_owned(), json!(is_insecure));
    exporter.insert("tls".to_owned(), Value::Object(tls));
    Value::Object(exporter)
}

fn http(request: &StartRequest, contract: &Contract, encoding: &str) -> Value {
    let mut exporter = both(request, contract);
    let in_code = request.configuration.endpoint.as_deref();
    if let Some(endpoint) = in_code.or_else(|| contract.of_signal("ENDPOINT")) {
        let key = format!("{}_endpoint", request.signal.name());
        exporter.insert(key, json!(endpoint));
    }
    if let Some(endpoint) = contract.of_all("ENDPOINT") {
        exporter.insert("endpoint".to_owned(), json!(endpoint));
    }
    exporter.insert("encoding".to_owned(), json!(encoding));
    exporter.insert("tls".to_owned(), Value::Object(tls(contract)));
    Value::Object(exporter)
}

/// What the two exporters have in common. What nobody sets is left to them.
fn both(request: &StartRequest, contract: &Contract) -> Map<String, Value> {
    let mut exporter = Map::new();
    let configuration = &request.configuration;
    let compression = configuration
        .compression
        .map(|compression| json!(compression))
        .or_else(|| contract.value("COMPRESSION").map(|name| json!(name)));
    if let Some(compression) = compression {
        exporter.insert("compression".to_owned(), compression);
    }
    let mut headers = contract.headers();
    headers.extend(configuration.headers.clone());
    if !headers.is_empty() {
        exporter.insert("headers".to_owned(), json!(headers));
    }
    let attempt = configuration.attempt_timeout_ms.map(Duration::from_millis);
    if let Some(timeout) = attempt.or_else(|| contract.timeout()) {
        exporter.insert("timeout".to_owned(), duration(timeout));
    }
    exporter.insert("retry_on_failure".to_owned(), retry(contract.timeout()));
    let consumers = CONSUMERS.max(request.workers.len());
    exporter.insert(
        "sending_queue".to_owned(),
        json!({ "num_consumers": consumers }),
    );
    exporter
}

/// Retries that end with the time limit of the export, of which the first fits into it. Growth and jitter are the Collector's
/// own; a limit of zero is none, here as there.
fn retry(limit: Option<Duration>) -> Value {
    let limit = limit.unwrap_or(EXPORT_LIMIT);
    if limit.is_zero() {
        return json!({ "max_elapsed_time": "0s" });
    }
    json!({
        "initial_interval": duration(INITIAL_INTERVAL.min(limit / 2)),
        "max_interval": duration(MAX_INTERVAL.min(limit)),
        "max_elapsed_time": duration(limit),
    })
}

fn tls(contract: &Contract) -> Map<String, Value> {
    [
        ("ca_file", "CERTIFICATE"),
        ("cert_file", "CLIENT_CERTIFICATE"),
        ("key_file", "CLIENT_KEY"),
    ]
    .into_iter()
    .filter_map(|(key, option)| Some((key.to_owned(), json!(contract.value(option)?))))
    .collect()
}

fn duration(time: Duration) -> Value {
    json!(format!("{}us", time.as_micros()))
}

/// The signals that the Collector has pipelines for here.
pub(super) const SIGNALS: [Signal; 3] = [Signal::Metrics, Signal::Traces, Signal::Logs];

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(signal: Signal, variables: &[(&str, &str)]) -> Value {
        let env = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let request = StartRequest {
            signal,
            env: Some(env.collect()),
            ..StartRequest::default()
        };
        let accounts = "127.0.0.1:9".parse().expect("an address");
        let text = text(&request, "@x", accounts).expect("a configuration");
        serde_json::from_str(&text).expect("JSON, which is YAML")
    }

    #[test]
    fn what_is_set_for_a_signal_wins_and_what_is_not_set_is_left_to_the_collector() {
        let whole = configured(
            Signal::Logs,
            &[
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1/base"),
                ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://a:2/x"),
                ("OTEL_EXPORTER_OTLP_HEADERS", "a=1%20%2C,b=$2"),
                ("OTEL_EXPORTER_OTLP_CERTIFICATE", ""),
            ],
        );
        let exporter = &whole["exporters"]["otlp_http"];
        assert_eq!(
            *exporter,
            json!({
                "logs_endpoint": "http://a:2/x",
                "endpoint": "http://a:1/base",
                "encoding": "json",
                "headers": { "a": "1 ,", "b": "$$2" },
                "retry_on_failure": {
                    "initial_interval": "1000000us",
                    "max_interval": "10000000us",
                    "max_elapsed_time": "10000000us",
                },
                "sending_queue": { "num_consumers": 10 },
                "tls": {},
            })
        );
        assert_eq!(
            whole["service"]["pipelines"],
            json!({ "logs": { "receivers": ["otlp"], "exporters": ["otlp_http"] } })
        );
    }

    #[test]
    fn plain_text_over_grpc_is_asked_for_where_the_contract_says_so() {
        for (endpoint, insecure, wanted) in [
            ("http://a:1", None, true),
            ("https://a:1", None, false),
            ("a:1", None, false),
            ("a:1", Some("true"), true),
            ("http://a:1", Some("false"), false),
            ("https://a:1", Some("TRUE"), true),
        ] {
            let mut variables = vec![
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            ];
            variables.extend(insecure.map(|value| ("OTEL_EXPORTER_OTLP_INSECURE", value)));
            let whole = configured(Signal::Traces, &variables);
            let exporter = &whole["exporters"]["otlp_grpc"];
            assert_eq!(exporter["endpoint"], endpoint);
            assert_eq!(
                exporter["tls"]["insecure"], wanted,
                "{endpoint} {insecure:?}"
            );
        }
    }

    #[test]
    fn retries_end_with_the_time_limit_and_begin_within_it() {
        let limited = |millis: &str| {
            let whole = configured(
                Signal::Traces,
                &[
                    ("OTEL_EXPORTER_OTLP_TIMEOUT", millis),
                    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1"),
                ],
            );
            let exporter = &whole["exporters"]["otlp_http"];
            (
                exporter["timeout"].clone(),
                exporter["retry_on_failure"].clone(),
            )
        };
        let (timeout, retry) = limited("60000");
        assert_eq!(timeout, "60000000us");
        assert_eq!(retry["initial_interval"], "1000000us");
        assert_eq!(retry["max_interval"], "30000000us");
        assert_eq!(retry["max_elapsed_time"], "60000000us");
        let (timeout, retry) = limited("500");
        assert_eq!(timeout, "500000us");
        assert_eq!(retry["initial_interval"], "250000us");
        assert_eq!(retry["max_elapsed_time"], "500000us");
        assert_eq!(limited("0").1, json!({ "max_elapsed_time": "0s" }));
        assert_eq!(limited("soon").0, Value::Null);
    }
}
