//! What an exporter remembers between its messages.

use std::collections::BTreeSet;
use std::time::UNIX_EPOCH;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    DataPointFlags, Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
};

use super::encode::{Holds, Message, encode};
use super::protocol::RemoteWriteProtocol;
use super::sent::{Next, Sent};
use super::template::Template;
use super::walk::milliseconds;
use crate::convert::unix_nano;
use crate::environment::LOG_TARGET;
use crate::export::{Batch as _, FailureReason};
use crate::metrics::{MetricBatch, Window};
use crate::prometheus::family::{Families, Target, Translation};

/// Who pushes says of each series what target it is of.
const TRANSLATION: Translation = Translation::new(Target::JobAndInstance);

/// So many texts are told once each.
const TEXTS: usize = 64;

/// A point that is told so much later than it was recorded is worth a word, in milliseconds.
const WORTH_A_WORD: i64 = 1_000;

/// What an exporter remembers between its messages.
pub(super) struct State {
    /// What was asked for.
    wanted: RemoteWriteProtocol,
    /// What is spoken now.
    protocol: RemoteWriteProtocol,
    /// What the receiver has, or may have.
    sent: Sent,
    /// What it had before the last message.
    before: Sent,
    /// The last message, where the next may differ in values and times alone.
    template: Option<Template>,
    /// What the last message covered.
    window: Window,
    /// Whether the next message is the end of all series.
    is_leaving: bool,
    /// What was told once.
    told: BTreeSet<String>,
}

/// A batch as a message, and what of it is not in there.
pub(super) struct Encoded {
    pub(super) protocol: RemoteWriteProtocol,
    /// Compressed.
    pub(super) body: Vec<u8>,
    /// The size before that.
    pub(super) message_bytes: usize,
    pub(super) holds: Holds,
    /// Data points, and the reason for them.
    pub(super) left_out: Vec<(u64, String)>,
}

impl Encoded {
    /// Spec: Remote-Write 2.0, "Protocol" (the block format of snappy MUST be used).
    fn new(
        protocol: RemoteWriteProtocol,
        message: &Message,
        left_out: Vec<(u64, String)>,
    ) -> Result<Self, FailureReason> {
        let body = snap::raw::Encoder::new()
            .compress_vec(&message.bytes)
            .map_err(|error| FailureReason::Other(format!("cannot compress: {error}")))?;
        Ok(Self {
            protocol,
            body,
            message_bytes: message.bytes.len(),
            holds: message.holds,
            left_out,
        })
    }
}

impl State {
    pub(super) fn new(protocol: RemoteWriteProtocol) -> Self {
        Self {
            wanted: protocol,
            protocol,
            sent: Sent::default(),
            before: Sent::default(),
            template: None,
            window: Window {
                start: UNIX_EPOCH,
                end: UNIX_EPOCH,
            },
            is_leaving: false,
            told: BTreeSet::new(),
        }
    }

    pub(super) const fn protocol(&self) -> RemoteWriteProtocol {
        self.protocol
    }

    /// Speaks `protocol` from now on.
    pub(super) fn speak(&mut self, protocol: RemoteWriteProtocol) {
        self.template = None;
        self.protocol = protocol;
    }

    /// Speaks what was asked for.
    pub(super) fn speak_as_wanted(&mut self) {
        self.speak(self.wanted);
    }

