//! What docker-compose.yml starts, as one thing.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::{Command, id};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::engine::{PROJECT, docker, repository, run, things};
use crate::images::{Images, given};
use otelbox_tests::api::{ask, json};

/// Which Compose is tested, where there are several: a command with its first arguments.
const COMPOSE_VARIABLE: &str = "OTELBOX_COMPOSE";

/// The secret of the control API.
const TOKEN: &str = "correct-horse";

/// What docker-compose.yml starts, on ports that are free. It is taken down when it is dropped, whatever happened.
pub(crate) struct Stack {
    project: String,
    variables: BTreeMap<&'static str, String>,
}

impl Stack {
    /// Nothing yet. Nobody orders anything but the test, and metrics are exported more often than for people.
    pub(crate) fn new(images: &Images) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);

        let project = format!(
            "{PROJECT}{}-{}",
            id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let variables = [
            ("OTELBOX_IMAGE", images.otelbox.as_str()),
            ("DEMO_SERVICE_IMAGE", &images.demo_service),
            ("COLLECTOR_IMAGE", &images.collector),
            ("PROMETHEUS_IMAGE", &images.prometheus),
            ("JAEGER_IMAGE", &images.jaeger),
            ("OTELBOX_CONTROL_TOKEN", TOKEN),
            ("DEMO_RATE", "0"),
            ("METRIC_EXPORT_INTERVAL", "1500"),
            ("METRIC_EXPORT_TIMEOUT", "1000"),
            ("OTELBOX_PORT", "0"),
            ("DEMO_SERVICE_PORT", "0"),
            ("PROMETHEUS_PORT", "0"),
            ("JAEGER_PORT", "0"),
        ];
        Self {
            project,
            variables: variables
                .map(|(name, value)| (name, value.to_owned()))
                .into(),
        }
    }

    /// Sets a variable of docker-compose.yml.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.variables.insert(name, value.into());
    }

    /// Runs a command of Compose; what it printed, or all that it said where it failed.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let compose = compose()?;
        let mut command = Command::new(&compose[0]);
        command
            .args(&compose[1..])
            .args(["--project-name", &self.project])
            .args(arguments)
            .current_dir(repository())
            .envs(&self.variables);
        run(&mut command)
    }

    /// Starts these services and what they need; all of them where none is named.
    pub(crate) fn up(&self, services: &[&str]) -> Result<String, String> {
        self.run(&[&["up", "--detach", "--no-build"], services].concat())
    }

    /// Where a port of a service is published.
    pub(crate) fn address(&self, service: &str, port: &str) -> SocketAddr {
        let printed = self.run(&["port", service, port]);
        let printed = printed.unwrap_or_else(|error| panic!("{error}"));
        let address: SocketAddr = printed.trim().parse().expect("an address");
        assert!(
            address.ip().is_loopback(),
            "{service} is for others: {address}"
        );
        address
    }

    /// The last lines of all services, or of one.
    pub(crate) fn last_lines(&self, services: &[&str]) -> String {
        let logs = self.run(&[&["logs", "--no-color", "--tail", "15"], services].concat());
        logs.unwrap_or_else(|error| error)
    }

    /// The value of a query that gives one, as Prometheus has it now.
    pub(crate) async fn query(&self, query: &str) -> Result<f64, String> {
        let prometheus = self.address("prometheus", "9090");
        let encoded = utf8_percent_encode(query, NON_ALPHANUMERIC);
        let path = format!("/api/v1/query?query={encoded}");
        let answer = json(prometheus, &path, "").await?;
        let value = answer["data"]["result"][0]["value"][1].as_str();
        let value = value.and_then(|text| text.parse().ok());
        value.ok_or_else(|| format!("{query}: no value in {answer}"))
    }

    /// Asks the control API.
    pub(crate) async fn control(&self, request_line: &str, body: &str) -> (u16, Value) {
        let headers =
            format!("authorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n");
        let address = self.address("otelbox", "4320");
        let (status, body) = ask(address, request_line, &headers, body)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let value = serde_json::from_str(&body).unwrap_or(Value::String(body));
        (status, value)
    }

    /// Takes everything down, and requires that nothing is left.
    pub(crate) fn down(self) {
        let project = self.project.clone();
        drop(self);
        let mut left = things(docker);
        left.retain(|thing| thing.is_of_project(&project));
        assert!(left.is_empty(), "{left:?}");
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let mut text = String::new();
        if thread::panicking() {
            text = format!(
                "--- what the services wrote last:\n{}\n",
                self.last_lines(&[])
            );
        }
        let down = [
            "--profile",
            "faults",
            "down",
            "--volumes",
            "--remove-orphans",
            "--timeout",
            "5",
        ];
        if let Err(error) = self.run(&down) {
            text.push_str(&error);
        }
        // Nothing is left to do if standard error is gone too.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

/// The words that start Compose: those of `OTELBOX_COMPOSE`, else version 2 where it is there, else version 1.
pub(crate) fn compose() -> Result<&'static [String], String> {
    static FOUND: OnceLock<Result<Vec<String>, String>> = OnceLock::new();

    let found = FOUND.get_or_init(|| {
        let candidates = match given(COMPOSE_VARIABLE) {
            Some(command) => vec![command],
            None => ["docker compose", "docker-compose"].map(str::to_owned).into(),
        };
        let mut commands = candidates.iter().map(|command| words(command));
        let works = |command: &Vec<String>| {
            command.split_first().is_some_and(|(program, arguments)| {
                run(Command::new(program).args(arguments).arg("version")).is_ok()
            })
        };
        commands.find(works).ok_or_else(|| {
            let tried = candidates.join(", ");
            format!("not run: Compose is not there (tried: {tried}); install it (Debian: docker-compose)")
        })
    });
    found.as_deref().map_err(Clone::clone)
}

fn words(command: &str) -> Vec<String> {
    command.split_whitespace().map(str::to_owned).collect()
}
