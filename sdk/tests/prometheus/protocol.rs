//! Requests and answers.

use std::io::Read as _;

use flate2::read::GzDecoder;
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use otelbox_sdk::TranslationStrategy;

use crate::client::{ask, get, provider, reader};

#[test]
fn the_client_chooses_the_format() {
    let (provider, address) = provider(reader());
    provider
        .meter("lib")
        .u64_counter("hits")
        .build()
        .add(1, &[]);
    let table = [
        (
            "",
            "text/plain; version=0.0.4; charset=utf-8",
            "# TYPE hits_total counter\n",
        ),
        (
            "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n",
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
            "# TYPE hits counter\n",
        ),
        (
            "Accept: application/openmetrics-text;version=0.0.1\r\n",
            "application/openmetrics-text; version=0.0.1; charset=utf-8",
            "\n# EOF\n",
        ),
        (
            "Accept: text/plain;version=1.0.0;escaping=allow-utf-8\r\n",
            "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
            "# TYPE hits_total counter\n",
        ),
    ];
    for (accept, content_type, part) in table {
        let answer = get(address, accept);
        assert_eq!(answer.status, 200, "{accept}");
        assert_eq!(
            answer.header("content-type"),
            Some(content_type),
            "{accept}"
        );
        assert_eq!(answer.header("vary"), Some("Accept, Accept-Encoding"));
        assert!(answer.text().contains(part), "{accept}: {}", answer.text());
    }
}

#[test]
fn the_client_chooses_how_names_are_escaped() {
    for strategy in [
        TranslationStrategy::NoUtf8EscapingWithSuffixes,
        TranslationStrategy::NoTranslation,
    ] {
        let (provider, address) = provider(reader().with_translation_strategy(strategy));
        let load = provider.meter("lib").f64_gauge("my.load").build();
        load.record(0.5, &[KeyValue::new("cpu.id", 1)]);
        let table = [
            ("*/*", "my_load{cpu_id=\"1\","),
            ("text/plain;version=0.0.4", "my_load{cpu_id=\"1\","),
            (
                "application/openmetrics-text;version=1.0.0",
                "my_load{cpu_id=\"1\",",
            ),
            ("text/plain;version=1.0.0", "my_load{cpu_id=\"1\","),
            (
                "text/plain;version=1.0.0;escaping=underscores",
                "my_load{cpu_id=\"1\",",
            ),
            (
                "text/plain;version=1.0.0;escaping=allow-utf-8",
                "{\"my.load\",\"cpu.id\"=\"1\",",
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8",
                "{\"my.load\",\"cpu.id\"=\"1\",",
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=dots",
                "my_dot_load{cpu_dot_id=\"1\",",
            ),
            (
                "text/plain;version=1.0.0;escaping=values",
                "U__my_2e_load{U__cpu_2e_id=\"1\",",
            ),
            // What the client prefers counts, and not what it would take as well.
            (
                "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4",
                "my_load{cpu_id=\"1\",",
            ),
        ];
        // Twice, so that numbers are filled into what was written before, too.
        for (accept, line) in table.iter().chain(&table) {
            let answer = get(address, &format!("Accept: {accept}\r\n"));
            let page = answer.text();
            assert!(page.contains(&format!("\n{line}")), "{accept}: {page}");
            let content_type = answer.header("content-type").expect("a type");
            let asked = accept.split(';').next_back().unwrap_or(accept);
            assert_eq!(
                content_type.contains("escaping="),
                content_type.contains("version=1.0.0"),
                "{content_type}"
            );
            if asked.starts_with("escaping=") {
                assert!(content_type.ends_with(asked), "{accept}: {content_type}");
            }
        }
    }
}

#[test]
fn a_client_that_takes_gzip_gets_the_same_page_smaller() {
    let (provider, address) = provider(reader());
    provider
        .meter("lib")
        .u64_counter("hits")
        .build()
        .add(1, &[]);
    let plain = get(address, "");
    let small = get(address, "Accept-Encoding: deflate, gzip\r\n");
    assert_eq!(small.header("content-encoding"), Some("gzip"));
    assert_eq!(plain.header("content-encoding"), None);
    let mut text = String::new();
    GzDecoder::new(&small.body[..])
        .read_to_string(&mut text)
        .expect("gzip");
    assert_eq!(text, plain.text());
}

#[test]
fn only_reading_is_allowed_and_only_what_is_there() {
    let (provider, address) = provider(reader());
    let head = ask(
        address,
        "HEAD",
        "/metrics",
        "Accept: application/openmetrics-text\r\n",
    );
    assert_eq!((head.status, head.body.len()), (200, 0));
    let content_type = head.header("content-type").expect("a type");
    assert!(
        content_type.starts_with("application/openmetrics-text"),
        "{content_type}"
    );
    assert_eq!(
        provider.readers()[0].statistics().cycles,
        0,
        "nothing was collected for it"
    );
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let refused = ask(address, method, "/metrics", "Content-Length: 0\r\n");
        assert_eq!(
            (refused.status, refused.header("allow")),
            (405, Some("GET, HEAD"))
        );
    }
    for path in ["/metric", "/metrics/", "/favicon.ico"] {
        assert_eq!(ask(address, "GET", path, "").status, 404, "{path}");
    }
    let index = ask(address, "GET", "/", "");
    assert!(
        index.text().contains("href=\"/metrics\""),
        "{}",
        index.text()
    );
    assert_eq!(ask(address, "GET", "/metrics?name[]=x", "").status, 200);
}

#[test]
fn what_is_no_http_is_refused() {
    use std::io::Write as _;

    let (_provider, address) = provider(reader());
    let mut stream = std::net::TcpStream::connect(address).expect("a connection");
    stream
        .write_all(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        .expect("sent");
    let mut answer = Vec::new();
    // The rest of what was sent may be answered with a reset.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 400 "),
        "{answer}"
    );
    assert_eq!(get(address, "").status, 200);
}
