//! The OTLP exporters: the general variable is for all signals, that of a signal for this one alone.

use otelbox_sdk::{Environment, Signal, VARIABLES, Variable};
use tempfile::TempDir;

use super::{reported, unusable};
use crate::log_lines::Log;
use crate::wire::{Answer, Authority, Seen, Wire};
use crate::world::{World, record_one_of_each, seconds};

const SIGNALS: [Signal; 3] = [Signal::Traces, Signal::Metrics, Signal::Logs];

/// A variable of which there is one for each signal too, and how its effect shows.
struct Row {
    option: &'static str,
    /// The other variables that it needs to have an effect.
    given: Vec<(&'static str, String)>,
    answer: Answer,
    /// What is seen of a signal.
    observe: fn(&Seen) -> String,
    default: fn(Signal) -> String,
    value: String,
    /// What is seen with the general variable.
    general: fn(Signal) -> String,
    /// What is seen with that of the signal.
    own: fn(Signal) -> String,
    /// An unusable value, and a part of the warning; with it the default is seen.
    invalid: (&'static str, &'static str),
}

/// The names of all variables that are checked here.
pub(super) fn names() -> impl Iterator<Item = String> {
    let files = Files::new();
    rows(&files)
        .into_iter()
        .flat_map(|row| row.variable().names())
}

/// An authority, and a client's certificate and key, in files.
struct Files {
    directory: TempDir,
    authority: Authority,
}

impl Files {
    fn new() -> Self {
        let authority = Authority::new();
        let directory = tempfile::tempdir().expect("a directory");
        let (certificate, key) = authority.sign("client");
        let files = [
            ("ca.pem", authority.pem()),
            ("client.pem", certificate.pem()),
            ("client.key", key.serialize_pem()),
        ];
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).expect("written");
        }
        Self {
            directory,
            authority,
        }
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }
}

/// A row without an effect, to be filled in.
fn plain(option: &'static str, value: &str, invalid: (&'static str, &'static str)) -> Row {
    Row {
        option,
        given: Vec::new(),
        answer: Answer::Ok,
        observe: |_| String::new(),
        default: |_| String::new(),
        value: value.to_owned(),
        general: |_| String::new(),
        own: |_| String::new(),
        invalid,
    }
}

fn rows(files: &Files) -> Vec<Row> {
    let mut rows = rows_of_requests();
    rows.extend(rows_of_tls(files));
    rows
}

fn rows_of_requests() -> Vec<Row> {
    vec![
        Row {
            observe: |seen| {
                let (host, port, _) = &seen.connections[0];
                format!("{host}:{port}{}", seen.requests[0].path)
            },
            default: |signal| format!("localhost:4318/v1/{signal}"),
            general: |signal| format!("elsewhere:99/base/v1/{signal}"),
            own: |_| "elsewhere:99/base".to_owned(),
            ..plain(
                "ENDPOINT",
                "http://elsewhere:99/base",
                ("elsewhere", "a URL"),
            )
        },
        Row {
            observe: |seen| header(seen, "content-type"),
            default: |_| "application/x-protobuf".to_owned(),
            general: |_| "application/json".to_owned(),
            own: |_| "application/json".to_owned(),
            ..plain(
                "PROTOCOL",
                "http/json",
                ("http", "grpc, http/protobuf or http/json"),
            )
        },
        Row {
            observe: |seen| header(seen, "x-tenant"),
            general: |_| "a b".to_owned(),
            own: |_| "a b".to_owned(),
            ..plain("HEADERS", "x-tenant=a%20b", ("x-tenant", "="))
        },
        Row {
            observe: |seen| header(seen, "content-encoding"),
            general: |_| "gzip".to_owned(),
            own: |_| "gzip".to_owned(),
            ..plain("COMPRESSION", "gzip", ("snappy", "gzip"))
        },
        Row {
            answer: Answer::Hang,
            observe: Seen::patience,
            default: |_| "10000".to_owned(),
            general: |_| "3000".to_owned(),
            own: |_| "3000".to_owned(),
            ..plain("TIMEOUT", "3000", ("-5", "milliseconds"))
        },
        Row {
            given: vec![
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc".to_owned()),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317".to_owned()),
            ],
            observe: |seen| seen.connections[0].2.to_owned(),
            default: |_| "tls".to_owned(),
            general: |_| "grpc".to_owned(),
            own: |_| "grpc".to_owned(),
            ..plain("INSECURE", "true", ("1", "true or false"))
        },
    ]
}

