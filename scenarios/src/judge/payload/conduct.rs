//! How a client behaves from one exchange to the next.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::{item_keys, points_of, resource_of, wire::name};
use crate::{
    judge::{Finding, Survey, bounds::slack, invariants::is_seen_late, seconds},
    run::{Accepted, EmissionKind, End, Exchange, Recording},
    scenario::{InstrumentKind, Step, Temporality},
};
use otelbox_mock_collector::{Protocol, Signal};

pub(super) fn judge(recording: &Recording) -> Vec<Finding> {
    // A program may have several exporters, and what it was to record nobody knows.
    let of_drivers = recording
        .program
        .is_none()
        .then(|| [one_at_a_time(recording), conserved(recording)]);
    [
        silent_after_shutdown(recording),
        refused_for_good(recording),
        partial(recording, "OTLP-PSU-001", |protocol| {
            protocol == Protocol::Grpc
        }),
        partial(recording, "OTLP-PSU-002", |protocol| {
            protocol != Protocol::Grpc
        }),
        never_offered(recording, "OTLP-BSP-011", EmissionKind::AfterShutdown),
        never_offered(recording, "OTLP-BSP-016", EmissionKind::Unsampled),
        arrives_once(recording),
        dropped_for_good(recording),
    ]
    .into_iter()
    .chain(of_drivers.into_iter().flatten())
    .filter_map(Survey::finding)
    .collect()
}

/// Spec: Metrics SDK 1.60.0, "Periodic exporting `MetricReader`" (MUST): one reader never exports concurrently; Trace and
/// Logs SDK 1.60.0, "Built-in processors" (MUST): nor does a processor.
fn one_at_a_time(recording: &Recording) -> Survey {
    let mut survey = Survey::new(
        match recording.cell.id.signal {
            Signal::Metrics | Signal::Profiles => "OTLP-CON-002",
            Signal::Traces | Signal::Logs => "OTLP-CON-001",
        },
        "no attempt before the one before has ended",
        "pairs of attempts",
    );
    let mut readers: IndexMap<String, Vec<&Exchange>> = IndexMap::new();
    for exchange in recording.attempts() {
        // Each provider has a resource and a reader of its own.
        readers
            .entry(resource_of(exchange))
            .or_default()
            .push(exchange);
    }
    for attempts in readers.values() {
        for (position, later) in attempts.iter().enumerate() {
            let overlapped = attempts[..position].iter().find(|earlier| {
                let ended = match (earlier.end, earlier.ended_at) {
                    // Who never heard of the end cannot say when it was.
                    (End::Open, _) | (_, None) => return false,
                    _ if is_seen_late(earlier, recording) => return false,
                    (End::Answered | End::Broken | End::ClientGone, Some(ended)) => ended,
                };
                later.at + slack(recording) < ended
            });
            if position > 0 {
                survey.look(overlapped.map(|earlier| {
                    format!(
                        "{} at {} began before {} ended",
                        name(later),
                        seconds(later.at),
                        name(earlier)
                    )
                }));
            }
        }
    }
    survey
}

/// Spec: Metrics SDK 1.60.0, "Shutdown" (MUST NOT); Trace and Logs SDK 1.60.0, "Shutdown" (SHOULD).
fn silent_after_shutdown(recording: &Recording) -> Survey {
    let mut survey = Survey::new(
        match recording.cell.id.signal {
            Signal::Metrics | Signal::Profiles => "OTLP-PMR-012",
            Signal::Traces | Signal::Logs => "OTLP-BSP-011",
        },
        "no request after shutdown returned",
        "shutdowns",
    );
    let shutdown = recording.steps.iter().find(|record| {
        matches!(
            recording.cell.steps.get(record.index),
            Some(Step::Shutdown(_))
        )
    });
    if let Some(shutdown) = shutdown {
        let late = recording
            .exchanges
            .iter()
            .find(|exchange| exchange.at > shutdown.ended_at + slack(recording));
        survey.look(late.map(|exchange| {
            format!(
                "{} at {}, shutdown returned at {}",
                name(exchange),
                seconds(exchange.at),
                seconds(shutdown.ended_at)
            )
        }));
    }
    survey
}

/// Spec: OTLP 1.11.0, "Failures": data that was refused for good is dropped (MUST NOT be sent again).
fn refused_for_good(recording: &Recording) -> Survey {
    let mut survey = Survey::new(
        "OTLP-RTY-008",
        "refused data never comes again, nor its delta windows",
        "refused payloads",
    );
    let attempts: Vec<&Exchange> = recording.attempts().collect();
    for (position, refused) in attempts.iter().enumerate() {
        if refused.is_retryable() != Some(false) || refused.digest.is_none() {
            continue;
        }
        let windows: HashMap<String, (u64, u64)> = points_of(refused)
            .iter()
            .filter(|point| point.known_temporality() == Some(Temporality::Delta))
            .map(|point| (point.series(), (point.start, point.time)))
            .collect();
        let items: HashSet<_> = item_keys(refused).into_iter().collect();
        let again = attempts[position + 1..].iter().find(|later| {
            later.digest == refused.digest
                || item_keys(later).iter().any(|key| items.contains(key))
                || points_of(later).iter().any(|point| {
                    point.known_temporality() == Some(Temporality::Delta)
                        && windows.get(&point.series()) == Some(&(point.start, point.time))
                })
        });
        survey.look(again.map(|later| {
            format!(
                "{} ({}) came again as {}",
                name(refused),
                refused.answer_text(),
                name(later)
            )
        }));
    }
    survey
}

