//! Two readers of one provider: one that repeats what it wrote before with new numbers, and one that writes each batch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use futures_util::future::BoxFuture;
use opentelemetry_sdk::metrics::data::ResourceMetrics;

use super::program::{Program, views};
use crate::clock::VirtualClock;
use crate::environment::Environment;
use crate::export::{Deadline, ExportError, ExportOutcome, Exporter};
use crate::metrics::{
    MeterProvider, MetricBatch, PeriodicExportingMetricReader,
    PeriodicExportingMetricReaderBuilder, PushMetricExporter, ReaderHandle, Repeated,
    RepeatingExporter, StreamTimes,
};
use crate::prometheus::family::{Target, Translation, TranslationStrategy};
use crate::prometheus::pull::door::Door;
use crate::prometheus::pull::exposition::{Exposition, Shape};
use crate::prometheus::pull::scrape::{Scrapes, Scraping};
use crate::statistics::Statistics;

use super::clients::seconds;

/// Both readers, of one program.
pub(super) struct Pair {
    pub(super) program: Program,
    repeating: Side,
    careful: Side,
    repeats: Arc<Counted>,
}

/// One reader.
struct Side {
    scraping: Scraping,
    handle: ReaderHandle,
}

impl Pair {
    pub(super) fn new(strategy: TranslationStrategy) -> Self {
        let (exposition, scraping, scrapes) = exposed(strategy);
        let repeats = Arc::new(Counted {
            exposition,
            repeats: AtomicU64::new(0),
        });
        let exporter = Arc::clone(&repeats);
        let builder = PeriodicExportingMetricReaderBuilder::repeating(exporter);
        let (one, repeating) = side(builder, scraping, scrapes);
        let (exposition, scraping, scrapes) = exposed(strategy);
        let builder = PeriodicExportingMetricReader::builder_shared(exposition);
        let (other, careful) = side(builder, scraping, scrapes);
        let mut provider = MeterProvider::builder()
            .with_env(&Environment::empty())
            .with_reader(one)
            .with_reader(other);
        for view in views() {
            provider = provider.with_view(view);
        }
        Self {
            program: Program::new(provider.build().expect("a provider")),
            repeating,
            careful,
            repeats,
        }
    }

    /// Scrapes both at once in each of `shapes`. Whether the one that can repeat has done so; both have to write the same.
    pub(super) async fn scrape(&self, shapes: &[Shape]) -> bool {
        let before = self.repeats.repeats.load(Ordering::SeqCst);
        let repeated = self.repeating.pages(shapes).await;
        let careful = self.careful.pages(shapes).await;
        for (shape, page) in &careful {
            assert_eq!(repeated[shape], *page, "in {shape:?}");
        }
        assert_eq!(self.repeating.counts(), self.careful.counts());
        self.repeats.repeats.load(Ordering::SeqCst) > before
    }
}

impl Side {
    async fn pages(&self, shapes: &[Shape]) -> BTreeMap<Shape, String> {
        let asked = shapes.iter().map(|shape| async {
            let deadline = Deadline::within(seconds(10));
            let page = self.scraping.page(*shape, deadline).await.expect("a page");
            // What is compressed is compared as it is.
            (*shape, page.iter().map(|byte| char::from(*byte)).collect())
        });
        let pages = futures_util::future::join_all(asked).await;
        pages.into_iter().collect()
    }

    /// What was counted, but for times.
    fn counts(&self) -> Statistics {
        Statistics {
            cycle_time: seconds(0),
            longest_cycle: seconds(0),
            ..self.handle.statistics()
        }
    }
}

fn exposed(strategy: TranslationStrategy) -> (Arc<Exposition>, Scraping, Scrapes) {
    let address = ([127, 0, 0, 1], 9464).into();
    let translation = Translation {
        strategy,
        ..Translation::new(Target::Info)
    };
    let exposition = Exposition::new(translation, true, address, Arc::new(Door::new()));
    let exposition = Arc::new(exposition);
    let (scraping, scrapes) = Scraping::new(Arc::clone(&exposition));
    (exposition, scraping, scrapes)
}

fn side(
    builder: PeriodicExportingMetricReaderBuilder,
    scraping: Scraping,
    scrapes: Scrapes,
) -> (PeriodicExportingMetricReader, Side) {
    let epoch = SystemTime::UNIX_EPOCH + seconds(1000);
    let reader = builder
        .with_env(&Environment::empty())
        .with_clock(VirtualClock::starting_at(epoch))
        .on_current_runtime()
        .build_on_demand(
            seconds(10),
            "test",
            Box::new(scrapes),
            std::future::pending(),
        )
        .expect("a reader");
    let handle = reader.handle();
    (reader, Side { scraping, handle })
}

/// Counts how often it repeats.
struct Counted {
    exposition: Arc<Exposition>,
    repeats: AtomicU64,
}

impl Exporter<MetricBatch> for Counted {
    fn export<'a>(
        &'a self,
        batch: &'a MetricBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        self.exposition.export(batch, deadline)
    }

    fn shutdown(&self, deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        self.exposition.shutdown(deadline)
    }

    fn statistics(&self) -> Statistics {
        self.exposition.statistics()
    }

    fn description(&self) -> String {
        self.exposition.description()
    }
}

impl PushMetricExporter for Counted {}

impl RepeatingExporter for Counted {
    fn repeat(&self, collected: &ResourceMetrics, times: &dyn StreamTimes) -> Option<Repeated> {
        let repeated = self.exposition.repeat(collected, times)?;
        self.repeats.fetch_add(1, Ordering::SeqCst);
        Some(repeated)
    }

    fn remember(&self, collected: ResourceMetrics, order: &[usize], times: &dyn StreamTimes) {
        self.exposition.remember(collected, order, times);
    }
}
