//! What the reader exports to: the pages of one collection.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use super::door::Door;
use super::problems::Told;
use crate::export::{Deadline, ExportError, ExportOutcome, Exporter};
use crate::metrics::{MetricBatch, PushMetricExporter};
use crate::prometheus::family::{Families, Translation};
use crate::prometheus::text::{Compressed, Format, page};
use crate::statistics::{Counters, Statistics};

/// In which format a page is written, and whether it is compressed.
pub(super) type Shape = (Format, Compressed);

/// Writes each collection as the pages that somebody waits for, and keeps them until the next one.
pub(super) struct Exposition {
    translation: Translation,
    with_created: bool,
    address: SocketAddr,
    door: Arc<Door>,
    counters: Counters,
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    expected: BTreeSet<Shape>,
    written: BTreeMap<Shape, Bytes>,
    told: Told,
}

impl Exposition {
    pub(super) fn new(
        translation: Translation,
        with_created: bool,
        address: SocketAddr,
        door: Arc<Door>,
    ) -> Self {
        Self {
            translation,
            with_created,
            address,
            door,
            counters: Counters::new(),
            pages: Mutex::default(),
        }
    }

    /// The next collection is to be written in these shapes.
    pub(super) fn expect(&self, shapes: BTreeSet<Shape>) {
        let mut pages = self.pages.lock();
        pages.expected = shapes;
        pages.written.clear();
    }

    /// A page of the last collection. One in which nothing was recorded is an empty page.
    pub(super) fn page(&self, shape: Shape) -> Bytes {
        let written = self.pages.lock().written.get(&shape).cloned();
        written.unwrap_or_else(|| self.write(&Families::default(), shape))
    }

    fn write(&self, families: &Families<'_>, (format, compressed): Shape) -> Bytes {
        let text = page(families, format, self.with_created);
        let encoded_bytes = text.len() as u64;
        let page = match compressed {
            Compressed::No => Bytes::from(text),
            Compressed::Gzip => compress(&text),
        };
        self.counters.count(|counts| {
            counts.encoded_bytes += encoded_bytes;
            counts.sent_bytes += page.len() as u64;
        });
        page
    }

    fn write_all(&self, batch: &MetricBatch) {
        let families = self.translation.families(batch);
        let expected = self.pages.lock().expected.clone();
        let written = expected
            .into_iter()
            .map(|shape| (shape, self.write(&families, shape)))
            .collect();
        let mut pages = self.pages.lock();
        pages.written = written;
        let dropped_items = pages.told.tell(&families.problems);
        self.counters.count(|counts| {
            counts.exports += 1;
            counts.attempts += 1;
            counts.delivered += 1;
            counts.dropped_items += dropped_items;
        });
    }
}

#[cfg(feature = "gzip")]
fn compress(text: &str) -> Bytes {
    use std::io::Write as _;

    // A page is written for one client, and mostly for one that is near: the fastest level is what costs least in all.
    let level = flate2::Compression::fast();
    let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(text.len() / 8), level);
    // Writing to memory cannot fail.
    let compressed = encoder
        .write_all(text.as_bytes())
        .and_then(|()| encoder.finish());
    compressed.unwrap_or_default().into()
}

/// Nothing is compressed where gzip is not built in: [`Compressed::wanted`] says so.
#[cfg(not(feature = "gzip"))]
fn compress(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

impl Exporter<MetricBatch> for Exposition {
    fn export<'a>(
        &'a self,
        batch: &'a MetricBatch,
        _deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(async {
            self.write_all(batch);
            ExportOutcome::Delivered { attempts: 1 }
        })
    }

    fn shutdown(&self, deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        Box::pin(async move {
            self.door.close(deadline);
            let closed = self.door.wait_closed(deadline).await;
            closed.map_err(|_| ExportError::DeadlineExceeded)
        })
    }

    fn statistics(&self) -> Statistics {
        self.counters.snapshot()
    }

    fn description(&self) -> String {
        format!("prometheus address={}", self.address)
    }
}

impl PushMetricExporter for Exposition {}
