//! The programs. All but the good one write HTTP by hand, so that nothing but what is wrong with them is in them.

#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "these are programs: they print, and wait in the time of the machine"
)]

use std::env;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Span as _, Tracer as _};
use otelbox_sdk::Sdk;

/// How often a program exports.
const PAUSE: Duration = Duration::from_millis(100);

/// Is the program of this name until it ends.
pub(super) fn be(name: &str) -> ExitCode {
    match name {
        "good" => good(),
        "never-retries" => export_for_ever(|_| {}),
        "ends-by-itself" => {
            export(0);
            ExitCode::SUCCESS
        }
        "stops-exporting" => {
            let mut number = 0;
            while export(number) {
                number += 1;
                std::thread::sleep(PAUSE);
            }
            std::thread::sleep(Duration::MAX);
            ExitCode::SUCCESS
        }
        "dies" => export_for_ever(|is_accepted| {
            if !is_accepted {
                eprintln!("ERROR cannot live without a Collector");
                std::process::exit(1);
            }
        }),
        "ignores-sigterm" => ignore_sigterm(),
        "floods" => {
            std::thread::spawn(|| {
                let line = "DEBUG ".repeat(100);
                loop {
                    eprintln!("{line}");
                    println!("{line}");
                }
            });
            export_for_ever(|_| {})
        }
        "crashes" => {
            eprintln!("ERROR no such configuration file");
            ExitCode::from(3)
        }
        "exports-nothing" => {
            eprintln!("listening on port 8080");
            std::thread::sleep(Duration::MAX);
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("there is no program `{name}`");
            ExitCode::from(2)
        }
    }
}

/// A service on the reference SDK, as its own example is.
fn good() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let sdk = Sdk::from_env().expect("an SDK").install_global();
        let tracer = opentelemetry::global::tracer("good");
        let mut end = std::pin::pin!(sigterm());
        let mut work = tokio::time::interval(PAUSE);
        loop {
            tokio::select! {
                () = &mut end => break,
                _ = work.tick() => tracer.start("work").end(),
            }
        }
        drop(sdk.shutdown(Duration::from_secs(5)).await);
    });
    ExitCode::SUCCESS
}

#[cfg(unix)]
async fn sigterm() {
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::terminate())
        .expect("a signal")
        .recv()
        .await;
}

#[cfg(not(unix))]
async fn sigterm() {
    std::future::pending().await
}

fn ignore_sigterm() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.spawn(async {
        loop {
            sigterm().await;
        }
    });
    export_for_ever(|_| {})
}

/// Exports one span after another, and tells `then` whether it was accepted.
fn export_for_ever(then: fn(bool)) -> ExitCode {
    for number in 0_u64.. {
        then(export(number));
        std::thread::sleep(PAUSE);
    }
    ExitCode::SUCCESS
}

/// Exports one span over HTTP/JSON, once; returns whether it was accepted.
fn export(number: u64) -> bool {
    post(number).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program reads its environment and the clock of its machine"
)]
fn post(number: u64) -> std::io::Result<String> {
    let endpoint = env::var("OTEL_EXPORTER_OTLP_ENDPOINT").unwrap_or_default();
    let host = endpoint.trim_start_matches("http://");
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos();
    let id = number + 1;
    let body = format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"raw"}}}}]}},"scopeSpans":[{{"scope":{{"name":"raw"}},"spans":[{{"traceId":"{id:032x}","spanId":"{id:016x}","name":"work","kind":1,"startTimeUnixNano":"{now}","endTimeUnixNano":"{now}"}}]}}]}}]}}"#
    );
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    write!(
        stream,
        "POST /v1/traces HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nUser-Agent: raw/1\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
