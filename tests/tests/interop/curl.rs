//! `curl`: what the HTTP port answers, byte for byte, as a client sees it that knows nothing of OTLP.

use libtest_mimic::Trial;
use otelbox_mock_collector::Signal;
use otelbox_tests::{Need, ServedCollector, Tool};

use crate::block_on;

const METRICS: &str = r#"{"resourceMetrics":[{"resource":{},"scopeMetrics":[{"scope":{"name":"curl"},"metrics":[
    {"name":"requests","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[
        {"asInt":"50","startTimeUnixNano":"1","timeUnixNano":"2"},
        {"asInt":7,"startTimeUnixNano":"1","timeUnixNano":"2"}]}}]}]}]}"#;
const JSON: &str = "content-type: application/json";
const PROTOBUF: &str = "content-type: application/x-protobuf";

pub(crate) fn trials() -> Vec<Trial> {
    let curl = Need::Curl;
    vec![
        curl.trial("json_is_accepted_over_http_1_and_http_2", accepts_json),
        curl.trial("an_unknown_path_is_404", |curl| {
            refuses(
                curl,
                &["-H", JSON, "-d", "{}"],
                "/v1/metric",
                404,
                "404 page not found",
            );
        }),
        curl.trial("another_method_is_405", |curl| {
            refuses(
                curl,
                &[],
                "/v1/metrics",
                405,
                "405 method not allowed, supported: [POST]",
            );
        }),
        curl.trial("another_content_type_is_415", |curl| {
            let text =
                "415 unsupported media type, supported: [application/json, application/x-protobuf]";
            refuses(
                curl,
                &["-H", "content-type: text/plain", "-d", "{}"],
                "/v1/metrics",
                415,
                text,
            );
        }),
        curl.trial("json_that_is_none_is_400_with_a_json_status", |curl| {
            refuses(
                curl,
                &["-H", JSON, "-d", "{\"resourceMetrics\":[}"],
                "/v1/metrics",
                400,
                "\"code\":3",
            );
        }),
        curl.trial("protobuf_that_is_none_is_400", |curl| {
            refuses(
                curl,
                &["-H", PROTOBUF, "-d", "no protobuf"],
                "/v1/metrics",
                400,
                "",
            );
        }),
        curl.trial("gzip_that_is_none_is_400", |curl| {
            let gzip = ["-H", JSON, "-H", "content-encoding: gzip", "-d", "{}"];
            refuses(curl, &gzip, "/v1/metrics", 400, "");
        }),
        curl.trial("a_request_cut_short_leaves_its_journal_entry", cut_short),
    ]
}

/// Answers as `curl` prints it: the body, then the status on a line of its own.
async fn ask(curl: &Tool, url: &str, arguments: &[&str]) -> (String, u16) {
    let mut all = vec!["-sS", "-w", "\n%{http_code}"];
    all.extend(arguments);
    all.push(url);
    let finished = curl.run(all).await;
    finished.assert_success();
    let (body, status) = finished
        .stdout
        .rsplit_once('\n')
        .expect("the status stands on the last line");
    (body.to_owned(), status.parse().expect("a status"))
}

fn accepts_json(curl: &Tool) {
    block_on(async {
        let collector = ServedCollector::start().await;
        let url = format!("{}/v1/metrics", collector.http_endpoint());
        for version in ["--http1.1", "--http2-prior-knowledge"] {
            let answer = ask(curl, &url, &[version, "-H", JSON, "-d", METRICS]).await;
            assert_eq!(answer.1, 200, "{answer:?}");
            let body: serde_json::Value = serde_json::from_str(&answer.0).expect("a JSON answer");
            assert!(body.is_object(), "{body}");
        }
        let left = collector.stop().await;
        let items: Vec<_> = left
            .journal
            .exchanges_of(Signal::Metrics)
            .iter()
            .map(|exchange| exchange.items)
            .collect();
        assert_eq!(
            items,
            [Some(2), Some(2)],
            "numbers as strings and as numbers"
        );
    });
}

#[track_caller]
fn refuses(curl: &Tool, arguments: &[&str], path: &str, status: u16, text: &str) {
    block_on(async {
        let collector = ServedCollector::start().await;
        let answer = ask(
            curl,
            &format!("{}{path}", collector.http_endpoint()),
            arguments,
        )
        .await;
        assert_eq!(answer.1, status, "{answer:?}");
        assert!(answer.0.contains(text), "{answer:?}");
        let left = collector.stop().await;
        let exchanges = left.journal.exchanges();
        let [exchange] = exchanges else {
            panic!("one entry, not {exchanges:?}");
        };
        assert!(!exchange.acknowledged, "{exchange:?}");
    });
}

/// curl announces more bytes than it has and gives up: the receiver neither hangs nor forgets.
fn cut_short(curl: &Tool) {
    block_on(async {
        let collector = ServedCollector::start().await;
        let url = format!("{}/v1/metrics", collector.http_endpoint());
        let arguments = [
            "-sS",
            "--max-time",
            "1",
            "-H",
            JSON,
            "-H",
            "content-length: 1000",
            "-d",
            "{}",
            &url,
        ];
        let finished = curl.run(arguments).await;
        assert!(!finished.status.success(), "{finished:?}");
        let left = collector.stop().await;
        let exchanges = left.journal.exchanges();
        let [exchange] = exchanges else {
            panic!("one entry, not {exchanges:?}");
        };
        assert!(!exchange.acknowledged, "{exchange:?}");
        assert_eq!(exchange.items, None);
    });
}