fn rows_of_tls(files: &Files) -> Vec<Row> {
    let over_tls = |option, value: &str, given: &[(&'static str, &str)]| Row {
        given: [(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "https://collector:4318".to_owned(),
        )]
        .into_iter()
        .chain(given.iter().map(|(name, file)| (*name, files.path(file))))
        .collect(),
        observe: |seen| seen.handshakes[0].to_owned(),
        ..plain(option, &files.path(value), ("/nowhere.pem", "PEM"))
    };
    vec![
        Row {
            default: |_| "not trusted".to_owned(),
            general: |_| "anonymous".to_owned(),
            own: |_| "anonymous".to_owned(),
            ..over_tls("CERTIFICATE", "ca.pem", &[])
        },
        Row {
            default: |_| "anonymous".to_owned(),
            general: |_| "identified".to_owned(),
            own: |_| "identified".to_owned(),
            ..over_tls(
                "CLIENT_CERTIFICATE",
                "client.pem",
                &[
                    ("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem"),
                    ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "client.key"),
                ],
            )
        },
        Row {
            default: |_| "anonymous".to_owned(),
            general: |_| "identified".to_owned(),
            own: |_| "identified".to_owned(),
            ..over_tls(
                "CLIENT_KEY",
                "client.key",
                &[
                    ("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem"),
                    ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "client.pem"),
                ],
            )
        },
    ]
}

fn header(seen: &Seen, name: &str) -> String {
    seen.requests[0].header(name).unwrap_or_default().to_owned()
}

impl Row {
    fn variable(&self) -> Variable {
        let name = format!("OTEL_EXPORTER_OTLP_{}", self.option);
        let variable = VARIABLES.iter().find(|variable| variable.name == name);
        *variable.unwrap_or_else(|| panic!("{name} is not in the table"))
    }

    fn environment(&self) -> Environment {
        self.given.iter().cloned().collect()
    }

    /// What is seen of each signal.
    async fn seen(&self, environment: &Environment, files: &Files) -> [String; 3] {
        let world = World::with_authority(self.answer, &files.authority);
        let sdk = world.sdk(environment);
        record_one_of_each(&sdk);
        // It fails where the receiver hangs or is not trusted.
        let _ = sdk.force_flush(seconds(20)).await;
        let seen = [&world.traces, &world.metrics, &world.logs]
            .map(Wire::seen)
            .map(|seen| (self.observe)(&seen));
        let _ = sdk.shutdown(seconds(1)).await;
        seen
    }

    async fn check(&self, files: &Files) {
        let default = SIGNALS.map(self.default);
        let unset = self.environment();
        assert_eq!(self.seen(&unset, files).await, default, "{}", self.option);
        for (index, name) in self.variable().names().into_iter().enumerate() {
            let log = Log::default();
            let guard = log.start();
            let environment = self.environment().with(&name, &self.value);
            let seen = self.seen(&environment, files).await;
            drop(guard);
            let expected = match index.checked_sub(1) {
                None => SIGNALS.map(self.general),
                Some(own) => {
                    let mut expected = default.clone();
                    expected[own] = (self.own)(SIGNALS[own]);
                    expected
                }
            };
            assert_eq!(seen, expected, "{name}");
            assert_eq!(unusable(&log, &name), [""; 0], "{name}");

            let (value, warning) = self.invalid;
            let log = Log::default();
            let guard = log.start();
            let environment = self.environment().with(&name, value);
            let seen = self.seen(&environment, files).await;
            drop(guard);
            assert_eq!(seen, default, "{name}={value}");
            reported(&log, &name, warning);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn values_have_their_effect_or_are_reported() {
    let files = Files::new();
    for row in rows(&files) {
        row.check(&files).await;
    }
}
