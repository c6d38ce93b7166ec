//! A scripted receiver that else answers as Zipkin does.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use otelbox_sdk::{
    Deadline, ExportOutcome, Exporter, FixedRandom, VirtualClock, ZipkinSpanExporter,
    ZipkinSpanExporterBuilder,
};

pub(crate) use crate::http_receiver::{Receiver, Seen, answer, header, read_request, status};
use crate::spans;

pub(crate) fn by_default(_: &Seen) -> String {
    status(202)
}

impl Receiver {
    /// An exporter to this receiver, without jitter.
    pub(crate) fn exporter(&self) -> ZipkinSpanExporterBuilder {
        let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        ZipkinSpanExporter::builder()
            .with_endpoint("http://zipkin:9411/api/v2/spans")
            .with_connector(Arc::new(self.clone()))
            .with_random(Arc::new(FixedRandom::MIDPOINT))
            .with_clock(Arc::new(VirtualClock::starting_at(epoch)))
    }

    /// One export of one span by a fresh exporter with all defaults.
    pub(crate) async fn export(&self) -> ExportOutcome {
        let exporter = self.exporter().build().expect("an exporter");
        exporter
            .export(&spans::batch([spans::plain()]), Deadline::none())
            .await
    }
}
