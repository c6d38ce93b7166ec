//! The life of the reader.

use std::error::Error as _;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use otelbox_sdk::{ConfigError, Environment, PrometheusReader};

use crate::client::{get, provider, reader};

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn scrapes_that_come_while_one_is_collected_for_see_what_was_recorded_before_them() {
    let (provider, address) = provider(reader());
    let (entered, has_entered) = channel();
    let (release, released) = channel::<()>();
    let meter = provider.meter("lib");
    let released = std::sync::Mutex::new(Some(released));
    let _blocking = meter
        .u64_observable_gauge("blocking")
        .with_callback(move |gauge| {
            gauge.observe(1, &[]);
            // The first time only.
            let released = released.lock().expect("not poisoned").take();
            if let Some(released) = released {
                entered.send(()).expect("the test waits");
                let _ = released.recv();
            }
        })
        .build();
    let hits = meter.u64_counter("hits").build();
    let first = thread::spawn(move || get(address, ""));
    has_entered.recv().expect("the first collection has begun");
    hits.add(7, &[]);
    let others: Vec<_> = (0..10)
        .map(|_| thread::spawn(move || get(address, "")))
        .collect();
    release.send(()).expect("the callback waits");
    assert_eq!(first.join().expect("no panic").status, 200);
    for other in others {
        let page = other.join().expect("no panic");
        assert!(
            page.text()
                .contains("hits_total{otel_scope_name=\"lib\"} 7\n"),
            "{}",
            page.text()
        );
    }
    let cycles = provider.readers()[0].statistics().cycles;
    assert!(
        (2..=11).contains(&cycles),
        "{cycles} collections for 11 scrapes"
    );
}

#[test]
fn a_port_that_is_taken_is_an_error_at_once() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let error = reader().with_port(port).build().expect_err("it is taken");
    assert!(matches!(error, ConfigError::Listen { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains(&format!("127.0.0.1:{port}")), "{message}");
    assert!(
        message.contains("OTEL_EXPORTER_PROMETHEUS_PORT"),
        "{message}"
    );
    assert!(
        error
            .source()
            .is_some_and(|source| source.to_string().contains("in use"))
    );
    let zero = reader().with_timeout(Duration::ZERO).build();
    assert!(matches!(zero, Err(ConfigError::Value { .. })), "{zero:?}");
}

#[test]
fn a_shutdown_frees_the_port() {
    let (provider, address) = provider(reader());
    assert_eq!(get(address, "").status, 200);
    provider.blocking_force_flush(LIMIT).expect("nothing to do");
    provider.blocking_shutdown(LIMIT).expect("it has ended");
    assert!(
        TcpStream::connect(address).is_err(),
        "nobody listens any more"
    );
    let (_again, same) = self::provider(reader().with_port(address.port()));
    assert_eq!(get(same, "").status, 200);
}

#[test]
fn a_provider_that_is_dropped_frees_the_port() {
    let (provider, address) = provider(reader());
    drop(provider);
    assert!(
        TcpStream::connect(address).is_err(),
        "nobody listens any more"
    );
}

#[test]
fn a_reader_that_no_provider_has_frees_its_port_too() {
    let reader = reader().build().expect("a reader");
    let address = reader.address();
    drop(reader);
    // Its thread ends by itself.
    while TcpStream::connect(address).is_ok() {
        thread::yield_now();
    }
}

#[tokio::test]
async fn it_runs_on_the_runtime_of_the_program_too() {
    let (provider, address) = provider(reader().on_current_runtime());
    provider
        .meter("lib")
        .u64_counter("hits")
        .build()
        .add(1, &[]);
    let page = tokio::task::spawn_blocking(move || get(address, ""))
        .await
        .expect("a page");
    assert!(page.text().contains("hits_total"), "{}", page.text());
    provider.shutdown(LIMIT).await.expect("it has ended");
    assert!(
        TcpStream::connect(address).is_err(),
        "nobody listens any more"
    );
}

#[test]
fn the_environment_says_where_to_listen() {
    let environment = Environment::empty()
        .with("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1")
        .with("OTEL_EXPORTER_PROMETHEUS_PORT", "0");
    let reader = PrometheusReader::builder().with_env(&environment).build();
    let address = reader.expect("a reader").address();
    assert_eq!(address.ip().to_string(), "127.0.0.1");
    assert_ne!(address.port(), 9464);
}
