//! Instruments made before the global provider was set are told of. A process of its own, as both are global.

use std::io::Write;
use std::sync::{Arc, Mutex};

use opentelemetry::global;
use otelbox_sdk::MeterProvider;
use otelbox_sdk::diagnosis::EarlyInstruments;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("text")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[test]
fn meters_made_before_the_provider_are_named_when_it_is_set_and_later_ones_are_not() {
    let log = Log::default();
    let printed = tracing_subscriber::fmt::layer()
        .with_writer(log.clone())
        .with_ansi(false)
        .without_time()
        .with_filter(LevelFilter::WARN);
    tracing_subscriber::registry()
        .with(printed)
        .with(EarlyInstruments::new())
        .init();
    global::meter("checkout")
        .u64_counter("items")
        .build()
        .add(1, &[]);
    global::meter("cart")
        .u64_counter("items")
        .build()
        .add(1, &[]);
    assert_eq!(log.text(), "", "there may never be a provider");

    global::set_meter_provider(MeterProvider::builder().build().expect("a provider"));
    assert_eq!(
        log.text(),
        " WARN otelbox_sdk: meters were made before the global meter provider was set, and their instruments record \
         nothing: \"cart\", \"checkout\"; call global::set_meter_provider first, or make meter and instruments where \
         they are used first, as in a LazyLock\n"
    );

    global::meter("late")
        .u64_counter("items")
        .build()
        .add(1, &[]);
    global::set_meter_provider(MeterProvider::builder().build().expect("a provider"));
    assert_eq!(log.text().lines().count(), 1, "{}", log.text());
}
