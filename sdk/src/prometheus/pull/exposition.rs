//! What the reader exports to: the pages of one collection.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use parking_lot::Mutex;

use super::door::Door;
use super::problems::Told;
use super::template::{Sheet, Template};
use crate::export::{Deadline, ExportError, ExportOutcome, Exporter};
use crate::metrics::{MetricBatch, PushMetricExporter, Repeated, RepeatingExporter, StreamTimes};
use crate::prometheus::family::{Escaping, Families, Translation};
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
    /// The formats that were expected since the last sheets, each as the one that stands for it.
    formats: BTreeSet<Format>,
    written: BTreeMap<Shape, Bytes>,
    /// What was written before, in the memory of which the next ones are.
    before: BTreeMap<Shape, Bytes>,
    /// What was written of the last batch, in each escaping of names that was expected.
    sheets: Vec<Sheet>,
    /// The same once it is known what the batch was made of.
    template: Option<Template>,
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
        pages
            .formats
            .extend(shapes.iter().map(|(format, _)| self.text(*format)));
        pages.expected = shapes;
        pages.before = std::mem::take(&mut pages.written);
    }

    /// The format that stands for all which have the same text as this one.
    fn text(&self, format: Format) -> Format {
        format.text(self.translation.effective(format.escaping()))
    }

    /// A page of the last collection. One in which nothing was recorded is an empty page.
    pub(super) fn page(&self, shape: Shape) -> Bytes {
        let written = self.pages.lock().written.get(&shape).cloned();
        written.unwrap_or_else(|| self.finished(self.empty_page(shape.0), shape.1))
    }

    fn empty_page(&self, format: Format) -> String {
        page(&Families::default(), format, self.with_created)
    }

    /// A page as it is sent.
    fn finished(&self, text: String, compressed: Compressed) -> Bytes {
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

    /// Writes the pages that are expected. Each time it counts as an export, and what names leave out in each escaping of them.
    fn write<'s>(&self, sheets: impl Iterator<Item = &'s Sheet> + Clone, pages: &mut Pages) {
        let mut before = std::mem::take(&mut pages.before);
        let written = pages.expected.iter().map(|&(format, compressed)| {
            let room = before.remove(&(format, compressed));
            let mut text = room.map(emptied).unwrap_or_default();
            for sheet in sheets.clone() {
                sheet.append(self.text(format), &mut text);
            }
            ((format, compressed), self.finished(text, compressed))
        });
        pages.written = written.collect();
        let is_expected = |sheet: &&Sheet| {
            let mut expected = pages.expected.iter();
            expected.any(|(format, _)| sheet.has(self.text(*format)))
        };
        let dropped_items = sheets.filter(is_expected).map(Sheet::dropped_items);
        self.counters.count(|counts| {
            counts.exports += 1;
            counts.attempts += 1;
            counts.delivered += 1;
            counts.dropped_items += dropped_items.sum::<u64>();
        });
    }

    fn write_batch(&self, batch: &MetricBatch) {
        let mut pages = self.pages.lock();
        let formats = std::mem::take(&mut pages.formats);
        let escapings: BTreeSet<Escaping> = formats.iter().map(|one| one.escaping()).collect();
        let sheets = escapings.into_iter().map(|escaping| {
            let families = self.translation.escaped(escaping).families(batch);
            pages.told.tell(&families.problems);
            let formats = formats.iter().copied();
            let formats = formats.filter(|format| format.escaping() == escaping);
            Sheet::new(&families, formats, self.with_created)
        });
        let sheets: Vec<Sheet> = sheets.collect();
        self.write(sheets.iter(), &mut pages);
        pages.sheets = sheets;
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

/// A page that nobody reads any more as room for another one.
fn emptied(mut page: Bytes) -> String {
    if !page.is_unique() {
        return String::new();
    }
    page.clear();
    String::from_utf8(page.into()).unwrap_or_default()
}

impl Exporter<MetricBatch> for Exposition {
    fn export<'a>(
        &'a self,
        batch: &'a MetricBatch,
        _deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(async {
            self.write_batch(batch);
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

impl RepeatingExporter for Exposition {
    fn repeat(&self, collected: &ResourceMetrics, times: &dyn StreamTimes) -> Option<Repeated> {
        let mut pages = self.pages.lock();
        pages.sheets.clear();
        let template = pages.template.take()?;
        let has = |format: &Format| template.sheets().any(|sheet| sheet.has(*format));
        if !pages.formats.iter().all(has) {
            return None;
        }
        let template = template.with_numbers_of(collected, times)?;
        self.write(template.sheets(), &mut pages);
        let extent = template.extent();
        pages.template = Some(template);
        Some(extent)
    }

    fn remember(&self, collected: ResourceMetrics, order: &[usize], times: &dyn StreamTimes) {
        let mut pages = self.pages.lock();
        let sheets = std::mem::take(&mut pages.sheets);
        let is_written = !sheets.is_empty();
        pages.template = is_written.then(|| Template::new(sheets, collected, order, times));
    }
}
