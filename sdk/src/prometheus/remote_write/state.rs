//! What an exporter remembers between its messages.

use std::collections::BTreeSet;
use std::time::UNIX_EPOCH;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    DataPointFlags, Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
};

use super::encode::{Message, encode};
use super::protocol::RemoteWriteProtocol;
use super::sent::{Next, Sent};
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
    pub(super) message: Message,
    /// Data points, and the reason for them.
    pub(super) left_out: Vec<(u64, String)>,
}

impl State {
    pub(super) fn new(protocol: RemoteWriteProtocol) -> Self {
        Self {
            wanted: protocol,
            protocol,
            sent: Sent::default(),
            before: Sent::default(),
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
    pub(super) const fn speak(&mut self, protocol: RemoteWriteProtocol) {
        self.protocol = protocol;
    }

    /// Speaks what was asked for.
    pub(super) const fn speak_as_wanted(&mut self) {
        self.protocol = self.wanted;
    }

    /// The message with a batch. Until something else is known, the receiver may have it.
    pub(super) fn encode(&mut self, batch: &MetricBatch) -> Result<Encoded, FailureReason> {
        if self.is_leaving {
            return self.encode_end();
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
        Ok(self.encoded(message, left_out, next))
    }

    /// The message with the end of all series.
    fn encode_end(&mut self) -> Result<Encoded, FailureReason> {
        let next = self.sent.end();
        let (message, _) = encode(self.protocol, &Families::default(), &next);
        if message.holds.is_nothing() {
            return Err(FailureReason::ShutDown);
        }
        Ok(self.encoded(message, Vec::new(), next))
    }

    fn encoded(&mut self, message: Message, left_out: Vec<(u64, String)>, next: Next) -> Encoded {
        self.before = self.sent.perhaps_arrived(next);
        Encoded {
            protocol: self.protocol,
            message,
            left_out,
        }
    }

    /// The receiver has what the last message said.
    pub(super) fn arrived(&mut self) {
        self.sent.arrived();
    }

    /// The receiver has nothing of the last message.
    pub(super) fn did_not_arrive(&mut self) {
        self.sent = std::mem::take(&mut self.before);
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
