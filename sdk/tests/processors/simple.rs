//! The simple processors.

use otelbox_sdk::{ProcessorHandle, SimpleProcessor};
use tokio::time::sleep;

use crate::exporter::Scripted;
use crate::rig::{Act, Numbered, for_each_signal, seconds};

for_each_signal!(
    each_item_is_exported_by_itself_at_once,
    exports_follow_each_other_and_never_overlap,
    a_shutdown_delivers_what_waits,
    a_queue_that_is_full_drops_and_counts,
);

struct Simple<B: Numbered> {
    exporter: Scripted<B>,
    handle: ProcessorHandle,
    provider: B::Provider,
}

fn simple<B: Numbered>(acts: impl IntoIterator<Item = Act>) -> Simple<B> {
    let exporter = Scripted::new(acts);
    let processor = SimpleProcessor::builder(exporter.clone())
        .with_max_queue_size(8)
        .on_current_runtime()
        .build()
        .expect("a processor");
    Simple {
        exporter,
        handle: processor.handle(),
        provider: B::provider_of_each(processor),
    }
}

impl<B: Numbered> Simple<B> {
    fn exports(&self) -> Vec<(u64, Vec<u64>)> {
        self.exporter
            .seen()
            .iter()
            .map(|seen| (seen.started.as_secs(), seen.batch.numbers()))
            .collect()
    }
}

async fn each_item_is_exported_by_itself_at_once<B: Numbered>() {
    let simple = simple::<B>([]);
    for number in 0..3 {
        sleep(seconds(1)).await;
        B::emit(&simple.provider, number);
    }
    sleep(seconds(1)).await;
    assert_eq!(simple.exports(), [(1, vec![0]), (2, vec![1]), (3, vec![2])]);
}

async fn exports_follow_each_other_and_never_overlap<B: Numbered>() {
    let simple = simple::<B>([Act::DeliverAfter(2), Act::Refuse, Act::DeliverAfter(1)]);
    (0..4).for_each(|number| B::emit(&simple.provider, number));
    let error = simple.handle.force_flush(seconds(9)).await;
    assert_eq!(error.expect_err("a loss").lost()[0].items, 1);
    assert_eq!(
        simple.exports(),
        [(0, vec![0]), (2, vec![1]), (2, vec![2]), (3, vec![3])]
    );
}

async fn a_shutdown_delivers_what_waits<B: Numbered>() {
    let simple = simple::<B>([]);
    (0..5).for_each(|number| B::emit(&simple.provider, number));
    let report = simple.handle.shutdown(seconds(5)).await.expect("ended");
    assert_eq!((report.exports, report.items), (5, 5));
    assert_eq!(simple.exporter.shutdowns(), 1);
}

async fn a_queue_that_is_full_drops_and_counts<B: Numbered>() {
    let simple = simple::<B>([]);
    (0..20).for_each(|number| B::emit(&simple.provider, number));
    let statistics = simple.handle.statistics();
    assert_eq!(
        (statistics.received_items, statistics.queue_full_items),
        (8, 12)
    );
}
