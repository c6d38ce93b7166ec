//! The driver of the real Collector, where things go wrong: each mistake is told in the Collector's own words, and no
//! Collector is left behind.

use std::fs;
use std::path::Path;
use std::time::Duration;

use libtest_mimic::Trial;
use otelbox_tests::{Driver, Need, Tool};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::block_on;

/// Only a guard.
const GUARD: Duration = Duration::from_secs(120);

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(10);

pub(crate) fn trials() -> Vec<Trial> {
    let collector = Need::Collector;
    vec![
        Trial::test(
            "collector_driver::no_collector_is_said_with_what_to_do",
            || {
                block_on(no_collector());
                Ok(())
            },
        ),
        collector.trial("a_refused_configuration_is_a_result", |tool| {
            block_on(refused_configuration(tool));
        }),
        collector.trial("one_that_dies_ends_its_driver", |tool| {
            block_on(dies(tool));
        }),
        collector.trial("one_whose_driver_is_killed_ends", |tool| {
            block_on(ends_with_its_driver(tool, true));
        }),
        collector.trial("one_whose_driver_has_no_more_input_ends", |tool| {
            block_on(ends_with_its_driver(tool, false));
        }),
    ]
}

async fn no_collector() {
    let mut driver = driver_of(Path::new("/nowhere/otelcol"));
    let (status, said) = driver.end().await;
    assert_eq!(status, Some(4), "{said}");
    for words in [
        "/nowhere/otelcol is no Collector that can be run",
        "otelbox doctor --install otel-collector",
        "No such file",
    ] {
        assert!(said.contains(words), "{words} is missing in: {said}");
    }
}

async fn refused_configuration(tool: &Tool) {
    let mut driver = driver_of(tool.path());
    let answer = started(
        &mut driver,
        &json!({ "OTEL_EXPORTER_OTLP_COMPRESSION": "brotli" }),
    )
    .await;
    assert_eq!(answer["ok"], false, "{answer}");
    assert_eq!(answer["result"], "failed", "{answer}");
    let words = answer["message"].as_str().unwrap_or_default();
    assert!(words.contains("unsupported compression type"), "{words}");
    assert_eq!(collectors_of(&driver), Vec::<u32>::new());
    // The conversation goes on.
    let answer = started(&mut driver, &json!({})).await;
    assert_eq!(answer["ok"], true, "{answer}");
}

async fn dies(tool: &Tool) {
    let mut driver = driver_of(tool.path());
    started(&mut driver, &json!({})).await;
    let [collector] = collectors_of(&driver)[..] else {
        panic!("there is one Collector");
    };
    signal(collector, rustix::process::Signal::KILL);
    driver
        .say(&json!({ "op": "emit", "items": 1, "first_item": 0 }))
        .await;
    let (status, said) = driver.end().await;
    assert_ne!(status, Some(0));
    assert!(said.contains("while it was asked to emit"), "{said}");
    assert!(said.contains("Everything is ready."), "{said}");
}

async fn ends_with_its_driver(tool: &Tool, is_killed: bool) {
    let mut driver = driver_of(tool.path());
    started(&mut driver, &json!({})).await;
    let [collector] = collectors_of(&driver)[..] else {
        panic!("there is one Collector");
    };
    if is_killed {
        driver.kill().await;
    } else {
        let (status, said) = driver.end().await;
        assert_eq!(status, Some(0), "{said}");
    }
    let gone = async {
        while is_running(collector) {
            sleep(LOOK).await;
        }
    };
    timeout(GUARD, gone).await.expect("no Collector");
}

/// The driver of this Collector.
fn driver_of(collector: &Path) -> Driver {
    let collector = collector.to_str().expect("a path that is text");
    Driver::start(&["otel-collector", "--collector", collector], &[])
}

/// Asks for a start with log records over HTTP, and these variables.
async fn started(driver: &mut Driver, more: &Value) -> Value {
    let mut env = json!({
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    });
    for (name, value) in more.as_object().expect("variables") {
        env[name] = value.clone();
    }
    let start = json!({ "op": "start", "signal": "logs", "env": env });
    driver.ask(&start).await
}

/// The processes that a driver has started.
fn collectors_of(driver: &Driver) -> Vec<u32> {
    let parent = driver.id();
    let processes = fs::read_dir("/proc").expect("processes");
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|id| status(*id).is_some_and(|(_, of)| of == parent))
        .collect()
}

/// Whether it is there, and not only waits for somebody to take note of its end.
fn is_running(id: u32) -> bool {
    status(id).is_some_and(|(state, _)| state != 'Z')
}

/// State and parent of a process.
fn status(id: u32) -> Option<(char, u32)> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // `id (name) state parent ...`, and the name may have anything in it.
    let mut rest = text.rsplit_once(") ")?.1.split(' ');
    Some((rest.next()?.chars().next()?, rest.next()?.parse().ok()?))
}

fn signal(id: u32, signal: rustix::process::Signal) {
    let id = rustix::process::Pid::from_raw(id.cast_signed()).expect("a process");
    rustix::process::kill_process(id, signal).expect("a signal");
}
