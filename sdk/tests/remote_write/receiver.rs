//! A scripted receiver that else answers as Prometheus does.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use otelbox_sdk::{
    Deadline, ExportOutcome, Exporter, FixedRandom, MetricBatch, PrometheusRemoteWriteExporter,
    PrometheusRemoteWriteExporterBuilder, RemoteWriteProtocol, VirtualClock,
};

use crate::batches;
use crate::decoded::{self, Series};
pub(crate) use crate::http_receiver::{Receiver, Seen, answer, header, read_request, status};

/// As Prometheus 3 answers.
pub(crate) fn by_default(seen: &Seen) -> String {
    match seen.protocol() {
        RemoteWriteProtocol::V1 => status(204),
        RemoteWriteProtocol::V2 => {
            let points = || seen.series().into_iter().flat_map(|series| series.points);
            let histograms = points().filter(|point| point.histogram.is_some()).count();
            written(204, points().count() - histograms, histograms, "")
        }
    }
}

impl Seen {
    /// The protocol that it says.
    pub(crate) fn protocol(&self) -> RemoteWriteProtocol {
        let header = |name| header(&self.head, name);
        match (
            header("x-prometheus-remote-write-version"),
            header("content-type"),
        ) {
            (Some("0.1.0"), Some("application/x-protobuf")) => RemoteWriteProtocol::V1,
            (
                Some("2.0.0"),
                Some("application/x-protobuf;proto=io.prometheus.write.v2.Request"),
            ) => RemoteWriteProtocol::V2,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn series(&self) -> Vec<Series> {
        match self.protocol() {
            RemoteWriteProtocol::V1 => decoded::v1(&self.body),
            RemoteWriteProtocol::V2 => decoded::v2(&self.body),
        }
    }

    /// The names of the series that go on.
    pub(crate) fn alive(&self) -> Vec<String> {
        self.names(|series| !series.is_stale())
    }

    /// The names of the series that end.
    pub(crate) fn ended(&self) -> Vec<String> {
        self.names(Series::is_stale)
    }

    fn names(&self, wanted: impl Fn(&Series) -> bool) -> Vec<String> {
        let all = self.series();
        all.iter()
            .filter(|series| wanted(series))
            .map(Series::name)
            .collect()
    }
}

/// An answer that says how much was written.
pub(crate) fn written(status: u16, samples: usize, histograms: usize, body: &str) -> String {
    let samples = format!("X-Prometheus-Remote-Write-Samples-Written: {samples}");
    let histograms = format!("X-Prometheus-Remote-Write-Histograms-Written: {histograms}");
    let exemplars = "X-Prometheus-Remote-Write-Exemplars-Written: 0";
    let text = "content-type: text/plain; charset=utf-8";
    let headers: &[&str] = &[&samples, &histograms, exemplars, text];
    answer(status, headers, body)
}

impl Receiver {
    /// An exporter to this receiver, without jitter.
    pub(crate) fn exporter(&self) -> PrometheusRemoteWriteExporterBuilder {
        let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        PrometheusRemoteWriteExporter::builder()
            .with_endpoint("http://prometheus:9090/api/v1/write")
            .with_connector(Arc::new(self.clone()))
            .with_random(Arc::new(FixedRandom::MIDPOINT))
            .with_clock(Arc::new(VirtualClock::starting_at(epoch)))
    }

    /// One export of one counter by a fresh exporter with all defaults.
    pub(crate) async fn export(&self) -> ExportOutcome {
        let exporter = self.exporter().build().expect("an exporter");
        export(&exporter, &batches::requests(15, 3)).await
    }

    /// The last request.
    pub(crate) fn last(&self) -> Seen {
        self.seen().pop().expect("a request")
    }

    /// The protocols of the requests.
    pub(crate) fn protocols(&self) -> Vec<&'static str> {
        self.seen()
            .iter()
            .map(|seen| seen.protocol().name())
            .collect()
    }
}

/// One export.
pub(crate) async fn export(
    exporter: &PrometheusRemoteWriteExporter,
    batch: &MetricBatch,
) -> ExportOutcome {
    exporter.export(batch, Deadline::none()).await
}
