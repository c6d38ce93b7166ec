//! Every property can fail: a cell that is in order, and one thing in what was seen of it made wrong.

use std::time::Duration;

use libtest_mimic::Failed;
use otelbox_mock_collector::{Fault, Protocol, Signal};

use crate::cell::{Cell, Seen, Story};
use crate::properties::violations;

/// What is made wrong, how, and what has to be said about it.
type Tampering = (&'static str, fn(&mut Seen), &'static str);

const TAMPERINGS: &[Tampering] = &[
    (
        "a hang",
        |seen| seen.hang = Some("here".to_owned()),
        "a hang",
    ),
    (
        "a panic that somebody caught",
        |seen| seen.panics.push("index out of bounds".to_owned()),
        "a panic",
    ),
    (
        "no reason for a refusal",
        |seen| seen.refusal = Some(String::new()),
        "without a reason",
    ),
    (
        "a call that is late",
        |seen| seen.calls[1].elapsed = seen.calls[1].limit + Duration::from_nanos(1),
        "shutdown is not over by its limit",
    ),
    (
        "an export that is late",
        |seen| seen.calls[0].elapsed = Duration::from_millis(10_001),
        "the export is not over by its deadline",
    ),
    (
        "a loss that is not counted",
        |seen| seen.statistics.dropped_items = 9,
        "the receiver has 0",
    ),
    (
        "a delivery that is counted as lost",
        |seen| seen.truth.items = 1,
        "the receiver has 1",
    ),
    (
        "a loss that is counted twice",
        |seen| seen.statistics.unsent_items = 10,
        "20 of 10 items are counted as lost",
    ),
    (
        "an export without an end",
        |seen| seen.statistics.failed = 0,
        "an export without an outcome",
    ),
    (
        "items that wait for ever",
        |seen| seen.statistics.queued_items = 1,
        "still queued",
    ),
    (
        "an attempt that is not counted",
        |seen| seen.statistics.attempts = 0,
        "0 attempts are counted, 1 requests arrived",
    ),
    (
        "data that are sent again after the acknowledgement",
        |seen| seen.truth.after_acknowledgement = Some(2),
        "sends again what was acknowledged",
    ),
    (
        "copies without a retry",
        |seen| seen.truth.repeated = 10,
        "came twice",
    ),
    (
        "a call that says ok",
        |seen| seen.calls.iter_mut().for_each(|called| called.error = None),
        "false success",
    ),
    (
        "nothing in the log",
        |seen| seen.told.clear(),
        "a drop that nobody can read of",
    ),
    (
        "a loss that no call reports",
        |seen| seen.calls.iter_mut().for_each(|called| called.lost.clear()),
        "the calls report 0",
    ),
    (
        "a connection that is left",
        |seen| seen.open_streams = 1,
        "left after its shutdown",
    ),
    (
        "a connection that did not end",
        |seen| {
            seen.truth.open_connections.insert(1);
        },
        "did not end",
    ),
    (
        "a task that is left",
        |seen| seen.living_tasks = 1,
        "tasks are left",
    ),
];

/// A cell in which everything is dropped is in order, and is not after any of these.
pub(super) fn every_property_can_fail() -> Result<(), Failed> {
    let fault: Fault = serde_saphyr::from_str("then: { grpc: INVALID_ARGUMENT, http: 400 }")?;
    let cell = Cell {
        fault,
        speaks_tls: false,
        protocol: Protocol::Grpc,
        signal: Signal::Traces,
        story: Story::Flush,
        is_exact: true,
    };
    let wrong = violations(&cell, &cell.run());
    if !wrong.is_empty() {
        return Err(format!("not in order: {wrong:?}").into());
    }
    for (what, tamper, expected) in TAMPERINGS {
        let mut seen = cell.run();
        tamper(&mut seen);
        let wrong = violations(&cell, &seen);
        if !wrong.iter().any(|one| one.contains(expected)) {
            return Err(format!("{what}: `{expected}` is not among {wrong:?}").into());
        }
    }
    Ok(())
}
