//! Exports that overlap only where a flush meets a policy that carries over what is given up.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::BoxFuture;
use otelbox_sdk::{Deadline, ExportOutcome, Exporter, MetricBatch};

use super::watched::{Program, Watched};
use crate::crooked::deliveries::Detached;
use crate::crooked::delivery::{Delivery, metrics_by};
use crate::sut::OtelboxSdk;

struct CarriedOverlap(Arc<Program>);

impl Delivery<MetricBatch> for CarriedOverlap {
    fn deliver<'a>(
        &'a self,
        exporter: &'a Arc<dyn Exporter<MetricBatch>>,
        batch: &'a MetricBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        let (carries_over, is_flushing) = (&self.0.carries_over, &self.0.is_flushing);
        if carries_over.load(Ordering::Relaxed) && is_flushing.load(Ordering::Relaxed) {
            return Detached.deliver(exporter, batch, deadline);
        }
        exporter.export(batch, deadline)
    }
}

pub(super) fn client() -> Watched {
    Watched::new(|program| {
        let program = Arc::clone(program);
        metrics_by(OtelboxSdk::honest(), move || {
            CarriedOverlap(Arc::clone(&program))
        })
    })
}
