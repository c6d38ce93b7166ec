//! A receiver with its control API, and a client of nothing but sockets.

use std::net::SocketAddr;
use std::time::Duration;

use otelbox_mock_collector::control::{Control, ControlSettings, ControlToken, openapi};
use otelbox_mock_collector::{MockCollector, MockCollectorBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long anything may take before the test fails: only a guard.
const GUARD: Duration = Duration::from_secs(60);

/// A receiver whose control API is open.
pub(crate) struct Controlled {
    pub(crate) collector: MockCollector,
    pub(crate) control: Control,
    pub(crate) client: Client,
}

/// Asks the control API, one connection for each request, and holds each answer against the description.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) token: Option<&'static str>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) text: String,
}

impl Controlled {
    pub(crate) async fn start() -> Self {
        Self::with(MockCollector::builder(), None).await
    }

    pub(crate) async fn with(builder: MockCollectorBuilder, token: Option<&'static str>) -> Self {
        let collector = builder.start().await.expect("a receiver");
        let secret = token.map(|text| ControlToken::try_new(text).expect("a token"));
        let address = "127.0.0.1:0".parse().expect("an address");
        let settings = ControlSettings::try_new(address, secret).expect("settings");
        let control = Control::open(&collector, settings).await.expect("a port");
        let client = Client {
            address: control.address(),
            token,
        };
        Self {
            collector,
            control,
            client,
        }
    }

    /// Exports log records with this text over HTTP, and gives the status.
    pub(crate) async fn export(&self, text: &str) -> u16 {
        let body = json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [{ "body": { "stringValue": text } }] }] }] });
        self.export_body(&body.to_string()).await
    }

    pub(crate) async fn export_body(&self, body: &str) -> u16 {
        let address = self.collector.http_addr().expect("a port");
        let request = format!(
            "POST /v1/logs HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        send(address, request.as_bytes()).await.status
    }
}

impl Client {
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, "", "").await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.ask("DELETE", path, "", "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.ask("POST", path, JSON, &body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Reply {
        self.ask("PUT", path, JSON, &body.to_string()).await
    }

    /// With more headers, each with its line end.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Reply {
        let token = self.token.map_or_else(String::new, |token| {
            format!("authorization: Bearer {token}\r\n")
        });
        let headers = format!("host: {}\r\n{token}{headers}", self.address);
        self.ask_raw(method, path, &headers, body).await
    }

    /// With these headers and no others but what frames the request.
    pub(crate) async fn ask_raw(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Reply {
        let length = if body.is_empty() {
            String::new()
        } else {
            format!("content-length: {}\r\n", body.len())
        };
        let request =
            format!("{method} {path} HTTP/1.1\r\n{headers}connection: close\r\n{length}\r\n{body}");
        let reply = send(self.address, request.as_bytes()).await;
        reply.is_described(method, path, self.token.is_some());
        reply
    }
}

pub(crate) const JSON: &str = "content-type: application/json\r\n";

/// Sends bytes, and reads the answer to the end of the connection.
pub(crate) async fn send(address: SocketAddr, request: &[u8]) -> Reply {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        // A server that has said no may have closed already.
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).expect("UTF-8")
    };
    let answer = timeout(GUARD, exchange).await.expect("an answer in time");
    let (head, text) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Reply {
        status: status.unwrap_or_else(|| panic!("no HTTP answer: {answer:?}")),
        head: head.to_owned(),
        text: text.to_owned(),
    }
}

impl Reply {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Expects this status, and gives the body.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        if self.text.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// Expects a problem of this kind.
    #[track_caller]
    pub(crate) fn expect_problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        let problem = self.expect(status);
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{problem}"
        );
        problem
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Holds the answer against the description.
    #[track_caller]
    fn is_described(&self, method: &str, path: &str, with_token: bool) {
        let document = openapi(with_token);
        let path = path.split('?').next().unwrap_or_default();
        let paths = document["paths"].as_object().expect("paths");
        let described = paths.iter().find(|(template, _)| fits(template, path));
        let Some(operation) = described.and_then(|(_, item)| item.get(method.to_lowercase()))
        else {
            return;
        };
        let answer = &operation["responses"][self.status.to_string()];
        assert!(
            answer.is_object(),
            "{method} {path}: {} is not described: {self:?}",
            self.status
        );
        let Some(content) = answer["content"].as_object() else {
            assert_eq!(self.text, "", "{method} {path}");
            return;
        };
        let (kind, content) = content.iter().next().expect("a content type");
        assert_eq!(
            self.header("content-type"),
            Some(kind.as_str()),
            "{method} {path}"
        );
        let mut schema = content["schema"].clone();
        schema["components"] = document["components"].clone();
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let body = self.json();
        let errors: Vec<String> = validator
            .iter_errors(&body)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(
            errors.is_empty(),
            "{method} {path}: {errors:#?} in {body:#}"
        );
        let located = answer["headers"]["Location"].is_object();
        assert_eq!(
            self.header("location").is_some(),
            located,
            "{method} {path}"
        );
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template
            .zip(path)
            .all(|(part, segment)| part == segment || part.starts_with('{'))
}
