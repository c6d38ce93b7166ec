//! The exporter of Prometheus remote write.

use std::fs;
use std::sync::Arc;

use otelbox_sdk::Environment;

use super::Row;
use crate::wire::{Answer, Authority, Seen, Wire};
use crate::world::{World, record_one_of_each, seconds};

const EXPORTER: (&str, &str) = ("OTEL_METRICS_EXPORTER", "prometheus_remote_write");
const SELECTED: &[(&str, &str)] = &[EXPORTER];
const OVER_TLS: (&str, &str) = (
    "OTELBOX_PROMETHEUS_REMOTE_WRITE_ENDPOINT",
    "https://collector:9090/api/v1/write",
);

/// Variables that name files, and the files, each by its name alone.
const CERTIFICATE: (&str, &str) = ("OTELBOX_PROMETHEUS_REMOTE_WRITE_CERTIFICATE", "ca.pem");
const CLIENT_CERTIFICATE: (&str, &str) = (
    "OTELBOX_PROMETHEUS_REMOTE_WRITE_CLIENT_CERTIFICATE",
    "client.pem",
);
const CLIENT_KEY: (&str, &str) = ("OTELBOX_PROMETHEUS_REMOTE_WRITE_CLIENT_KEY", "client.key");

pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![
        Row {
            name: "OTELBOX_PROMETHEUS_REMOTE_WRITE_ENDPOINT",
            given: SELECTED,
            observe: |environment| Box::pin(receiver(environment)),
            default: "localhost:9090/api/v1/write",
            valid: ("http://metrics:80/other?key=1", "metrics:80/other?key=1"),
            invalid: Some(("metrics:9090", "http://metrics:9090, or https://")),
        },
        Row {
            name: "OTELBOX_PROMETHEUS_REMOTE_WRITE_TIMEOUT",
            given: SELECTED,
            observe: |environment| Box::pin(patience(environment)),
            default: "10000",
            valid: ("2500", "2500"),
            invalid: Some(("-1", "a whole number of milliseconds, 0 or more")),
        },
        Row {
            name: "OTELBOX_PROMETHEUS_REMOTE_WRITE_PROTOCOL",
            given: SELECTED,
            observe: |environment| {
                Box::pin(header(environment, "x-prometheus-remote-write-version"))
            },
            default: "2.0.0",
            valid: ("1.0", "0.1.0"),
            invalid: Some(("3.0", "1.0 or 2.0")),
        },
        Row {
            name: "OTELBOX_PROMETHEUS_REMOTE_WRITE_HEADERS",
            given: SELECTED,
            observe: |environment| Box::pin(header(environment, "x-tenant")),
            default: "",
            valid: ("x-tenant=a%20shop", "a shop"),
            invalid: Some(("x-tenant", "it has no '='")),
        },
        Row {
            name: "OTELBOX_PROMETHEUS_REMOTE_WRITE_USERNAME",
            given: SELECTED,
            observe: |environment| Box::pin(header(environment, "authorization")),
            default: "",
            valid: ("ada", "Basic YWRhOg=="),
            invalid: Some(("a:b", "the name of a user has no colon")),
        },
        Row {
            name: "OTELBOX_PROMETHEUS_REMOTE_WRITE_PASSWORD",
            given: &[
                EXPORTER,
                ("OTELBOX_PROMETHEUS_REMOTE_WRITE_USERNAME", "ada"),
            ],
            observe: |environment| Box::pin(header(environment, "authorization")),
            default: "Basic YWRhOg==",
            valid: ("love", "Basic YWRhOmxvdmU="),
            invalid: None,
        },
        Row {
            name: "OTELBOX_PROMETHEUS_REMOTE_WRITE_BEARER_TOKEN",
            given: SELECTED,
            observe: |environment| Box::pin(header(environment, "authorization")),
            default: "",
            valid: ("abc", "Bearer abc"),
            invalid: Some(("a\nb", "is not used")),
        },
    ];
    rows.extend(files());
    rows
}

fn files() -> [Row; 3] {
    [
        Row {
            name: CERTIFICATE.0,
            given: &[EXPORTER, OVER_TLS],
            observe: |environment| Box::pin(handshake(environment)),
            default: "not trusted",
            valid: (CERTIFICATE.1, "anonymous"),
            invalid: Some(("missing.pem", "a PEM file with certificates")),
        },
        Row {
            name: CLIENT_CERTIFICATE.0,
            given: &[EXPORTER, OVER_TLS, CERTIFICATE, CLIENT_KEY],
            observe: |environment| Box::pin(handshake(environment)),
            default: "anonymous",
            valid: (CLIENT_CERTIFICATE.1, "identified"),
            invalid: Some(("ca.pem", "a PEM file that fits to the one in")),
        },
        Row {
            name: CLIENT_KEY.0,
            given: &[EXPORTER, OVER_TLS, CERTIFICATE, CLIENT_CERTIFICATE],
            observe: |environment| Box::pin(handshake(environment)),
            default: "anonymous",
            valid: (CLIENT_KEY.1, "identified"),
            invalid: None,
        },
    ]
}

/// What is seen of one counter.
async fn sent(environment: &Environment, answer: Answer, authority: &Authority) -> Seen {
    let wire = Wire::new(answer, authority);
    let builder = World::new().builder(environment);
    let sdk = builder.with_connector(Arc::new(wire.clone()));
    let sdk = sdk.without_traces().without_logs().build();
    let sdk = sdk.expect("an SDK");
    record_one_of_each(&sdk);
    // Not all of it is delivered where the wire hangs, or nobody is trusted.
    let _ = sdk.force_flush(seconds(60)).await;
    let _ = sdk.shutdown(seconds(60)).await;
    wire.seen()
}

async fn receiver(environment: Environment) -> String {
    let seen = sent(&environment, Answer::Ok, &Authority::new()).await;
    let (host, port, _) = &seen.connections[0];
    format!("{host}:{port}{}", seen.requests[0].path)
}

async fn patience(environment: Environment) -> String {
    let seen = sent(&environment, Answer::Hang, &Authority::new()).await;
    seen.patience()
}

async fn header(environment: Environment, name: &str) -> String {
    let seen = sent(&environment, Answer::Ok, &Authority::new()).await;
    seen.requests[0].header(name).unwrap_or_default().to_owned()
}

/// How TLS comes out, where files are named by where they are.
async fn handshake(environment: Environment) -> String {
    let authority = Authority::new();
    let (certificate, key) = authority.sign("client");
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in [
        (CERTIFICATE.1, authority.pem()),
        (CLIENT_CERTIFICATE.1, certificate.pem()),
        (CLIENT_KEY.1, key.serialize_pem()),
    ] {
        fs::write(directory.path().join(name), text).expect("written");
    }
    let mut environment = environment;
    for (variable, _) in [CERTIFICATE, CLIENT_CERTIFICATE, CLIENT_KEY] {
        if let Some(file) = environment.get(variable) {
            let path = directory.path().join(file).display().to_string();
            environment = environment.with(variable, path);
        }
    }
    let seen = sent(&environment, Answer::Ok, &authority).await;
    seen.handshakes[0].to_owned()
}
