//! A receiver that answers by a script of whole answers, over in-memory streams, and else as Prometheus does.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use otelbox_sdk::{
    BoxFuture, BoxedStream, Connector, Deadline, ExportFailure, ExportOutcome, Exporter,
    FixedRandom, MetricBatch, PrometheusRemoteWriteExporter, PrometheusRemoteWriteExporterBuilder,
    RemoteWriteProtocol, Target, VirtualClock,
};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::Instant;

use crate::batches;
use crate::decoded::{self, Series};

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) at: Duration,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
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

    /// As Prometheus 3 answers.
    fn answer(&self) -> String {
        match self.protocol() {
            RemoteWriteProtocol::V1 => status(204),
            RemoteWriteProtocol::V2 => {
                let points = || self.series().into_iter().flat_map(|series| series.points);
                let histograms = points().filter(|point| point.histogram.is_some()).count();
                written(204, points().count() - histograms, histograms, "")
            }
        }
    }
}

struct State {
    started: Instant,
    script: VecDeque<String>,
    then: Option<String>,
    refuse: usize,
    seen: Vec<Seen>,
}

/// The receiver. Clones are the same receiver.
#[derive(Clone)]
pub(crate) struct Receiver(Arc<Mutex<State>>);

/// An answer with this status, these headers and this body.
pub(crate) fn answer(status: u16, headers: &[&str], body: &str) -> String {
    let mut lines = vec![format!("HTTP/1.1 {status} Something")];
    lines.extend(headers.iter().map(ToString::to_string));
    if status != 204 {
        lines.push(format!("content-length: {}", body.len()));
    }
    format!("{}\r\n\r\n{body}", lines.join("\r\n"))
}

pub(crate) fn status(status: u16) -> String {
    answer(status, &[], "")
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
    /// Gives these answers, and after them those of Prometheus.
    pub(crate) fn new(script: impl IntoIterator<Item = String>) -> Self {
        Self(Arc::new(Mutex::new(State {
            started: Instant::now(),
            script: script.into_iter().collect(),
            then: None,
            refuse: 0,
            seen: Vec::new(),
        })))
    }

    /// Gives the same answer always.
    pub(crate) fn always(answer: String) -> Self {
        let receiver = Self::new([]);
        receiver.0.lock().then = Some(answer);
        receiver
    }

    /// Gives this answer from now on.
    pub(crate) fn answer_always(&self, answer: String) {
        self.0.lock().then = Some(answer);
    }

    /// Answers as Prometheus does from now on.
    pub(crate) fn answer_as_prometheus(&self) {
        self.0.lock().then = None;
    }

    /// Refuses the next `times` connections.
    pub(crate) fn refusing(self, times: usize) -> Self {
        self.0.lock().refuse = times;
        self
    }

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

    /// The same, which has to fail.
    pub(crate) async fn failure(&self) -> ExportFailure {
        match self.export().await {
            ExportOutcome::Failed(failure) => failure,
            delivered => panic!("{delivered:?}"),
        }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.0.lock().seen.clone()
    }

    /// The last request.
    pub(crate) fn last(&self) -> Seen {
        self.seen().pop().expect("a request")
    }

    /// When the requests arrived, in milliseconds.
    pub(crate) fn arrivals(&self) -> Vec<u128> {
        self.seen().iter().map(|seen| seen.at.as_millis()).collect()
    }

    /// The protocols of the requests.
    pub(crate) fn protocols(&self) -> Vec<&'static str> {
        self.seen()
            .iter()
            .map(|seen| seen.protocol().name())
            .collect()
    }

    async fn serve(self, mut stream: DuplexStream) {
        while let Some((head, body)) = read_request(&mut stream).await {
            let answer = {
                let mut state = self.0.lock();
                let at = state.started.elapsed();
                let seen = Seen { at, head, body };
                let scripted = state.script.pop_front().or_else(|| state.then.clone());
                let answer = scripted.unwrap_or_else(|| seen.answer());
                state.seen.push(seen);
                answer
            };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// One export.
pub(crate) async fn export(
    exporter: &PrometheusRemoteWriteExporter,
    batch: &MetricBatch,
) -> ExportOutcome {
    exporter.export(batch, Deadline::none()).await
}

/// The head of a request, up to the empty line, and its body.
pub(crate) async fn read_request(
    stream: &mut (impl AsyncReadExt + Unpin),
) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).expect("an ASCII head");
    let length = header(&head, "content-length").expect("a content length");
    let mut body = vec![0; length.parse().expect("a number")];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

/// The value of the one header of this name in the head of a request.
#[track_caller]
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut values = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let (_, value) = values.next()?;
    assert!(values.next().is_none(), "{name} is there once");
    Some(value)
}

impl Connector for Receiver {
    fn connect<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, io::Result<BoxedStream>> {
        Box::pin(async move {
            {
                let mut state = self.0.lock();
                if state.refuse > 0 {
                    state.refuse -= 1;
                    return Err(io::ErrorKind::ConnectionRefused.into());
                }
            }
            let (near, far) = tokio::io::duplex(1 << 20);
            tokio::spawn(self.clone().serve(far));
            Ok(Box::new(near) as BoxedStream)
        })
    }
}
