//! A few dozen cells over real sockets, in real time: what only a kernel does (RST, FIN, a full queue), and TLS.
//!
//! The same properties hold; how long something took is not judged, only that it came to its end.

use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use otelbox_mock_collector::{Fault, Protocol};
use otelbox_sdk::{Backoff, RetryPolicy, SpecRetryPolicy};

use crate::cell::{Cell, Story};
use crate::properties::violations;
use crate::{Report, SIGNALS};

/// What differs between TCP and a stream in memory.
const FAULTS: &[(&str, &str)] = &[
    ("refuse once", "when: { connection: 1 }\nthen: refuse"),
    ("refuse", "then: refuse"),
    (
        "accept_then_close once",
        "when: { connection: 1 }\nthen: accept_then_close",
    ),
    ("accept_then_close", "then: accept_then_close"),
    ("black_hole", "then: black_hole"),
    ("stop_reading", "then: stop_reading"),
    (
        "reset before the body",
        "when: { request: 1 }\nthen: { reset: { at: before_body } }",
    ),
    ("reset in the body", "then: { reset: { at: mid_body } }"),
    (
        "reset after the body",
        "when: { attempt: 1 }\nthen: { reset: { at: after_body } }",
    ),
    (
        "close before the answer",
        "when: { attempt: 1 }\nthen: { close: { at: before_answer } }",
    ),
    ("close in the answer", "then: truncate_answer"),
    (
        "lost by close",
        "when: { attempt: 1 }\nthen: lose_acknowledgement",
    ),
    (
        "lost by reset",
        "then: { lose_acknowledgement: { by: reset } }",
    ),
    ("hang", "then: hang"),
    ("goaway", "when: { attempt: 1 }\nthen: goaway"),
    ("rst_stream", "then: rst_stream"),
    (
        "large_answer",
        "then: { large_answer: { bytes: 1073741824, gzip: true } }",
    ),
    ("nothing", "when: { attempt: 1 }\nthen: accept"),
];

/// One trial for each fault.
pub(super) fn trials() -> Vec<Trial> {
    let trial = |name: String, fault: &'static str, speaks_tls| {
        Trial::test(name, move || over_sockets(fault, speaks_tls))
    };
    let plain = FAULTS
        .iter()
        .map(|(name, fault)| trial(format!("sockets: {name}"), fault, false));
    let secured = FAULTS
        .iter()
        .map(|(name, fault)| trial(format!("sockets, TLS: {name}"), fault, true));
    plain.chain(secured).collect()
}

fn over_sockets(fault: &str, speaks_tls: bool) -> Result<(), Failed> {
    let fault: Fault = serde_saphyr::from_str(fault)?;
    let backoff = Backoff::try_new(Duration::from_millis(50), Duration::from_secs(1), 0.2)?;
    let policy: Arc<dyn RetryPolicy> = Arc::new(SpecRetryPolicy { backoff });
    let mut report = Report::default();
    for (index, protocol) in Protocol::OTLP.into_iter().enumerate() {
        let cell = Cell {
            fault: fault.clone(),
            speaks_tls,
            protocol,
            signal: SIGNALS[index % SIGNALS.len()],
            story: Story::Flush,
            is_exact: false,
        };
        let seen = cell.run_over_sockets(Arc::clone(&policy));
        report.add(&cell, &seen, &violations(&cell, &seen));
    }
    report.into_result()
}