    /// The message with a batch. Until something else is known, the receiver may have it.
    pub(super) fn encode(&mut self, batch: &MetricBatch) -> Result<Encoded, FailureReason> {
        if self.is_leaving {
            return self.encode_end();
        }
        if let Some(encoded) = self.fill(batch)? {
            return Ok(encoded);
        }
        let families = TRANSLATION.families(batch);
        let now = milliseconds(unix_nano(batch.window.end));
        let next = self.sent.next(&families, now);
        let (message, no_place) = encode(self.protocol, &families, &next);
        let mut left_out: Vec<(u64, String)> = Vec::new();
        let mut notices = Vec::new();
        for problem in &families.problems {
            if problem.lost_points > 0 {
                left_out.push((problem.lost_points, problem.to_string()));
            } else {
                notices.push(problem.to_string());
            }
        }
        if no_place.points > 0 {
            let reason = match self.protocol {
                RemoteWriteProtocol::V1 => WITHOUT_NATIVE,
                RemoteWriteProtocol::V2 => OUT_OF_RANGE,
            };
            left_out.push((no_place.points, reason.to_owned()));
        }
        if no_place.exemplars > 0 {
            notices.push("remote write 1.0 has no exemplars, so that they are left out".to_owned());
        }
        if next.forgotten > 0 {
            notices.push(
                "more series have ended than are remembered while the receiver does not answer; of some the end is not told"
                    .to_owned(),
            );
        }
        let missing: u64 = left_out.iter().map(|(items, _)| items).sum();
        if missing >= batch.items() || message.holds.is_nothing() {
            let reason = left_out.into_iter().next().map(|(_, reason)| reason);
            let reason = reason.unwrap_or_else(|| NOTHING_TO_SAY.to_owned());
            return Err(FailureReason::NotEncodable(reason.into()));
        }
        for notice in notices {
            self.warn_once(notice);
        }
        if next.delayed >= WORTH_A_WORD {
            self.warn_once(
                "points are older than those before them, as when the clock was set back; they are told with the times \
                 that follow"
                    .to_owned(),
            );
        }
        self.window = batch.window;
        if left_out.is_empty() && next.ended.is_empty() && next.is_steady {
            self.template = Template::of(batch, &families, &next.times, &message);
        }
        self.encoded(&message, left_out, next)
    }

    /// The message with a batch that differs from the last in values and times alone.
    fn fill(&mut self, batch: &MetricBatch) -> Result<Option<Encoded>, FailureReason> {
        let Some(mut template) = self.template.take() else {
            return Ok(None);
        };
        if !self.sent.all_go_on() {
            return Ok(None);
        }
        let protocol = self.protocol;
        let filled = self.sent.again(|times| {
            let message = template.fill(batch, times)?;
            Some(Encoded::new(protocol, message, Vec::new()))
        });
        let Some((before, encoded)) = filled else {
            return Ok(None);
        };
        self.before = before;
        self.window = batch.window;
        self.template = Some(template);
        encoded.map(Some)
    }

    /// The message with the end of all series.
    fn encode_end(&mut self) -> Result<Encoded, FailureReason> {
        let next = self.sent.end();
        let (message, _) = encode(self.protocol, &Families::default(), &next);
        if message.holds.is_nothing() {
            return Err(FailureReason::ShutDown);
        }
        self.encoded(&message, Vec::new(), next)
    }

    fn encoded(
        &mut self,
        message: &Message,
        left_out: Vec<(u64, String)>,
        next: Next,
    ) -> Result<Encoded, FailureReason> {
        let encoded = Encoded::new(self.protocol, message, left_out)?;
        self.before = self.sent.perhaps_arrived(next);
        Ok(encoded)
    }

    /// The receiver has what the last message said.
    pub(super) fn arrived(&mut self) {
        self.sent.arrived();
    }

    /// The receiver has nothing of the last message.
    pub(super) fn did_not_arrive(&mut self) {
        self.sent.back_to(std::mem::take(&mut self.before));
        self.template = None;
    }

    /// A batch that stands for the end of all series, where there are any: as many points without a value. It is given once.
    ///
    /// Spec: Remote-Write 1.0, "Stale Markers" (MUST).
    pub(super) fn leave(&mut self) -> Option<MetricBatch> {
        if self.is_leaving || self.sent.is_empty() {
            return None;
        }
        self.is_leaving = true;
        let end = NumberDataPoint {
            flags: DataPointFlags::NoRecordedValueMask as u32,
            ..NumberDataPoint::default()
        };
        let ends = Metric {
            name: "end of series".to_owned(),
            data: Some(Data::Gauge(Gauge {
                data_points: vec![end; self.sent.len()],
            })),
            ..Metric::default()
        };
        let request = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                scope_metrics: vec![ScopeMetrics {
                    metrics: vec![ends],
                    ..ScopeMetrics::default()
                }],
                ..ResourceMetrics::default()
            }],
        };
        Some(MetricBatch::new(request, self.window))
    }

    /// Tells what was not told before.
    pub(super) fn warn_once(&mut self, text: String) {
        if self.told.len() < TEXTS && !self.told.contains(&text) {
            tracing::warn!(target: LOG_TARGET, "Prometheus remote write: {text} (told once)");
            self.told.insert(text);
        }
    }
}

const WITHOUT_NATIVE: &str =
    "remote write 1.0 has no native histograms, which exponential histograms are to Prometheus";

const OUT_OF_RANGE: &str = "an exponential histogram has buckets beyond all numbers";

const NOTHING_TO_SAY: &str =
    "it says nothing but the end of series that the receiver does not have";