/// Spec: OTLP 1.11.0, "Partial Success" (MUST NOT).
fn partial(
    recording: &Recording,
    rule: &'static str,
    is_meant: impl Fn(Protocol) -> bool,
) -> Survey {
    let mut survey = Survey::new(
        rule,
        "no retry after a partial success",
        "partial successes",
    );
    let attempts: Vec<&Exchange> = recording.attempts().collect();
    for (position, exchange) in attempts.iter().enumerate() {
        let partial = matches!(exchange.accepted, Accepted::Partial { .. })
            && exchange.end == End::Answered
            && exchange.protocol.is_some_and(&is_meant);
        if partial {
            let again = attempts[position + 1..]
                .iter()
                .find(|later| later.digest.is_some() && later.digest == exchange.digest);
            survey.look(
                again.map(|later| format!("{} came again as {}", name(exchange), name(later))),
            );
        }
    }
    survey
}

/// Spec: Trace SDK 1.60.0, "Sampling" (SHOULD NOT) and "Shutdown" (SHOULD).
fn never_offered(recording: &Recording, rule: &'static str, kind: EmissionKind) -> Survey {
    let mut survey = Survey::new(rule, "none of these items in any request", "emissions");
    for emitted in recording.items.iter().filter(|items| items.kind == kind) {
        let sent = recording.attempts().find_map(|exchange| {
            let (_, number) = item_keys(exchange)
                .into_iter()
                .find(|(_, number)| emitted.numbers.contains(number))?;
            Some(format!("item {number} came in {}", name(exchange)))
        });
        survey.look(sent);
    }
    survey
}

/// Spec: Trace SDK 1.60.0, "Sampling" (MUST, derived): an item that was delivered is not exported again. The same payload
/// once more is a retry, whoever made it.
fn arrives_once(recording: &Recording) -> Survey {
    comes_again(
        recording,
        Survey::new(
            "OTLP-BSP-021",
            "delivered items in no later export",
            "exports",
        ),
        true,
    )
}

/// Spec: Trace SDK 1.60.0, "Export(batch)", Failure (MUST, derived): a batch that failed is dropped.
fn dropped_for_good(recording: &Recording) -> Survey {
    comes_again(
        recording,
        Survey::new(
            "OTLP-BSP-012",
            "items of a failed export in no later one",
            "exports",
        ),
        false,
    )
}

fn comes_again(recording: &Recording, mut survey: Survey, delivered: bool) -> Survey {
    if recording.cell.id.signal == Signal::Metrics {
        return survey;
    }
    let mut seen = HashMap::new();
    for attempts in recording.exports() {
        let Some(first) = attempts.iter().find(|exchange| exchange.is_decoded()) else {
            continue;
        };
        let keys = item_keys(first);
        let again = keys.iter().find_map(|key| {
            let earlier: &&Exchange = seen.get(key)?;
            (earlier.digest != first.digest).then(|| {
                format!(
                    "item {} of {} came again in {}",
                    key.1,
                    name(earlier),
                    name(first)
                )
            })
        });
        if !keys.is_empty() {
            survey.look(again);
        }
        if attempts.iter().any(|attempt| attempt.is_acknowledged()) == delivered {
            seen.extend(keys.into_iter().map(|key| (key, *first)));
        }
    }
    survey
}

/// Spec: rules catalogue, OTLP-TMP-025: accepted deltas never exceed what was recorded.
fn conserved(recording: &Recording) -> Survey {
    let mut survey = Survey::new(
        "OTLP-TMP-025",
        "accepted deltas that never exceed what was recorded",
        "delta streams",
    );
    let configuration = &recording.cell.configuration;
    if configuration.views.is_some() || configuration.views_in_order.is_some() {
        return survey;
    }
    let workers = configuration
        .workers
        .as_ref()
        .map_or(1, |workers| workers.len().max(1));
    let mut accepted: IndexMap<String, f64> = IndexMap::new();
    let mut seen = std::collections::HashSet::new();
    for exchange in recording.attempts() {
        // Who is told that it was not taken may send it again, in another window.
        if exchange.accepted == Accepted::No
            || exchange.is_taken_in_secret()
            || !seen.insert(exchange.digest.clone())
        {
            continue;
        }
        for point in points_of(exchange) {
            if point.known_temporality() == Some(Temporality::Delta)
                && let Some(amount) = point.amount()
            {
                *accepted.entry(point.metric.name.clone()).or_default() += amount;
            }
        }
    }
    // What an SDK counts about itself was recorded by nobody else.
    let instruments = &recording.cell.instruments;
    for (name, accepted) in accepted {
        if instruments.iter().all(|known| known.name != name) {
            continue;
        }
        let Some(recorded) = recorded(recording, &name, workers) else {
            continue;
        };
        survey.look(
            (accepted > recorded + 1e-6 * recorded.abs())
                .then(|| format!("{name}: {accepted} accepted, {recorded} recorded")),
        );
    }
    survey
}

/// What was recorded on a synchronous counter (its sum) or histogram (its count).
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a scenario stay far below 2^53"
)]
fn recorded(recording: &Recording, name: &str, workers: usize) -> Option<f64> {
    let mut total = 0.0;
    for emission in recording
        .emissions
        .iter()
        .filter(|emission| emission.instrument == name)
    {
        let times = emission.times as f64;
        total += match emission.kind {
            InstrumentKind::Counter => emission.value?.as_f64() * times,
            InstrumentKind::Histogram => times,
            InstrumentKind::UpDownCounter
            | InstrumentKind::Gauge
            | InstrumentKind::ObservableCounter
            | InstrumentKind::ObservableUpDownCounter
            | InstrumentKind::ObservableGauge => return None,
        };
    }
    Some(total * workers as f64)
}
