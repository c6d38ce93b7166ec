//! A request after the shutdown, only over HTTP/JSON with gzip, and only where the last export had failed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::BoxFuture;
use otelbox_sdk::{Deadline, ExportOutcome, Exporter, MetricBatch};
use parking_lot::Mutex;

use super::watched::{Program, Watched};
use crate::crooked::delivery::{Delivery, metrics_by};
use crate::sut::OtelboxSdk;

struct Late {
    program: Arc<Program>,
    failed: Mutex<Option<MetricBatch>>,
}

impl Delivery<MetricBatch> for Late {
    fn deliver<'a>(
        &'a self,
        exporter: &'a Arc<dyn Exporter<MetricBatch>>,
        batch: &'a MetricBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(async move {
            let outcome = exporter.export(batch, deadline).await;
            *self.failed.lock() = (!outcome.is_delivered()).then(|| batch.clone());
            outcome
        })
    }

    fn after_shutdown(&self, exporter: &Arc<dyn Exporter<MetricBatch>>) {
        let waits = self.program.is_gzip_json.load(Ordering::Relaxed);
        let Some(batch) = self.failed.lock().take().filter(|_| waits) else {
            return;
        };
        let exporter = Arc::clone(exporter);
        drop(tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let limit = Deadline::within(Duration::from_secs(5));
            drop(exporter.export(&batch, limit).await);
        }));
    }

    fn shuts_down(&self) -> bool {
        !self.program.is_gzip_json.load(Ordering::Relaxed)
    }
}

pub(super) fn client() -> Watched {
    Watched::new(|program| {
        let program = Arc::clone(program);
        metrics_by(OtelboxSdk::honest(), move || Late {
            program: Arc::clone(&program),
            failed: Mutex::default(),
        })
    })
}
