//! A reader that is reached over streams in memory, and raw clients.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::metrics::{Meter, MeterProvider as _};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use crate::environment::Environment;
use crate::metrics::{
    MeterProvider, PeriodicExportingMetricReader, PeriodicExportingMetricReaderBuilder,
    ReaderHandle,
};
use crate::prometheus::family::{Target, Translation};
use crate::prometheus::pull::answer::Service;
use crate::prometheus::pull::door::Door;
use crate::prometheus::pull::exposition::Exposition;
use crate::prometheus::pull::scrape::Scraping;
use crate::prometheus::pull::server::connection;

pub(super) const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

/// A reader on the test's own runtime.
pub(super) struct Served {
    service: Arc<Service>,
    door: Arc<Door>,
    handle: ReaderHandle,
    reader: Option<PeriodicExportingMetricReader>,
    provider: Option<MeterProvider>,
}

impl Served {
    pub(super) fn without_provider() -> Self {
        Self::translating(Translation::new(Target::Info))
    }

    pub(super) fn translating(translation: Translation) -> Self {
        let door = Arc::new(Door::new());
        let address = ([127, 0, 0, 1], 9464).into();
        let exposition = Exposition::new(translation, true, address, Arc::clone(&door));
        let exposition = Arc::new(exposition);
        let (scraping, scrapes) = Scraping::new(Arc::clone(&exposition));
        let timeout = seconds(10);
        let ends = Arc::clone(&door);
        let reader = PeriodicExportingMetricReaderBuilder::repeating(exposition)
            .with_env(&Environment::empty())
            .on_current_runtime()
            .build_on_demand(timeout, "test", Box::new(scrapes), async move {
                ends.closing().await;
                ends.closed();
            })
            .expect("a reader");
        Self {
            service: Arc::new(Service { scraping, timeout }),
            door,
            handle: reader.handle(),
            reader: Some(reader),
            provider: None,
        }
    }

    pub(super) fn with_provider() -> Self {
        Self::without_provider().provided()
    }

    /// The same, as part of a provider.
    pub(super) fn provided(mut self) -> Self {
        let reader = self.reader.take().expect("not part of a provider yet");
        let provider = MeterProvider::builder()
            .with_env(&Environment::empty())
            .with_reader(reader);
        self.provider = Some(provider.build().expect("a provider"));
        self
    }

    pub(super) fn meter(&self) -> Meter {
        let provider = self.provider.as_ref().expect("a provider");
        provider.meter("test")
    }

    pub(super) fn handle(&self) -> &ReaderHandle {
        &self.handle
    }

    /// A connection of which as many bytes may be on their way in each direction.
    pub(super) fn connect(&self, bytes: usize) -> Client {
        let (ours, theirs) = duplex(bytes);
        let (service, door) = (Arc::clone(&self.service), Arc::clone(&self.door));
        tokio::spawn(connection(theirs, service, door));
        Client {
            stream: ours,
            read: Vec::new(),
        }
    }
}

pub(super) struct Client {
    stream: DuplexStream,
    read: Vec<u8>,
}

impl Client {
    pub(super) async fn send(&mut self, text: &str) {
        // A server that has had enough hangs up.
        let _ = self.stream.write_all(text.as_bytes()).await;
    }

    pub(super) async fn get(&mut self, path: &str, headers: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
        self.send(&request).await;
        self.answer().await
    }

    /// One answer, or what there is of it.
    pub(super) async fn answer(&mut self) -> String {
        loop {
            if let Some(length) = length_of_answer(&self.read) {
                let rest = self.read.split_off(length);
                let answer = std::mem::replace(&mut self.read, rest);
                return String::from_utf8(answer).expect("text");
            }
            if !self.read_more().await {
                return self.rest();
            }
        }
    }

    /// All that comes until the server hangs up.
    pub(super) async fn read_to_end(&mut self) -> String {
        while self.read_more().await {}
        self.rest()
    }

    async fn read_more(&mut self) -> bool {
        let read = self.stream.read_buf(&mut self.read).await;
        read.is_ok_and(|bytes| bytes > 0)
    }

    fn rest(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.read)).into_owned()
    }
}

/// How long the first answer is, once all of it is there.
fn length_of_answer(read: &[u8]) -> Option<usize> {
    let head = read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&read[..head]).to_ascii_lowercase();
    let (_, rest) = text.split_once("content-length: ")?;
    let length: usize = rest.split("\r\n").next()?.parse().ok()?;
    (read.len() >= head + length).then_some(head + length)
}
