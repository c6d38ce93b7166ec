//! What is asked of the control API.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HOST, LOCATION};
use http::{Method, Request, Response, StatusCode};
use otelbox_mock_collector::control::ControlService;
use otelbox_mock_collector::{MockCollector, Port};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::receiver::{LONG, on_virtual_clock, still_serves};

/// How many requests are made at most: a story, and no flood.
const MOST: usize = 12;

const NO_FAULTS: &str = r#"{"faults":[]}"#;

/// An export between two requests, so that there is something to ask for.
const EXPORT: &[u8] = b"POST /v1/logs HTTP/1.1\r\nhost: otelbox\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 63\r\n\r\n{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{}}]}]}]}";

/// Requests, one after another, with a zero byte between them: `POST /v1/faults application/json`, an end of line, the body.
/// `EXPORT` in place of a request is an export to the receiver.
///
/// # Panics
///
/// Where an answer does not come or is not of the kind that is described, where faults that were listed are not taken back,
/// or where the receiver serves nobody any more that nobody has stopped.
pub fn control_requests(bytes: &[u8]) {
    on_virtual_clock(async |collector| {
        let control = ControlService::new(collector, None);
        for request in bytes.split(|byte| *byte == 0).take(MOST) {
            if request.starts_with(b"EXPORT") {
                export(collector).await;
            } else if let Some(request) = read(request) {
                ask(&control, request).await;
            }
        }
        let ready = ask(&control, get("/ready")).await;
        faults_are_taken_back(&control).await;
        if ready.status() == StatusCode::OK {
            ask(
                &control,
                with_json(Method::PUT, "/v1/faults", NO_FAULTS.into()),
            )
            .await;
            still_serves(collector).await;
        }
    });
}

/// Exports log records; what becomes of them is up to the faults.
async fn export(collector: &MockCollector) {
    let exchange = async {
        let mut stream = collector.connector().connect(Port::Http).await.ok()?;
        stream.write_all(EXPORT).await.ok()?;
        stream.read_to_end(&mut Vec::new()).await.ok()
    };
    // A fault may say nothing for ever.
    let _ = timeout(LONG, exchange).await;
}

/// A request, if the bytes are one: what HTTP has to refuse is not for this target.
fn read(bytes: &[u8]) -> Option<Request<Bytes>> {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (line, body) = bytes.split_at(end.unwrap_or(bytes.len()));
    let mut words = line.split(|byte| *byte == b' ');
    let request = Request::builder()
        .method(words.next()?)
        .uri(words.next()?)
        .header(HOST, "localhost");
    let request = match words.next() {
        Some(content_type) => request.header(CONTENT_TYPE, content_type),
        None => request,
    };
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    request.body(Bytes::copy_from_slice(body)).ok()
}

fn get(path: &str) -> Request<Bytes> {
    with_json(Method::GET, path, Bytes::new())
}

fn with_json(method: Method, path: &str, body: Bytes) -> Request<Bytes> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, "localhost")
        .header(CONTENT_TYPE, "application/json")
        .body(body)
        .expect("a request")
}

/// The answer to a request, which is of the kind that is described.
async fn ask(control: &ControlService, request: Request<Bytes>) -> Response<Bytes> {
    let asked = format!("{} {}", request.method(), request.uri());
    let has_body = request.method() != Method::HEAD;
    let is_root = request.uri().path() == "/";
    let answer = timeout(LONG, control.answer(request))
        .await
        .unwrap_or_else(|_| panic!("{asked}: no answer"));
    let status = answer.status();
    let is_page = is_root && status == StatusCode::OK;
    let header = |name| {
        answer
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let body: Value = if has_body && !is_page && !answer.body().is_empty() {
        serde_json::from_slice(answer.body()).unwrap_or_else(|error| panic!("{asked}: {error}"))
    } else {
        Value::Null
    };
    match status {
        StatusCode::OK => assert!(!has_body || is_page || !body.is_null(), "{asked}: nothing"),
        StatusCode::NO_CONTENT => assert!(body.is_null(), "{asked}: {body}"),
        StatusCode::CREATED => {
            let location = header(LOCATION).expect("where it is");
            let made = control.answer(get(location)).await;
            assert_eq!(made.status(), StatusCode::OK, "{asked}: {location}");
        }
        _ => {
            let is_told = status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE;
            assert!(is_told, "{asked}: {status} {body}");
            assert_eq!(
                header(CONTENT_TYPE),
                Some("application/problem+json"),
                "{asked}"
            );
            assert!(
                !has_body || body["status"] == status.as_u16(),
                "{asked}: {body}"
            );
            assert!(!has_body || body["code"].is_string(), "{asked}: {body}");
            let is_method = status == StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(is_method, header(ALLOW).is_some(), "{asked}");
        }
    }
    answer
}

/// The faults that are listed can be given back as they are, and are the same then.
async fn faults_are_taken_back(control: &ControlService) {
    let listed = faults(control).await;
    let body = json!({ "faults": listed }).to_string().into();
    let answer = ask(control, with_json(Method::PUT, "/v1/faults", body)).await;
    assert!(
        answer.status().is_success(),
        "{}: {listed}",
        answer.status()
    );
    assert_eq!(faults(control).await, listed);
}

async fn faults(control: &ControlService) -> Value {
    let answer = ask(control, get("/v1/faults")).await;
    let list: Value = serde_json::from_slice(answer.body()).expect("JSON");
    let views = list["faults"].as_array().expect("a list");
    views.iter().map(|view| view["fault"].clone()).collect()
}
