//! Queues, batches, messages and what is carried over stay within their limits.

use std::collections::HashMap;

use otelbox_mock_collector::{Protocol, Signal};

use super::{certainty, outcome};
use crate::judge::payload::points_of;
use crate::judge::{Outcome, Survey, seconds};
use crate::run::{Exchange, Recording};
use crate::scenario::{DropPolicy, Processor, Temporality};

const EXPECTED: &str = "queues, batches, messages and carried windows within their limits";

/// Spec: Trace SDK 1.60.0 and Logs SDK 1.60.0, "Batching processor", defaults.
const QUEUE: u64 = 2048;
const BATCH: u64 = 512;

pub(super) fn judge(recording: &Recording) -> Outcome {
    let mut survey = Survey::new("OBX-INV-007", EXPECTED, "queues, exports and messages");
    let configuration = &recording.cell.configuration;
    let is_batched = recording.cell.id.signal != Signal::Metrics;
    if is_batched && let Some(inside) = &recording.inside {
        let most = configuration.max_queue_size.unwrap_or(QUEUE);
        survey.look((inside.most_queued > most).then(|| {
            format!(
                "{} items were queued, with room for {most}",
                inside.most_queued
            )
        }));
    }
    let batch = match configuration.processor {
        Some(Processor::Simple) => 1,
        Some(Processor::Batch) | None => configuration.max_export_batch_size.unwrap_or(BATCH),
    };
    for attempt in recording.attempts() {
        let items = attempt.items.unwrap_or_default();
        survey.look((is_batched && items > batch).then(|| {
            format!(
                "an export at {} has {items} items, with batches of {batch}",
                seconds(attempt.at)
            )
        }));
        if let (Some(most), Some(bytes)) = (configuration.max_request_bytes, attempt.message_bytes)
        {
            survey.look((bytes > most).then(|| {
                format!(
                    "a message at {} has {bytes} bytes, with a limit of {most}",
                    seconds(attempt.at)
                )
            }));
        }
    }
    carried(recording, &mut survey);
    outcome(survey, EXPECTED)
}

/// What was held for a later export was no larger than it may be, where its size shows: as the message that failed.
fn carried(recording: &Recording, survey: &mut Survey) {
    let most = recording
        .cell
        .configuration
        .drop_policy
        .and_then(DropPolicy::carries_over)
        .and_then(|policy| policy.max_bytes);
    let Some(most) = most.filter(|_| recording.cell.id.protocol != Protocol::HttpJson) else {
        return;
    };
    let exports = super::exports(recording);
    for pair in exports.windows(2) {
        let (Some(kept), Some(next)) = (pair[0].first(), pair[1].first()) else {
            continue;
        };
        let is_kept = certainty::delivery(&pair[0], recording) == certainty::Delivery::None
            && begins_no_later(next, kept);
        if is_kept && let Some(bytes) = kept.message_bytes {
            survey.look((bytes > most).then(|| {
                format!(
                    "{bytes} bytes of the export at {} were carried over, with a limit of {most}",
                    seconds(kept.at)
                )
            }));
        }
    }
}

/// Whether a delta window of `next` begins where one of the same series in `kept` does.
fn begins_no_later(next: &Exchange, kept: &Exchange) -> bool {
    let starts: HashMap<String, u64> = points_of(kept)
        .iter()
        .filter(|point| point.known_temporality() == Some(Temporality::Delta))
        .map(|point| (point.series(), point.start))
        .collect();
    points_of(next).iter().any(|point| {
        point.known_temporality() == Some(Temporality::Delta)
            && starts
                .get(&point.series())
                .is_some_and(|start| point.start <= *start)
    })
}
