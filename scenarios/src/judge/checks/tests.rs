//! Every check of an expectation, each on a recording that keeps it and on one that breaks it.

use std::time::Duration;

use super::expectations;
use crate::judge::{Grade, crooked::*};
use crate::run::{Accepted, ConnectionEvent, ConnectionRecord, End, Exchange, Recording};
use crate::scenario::{CallResult, Step, check::LogLevel};
use crate::sut::LogLine;

/// The grade of one check, as it stands in a scenario file.
#[track_caller]
fn grade(check: &str, recording: &Recording) -> Grade {
    let expectation =
        serde_saphyr::from_str(&format!("rule: OTLP-RTY-001\n{check}")).expect("a check");
    let findings = expectations(&recording.clone().expecting(expectation));
    findings
        .iter()
        .find(|finding| finding.rule.as_str() == "OTLP-RTY-001")
        .expect("a finding")
        .grade
}

#[track_caller]
fn holds(check: &str, recording: &Recording) {
    assert_eq!(grade(check, recording), Grade::Passed, "{check}");
}

#[track_caller]
fn fails(check: &str, recording: &Recording) {
    assert_eq!(grade(check, recording), Grade::Failed, "{check}");
}

#[track_caller]
fn says_nothing(check: &str, recording: &Recording) {
    assert_eq!(grade(check, recording), Grade::Inconclusive, "{check}");
}

/// UNAVAILABLE at 15, 16 and 18 s, accepted at 22 s.
fn retried() -> Recording {
    let payload = || delta(0, 15, 3);
    recording(vec![
        attempt(1, 1, 15, payload()).refused(14),
        attempt(1, 2, 16, payload()).refused(14),
        attempt(1, 3, 18, payload()).refused(14),
        attempt(1, 4, 22, payload()),
    ])
    .having_emitted(3)
}

fn every_fifteen_seconds() -> Recording {
    recording(vec![
        attempt(1, 1, 15, delta(0, 15, 3)),
        attempt(2, 1, 30, delta(15, 30, 5)),
    ])
    .having_emitted(8)
}

fn nothing() -> Recording {
    recording(Vec::new())
}

#[test]
fn a_check_without_anything_to_look_at_says_nothing() {
    for check in [
        "retried: true",
        "attempts: { per_export: 1 }",
        "attempts: { same_payload: true }",
        "attempts: { gap_at_least: 1s }",
        "attempts: { none_after: 1s }",
        "attempts: { first_lasts: { at_most: 1s } }",
        "gaps: { grow: true }",
        "gaps: { jittered: true }",
        "gaps: { first_median_at_least: 5ms }",
        "gaps: { floor: 1s }",
        "gaps: { ceiling: 1s }",
        "gaps: { nominal: [1s] }",
        "exports: { interval: 15s }",
        "exports: { never_overlap: true }",
        "exports: { distinct: true }",
        "streams: [{ name: x }]",
        "streams: [{ name: x, absent: true }]",
        "total: { instrument: x, value: 1 }",
        "windows: { contiguous: true }",
        "windows: { gap: 15s }",
        "windows: { fixed_start: true }",
        "payload: { contains: {} }",
        "call: { step: shutdown, result: ok }",
        "request: { path: / }",
        "headers: { x-tenant: shop }",
    ] {
        says_nothing(check, &nothing());
    }
}

#[test]
fn retries_are_seen() {
    holds("retried: true", &retried());
    fails("retried: false", &retried());
    let once = recording(vec![attempt(1, 1, 15, delta(0, 15, 3)).refused(3)]);
    holds("retried: false", &once);
    fails("retried: true", &once);
    says_nothing("retried: true", &every_fifteen_seconds());
}

#[test]
fn attempts_are_counted_timed_and_their_answers_compared() {
    holds(
        "attempts: { count: 4, at_least: 4, at_most: 4, per_export: 4 }",
        &retried(),
    );
    for check in ["count: 3", "at_least: 5", "at_most: 3", "per_export: 3"] {
        fails(&format!("attempts: {{ {check} }}"), &retried());
    }
    holds("attempts: { at: [15s, 16s, 18s, 22s] }", &retried());
    holds("attempts: { export: 1, at: [0s, 1s, 3s, 7s] }", &retried());
    fails("attempts: { at: [15s, 16s, 18s] }", &retried());
    fails("attempts: { at: [15s, 16s, 18s, 23s] }", &retried());
    holds(
        "attempts: { at: [15s, 16s, 18s, 23s], tolerance: 1s }",
        &retried(),
    );
    holds("attempts: { gap_at_least: 1s }", &retried());
    fails("attempts: { gap_at_least: 2s }", &retried());
    holds("attempts: { none_after: 22s }", &retried());
    fails("attempts: { none_after: 21s }", &retried());
    holds(
        "attempts: { answers: [UNAVAILABLE, error, 14, accepted] }"
            .replace("14", "UNAVAILABLE")
            .as_str(),
        &retried(),
    );
    fails(
        "attempts: { answers: [UNAVAILABLE, UNAVAILABLE, INTERNAL, accepted] }",
        &retried(),
    );
    fails("attempts: { answers: [accepted] }", &retried());
}

#[test]
fn half_an_answer_is_none() {
    let mut cut = retried();
    cut.exchanges[3].end = End::Broken;
    fails(
        "attempts: { answers: [error, error, error, accepted] }",
        &cut,
    );
    holds("attempts: { answers: [error, error, error, none] }", &cut);
}

#[test]
fn a_changed_payload_is_not_the_same() {
    holds("attempts: { same_payload: true }", &retried());
    let mut bent = retried();
    bent.exchanges[3].digest = Some("another".to_owned());
    fails("attempts: { same_payload: true }", &bent);
    // The receiver takes a changed payload for a new export. Inside one call it is the retry nevertheless.
    let changed = recording(vec![
        attempt(1, 1, 15, delta(0, 15, 3)).refused(14),
        attempt(2, 1, 16, delta(0, 16, 3)),
    ]);
    says_nothing("attempts: { same_payload: true }", &changed);
    fails(
        "attempts: { same_payload: true }",
        &changed.calling(force_flush(), secs(15), secs(16), CallResult::Ok),
    );
}

#[test]
fn first_attempts_last_until_the_first_sign_of_their_end() {
    let lasting = recording(vec![attempt(1, 1, 15, delta(0, 15, 3)).until(20)]);
    holds(
        "attempts: { first_lasts: { at_least: 5s, at_most: 5s } }",
        &lasting,
    );
    fails("attempts: { first_lasts: { at_least: 6s } }", &lasting);
    fails("attempts: { first_lasts: { at_most: 4s } }", &lasting);
    let mut endless = lasting;
    endless.exchanges[0].end = End::Open;
    fails("attempts: { first_lasts: { at_most: 30s } }", &endless);
    holds(
        "attempts: { first_lasts: { at_most: 3s } }",
        &endless.calling(force_flush(), secs(15), secs(18), CallResult::Timeout),
    );
}

#[test]
fn gaps_grow_with_jitter_between_floor_and_ceiling() {
    holds(
        "gaps: { grow: true, floor: 1s, ceiling: 4s, nominal: [1s, 2s, 4s] }",
        &retried(),
    );
    fails("gaps: { jittered: true }", &retried());
    fails("gaps: { floor: 1100ms }", &retried());
    fails("gaps: { ceiling: 3s }", &retried());
    fails("gaps: { nominal: [1s, 2s, 8s] }", &retried());
    let mut even = retried();
    for (exchange, at) in even.exchanges[2..].iter_mut().zip(17..) {
        exchange.at = secs(at);
        exchange.ended_at = Some(secs(at));
    }
    fails("gaps: { grow: true }", &even);
    let mut shaken = retried();
    shaken.exchanges[1].at = Duration::from_millis(16_130);
    shaken.exchanges[1].ended_at = Some(Duration::from_millis(16_130));
    holds("gaps: { jittered: true, grow: true }", &shaken);
}

/// A dozen exports with one retry each, `wait` after the first attempt.
fn a_dozen_retried_after(wait: u64) -> Recording {
    let attempts = (0..12).flat_map(|number| {
        let at = 15 * (number + 1);
        [
            attempt(number + 1, 1, at, delta(0, 15, 3)).refused(14),
            attempt(number + 1, 2, at + wait, delta(0, 15, 3)),
        ]
    });
    recording(attempts.collect())
}

#[test]
fn the_median_of_a_dozen_first_waits_tells_whether_there_is_a_wait() {
    holds(
        "gaps: { first_median_at_least: 5ms }",
        &a_dozen_retried_after(1),
    );
    fails(
        "gaps: { first_median_at_least: 5ms }",
        &a_dozen_retried_after(0),
    );
    says_nothing("gaps: { first_median_at_least: 5ms }", &retried());
}

#[test]
fn exports_are_counted_timed_and_told_apart() {
    let straight = every_fifteen_seconds();
    holds(
        "exports: { count: 2, at: [15s, 30s], interval: 15s, never_overlap: true, distinct: true, accepted: 2 }",
        &straight,
    );
    for check in [
        "count: 3",
        "at_least: 3",
        "at_most: 1",
        "at: [15s, 31s]",
        "interval: 10s",
        "accepted: 1",
    ] {
        fails(&format!("exports: {{ {check} }}"), &straight);
    }
    let overlapping = recording(vec![
        attempt(1, 1, 15, delta(0, 15, 3)).until(35),
        attempt(2, 1, 30, delta(15, 30, 5)),
    ]);
    fails("exports: { never_overlap: true }", &overlapping);
    let again = recording(vec![
        attempt(1, 1, 15, delta(0, 15, 3)),
        attempt(2, 1, 30, delta(0, 30, 8)),
    ]);
    fails("exports: { distinct: true }", &again);
}

#[test]
fn the_ledger_adds_deltas_and_takes_the_last_total() {
    holds(
        "ledger: { offered: 8, accepted: 8, lost: 0, repeated: 0, rejected: 0 }",
        &every_fifteen_seconds(),
    );
    for check in [
        "offered: 7",
        "accepted: 7",
        "lost: 1",
        "repeated: 1",
        "rejected: 1",
    ] {
        fails(&format!("ledger: {{ {check} }}"), &every_fifteen_seconds());
    }
    let cumulative = recording(vec![
        attempt(1, 1, 15, total(0, 15, 3)),
        attempt(2, 1, 30, total(0, 30, 8)),
    ])
    .having_emitted(8);
    holds(
        "ledger: { offered: 8, accepted: 8, lost: 0, repeated: 0 }",
        &cumulative,
    );
    let mut lost = every_fifteen_seconds();
    lost.exchanges[0].accepted = Accepted::No;
    holds("ledger: { accepted: 5, lost: 3 }", &lost);
    let repeated = recording(vec![
        attempt(1, 1, 15, delta(0, 15, 3)),
        attempt(1, 2, 16, delta(0, 15, 3)),
    ])
    .having_emitted(3);
    holds("ledger: { accepted: 3, lost: 0, repeated: 3 }", &repeated);
    let mut partial = every_fifteen_seconds();
    partial.exchanges[0].items = Some(4);
    partial.exchanges[0].accepted = Accepted::Partial { rejected: 2 };
    holds("ledger: { rejected: 2 }", &partial);
}

#[test]
fn totals_are_those_of_one_instrument() {
    holds(
        "total: { instrument: otelbox.items, value: 8 }",
        &every_fifteen_seconds(),
    );
    fails(
        "total: { instrument: otelbox.items, value: 9 }",
        &every_fifteen_seconds(),
    );
    holds(
        "total: { instrument: otelbox.items, value: 5, at_most: 8 }",
        &every_fifteen_seconds(),
    );
    fails(
        "total: { instrument: otelbox.items, value: 5, at_most: 7 }",
        &every_fifteen_seconds(),
    );
    fails(
        "total: { instrument: otelbox.items, value: 8, attributes: { a: b } }",
        &every_fifteen_seconds(),
    );
    says_nothing(
        "total: { instrument: nobody, value: 8 }",
        &every_fifteen_seconds(),
    );
}

#[test]
fn windows_are_contiguous_or_have_a_gap() {
    holds(
        "windows: { contiguous: true, gap: 0s }",
        &every_fifteen_seconds(),
    );
    fails("windows: { contiguous: false }", &every_fifteen_seconds());
    let gap = recording(vec![
        attempt(1, 1, 15, delta(0, 15, 3)),
        attempt(2, 1, 45, delta(30, 45, 5)),
    ]);
    holds("windows: { contiguous: false, gap: 15s }", &gap);
    fails("windows: { contiguous: true }", &gap);
    fails("windows: { gap: 14s }", &gap);
    let cumulative = |start| {
        recording(vec![
            attempt(1, 1, 15, total(0, 15, 3)),
            attempt(2, 1, 30, total(start, 30, 8)),
        ])
    };
    holds("windows: { fixed_start: true }", &cumulative(0));
    fails("windows: { fixed_start: true }", &cumulative(15));
}

#[test]
fn streams_have_properties_points_and_values() {
    let straight = every_fifteen_seconds();
    holds(
        "streams: [{ name: otelbox.items, type: sum, unit: '{item}', temporality: delta, monotonic: true, \
         scope: otelbox, resource: { service.name: shop }, series: 1, attribute_keys: [], values: [3, 5], \
         points: [{ value: 5, attributes: {}, start: 15s, time: 30s }] }]",
        &straight,
    );
    for check in [
        "type: gauge",
        "unit: ms",
        "description: x",
        "temporality: cumulative",
        "monotonic: false",
        "scope: other",
        "resource: { service.name: other }",
        "series: 2",
        "attribute_keys: [a]",
        "values: [3, 6]",
        "points: [{ value: 3 }]",
        "points: [{ value: 5 }, { value: 5 }]",
        "points: []",
        "points: [{ value: 5, start: 14s }]",
        "absent: true",
    ] {
        fails(
            &format!("streams: [{{ name: otelbox.items, {check} }}]"),
            &straight,
        );
    }
    holds(
        "streams: [{ name: otelbox.items, export: 1, points: [{ value: 3 }] }]",
        &straight,
    );
    holds("streams: [{ name: other, absent: true }]", &straight);
    fails("streams: [{ name: other }]", &straight);
    let histogram = recording(vec![attempt(1, 1, 15, histogram(|_| ()))]);
    holds(
        "streams: [{ name: latency, points: [{ count: 2, sum: 8, min: 1, max: 7, bounds: [5, 10], buckets: [1, 1, 0] }] }]",
        &histogram,
    );
    for check in [
        "count: 3",
        "sum: 9",
        "min: 2",
        "max: 8",
        "bounds: [5]",
        "buckets: [2, 0, 0]",
    ] {
        fails(
            &format!("streams: [{{ name: latency, points: [{{ {check} }}] }}]"),
            &histogram,
        );
    }
}

#[test]
fn attributes_have_types() {
    let straight = recording(vec![attempt(
        1,
        1,
        15,
        with_points(delta(0, 15, 1), |points| {
            points[0].attributes = vec![text("code", "200")];
        }),
    )]);
    holds(
        "streams: [{ name: otelbox.items, points: [{ attributes: { code: '200' } }] }]",
        &straight,
    );
    fails(
        "streams: [{ name: otelbox.items, points: [{ attributes: { code: 200 } }] }]",
        &straight,
    );
}

#[test]
fn payloads_are_compared_as_normalised_json() {
    let straight = every_fifteen_seconds();
    let metric = |value: &str| {
        format!(
            "payload: {{ contains: {{ resourceMetrics: [{{ scopeMetrics: [{{ metrics: [{{ name: otelbox.items, \
             sum: {{ dataPoints: [{{ asInt: '{value}', timeUnixNano: '[+15.000s]' }}] }} }}] }}] }}] }} }}"
        )
    };
    holds(&metric("3"), &straight);
    fails(&metric("4"), &straight);
    fails("payload: { equals: { resourceMetrics: [] } }", &straight);
}

#[test]
fn calls_return_in_time() {
    let called =
        every_fifteen_seconds().calling(shutdown(), secs(30), secs(32), CallResult::Timeout);
    holds(
        "call: { step: shutdown, result: timeout, elapsed_at_least: 2s, elapsed_at_most: 2s }",
        &called,
    );
    fails("call: { step: shutdown, result: ok }", &called);
    fails("call: { step: shutdown, elapsed_at_least: 3s }", &called);
    fails("call: { step: shutdown, elapsed_at_most: 1s }", &called);
    holds("results: [timeout]", &called);
    fails("results: [ok]", &called);
    fails("results: [timeout, timeout]", &called);
}

#[test]
fn the_expectation_of_a_step_is_judged_under_its_rule() {
    let step: Step =
        serde_saphyr::from_str("force_flush: { timeout: 1s, expect: timeout, rule: OTLP-BSP-007 }")
            .expect("a step");
    let grade = |recording: &Recording| expectations(recording)[0].grade;
    let timeout = nothing().calling(step.clone(), secs(1), secs(2), CallResult::Timeout);
    assert_eq!(grade(&timeout), Grade::Passed);
    assert_eq!(
        grade(&nothing().calling(step.clone(), secs(1), secs(2), CallResult::Ok)),
        Grade::Failed
    );
    let mut limitless = timeout;
    limitless.capabilities.clear();
    assert_eq!(grade(&limitless), Grade::NotApplicable);
}

#[test]
fn requests_and_headers_are_compared() {
    let straight = every_fifteen_seconds();
    holds(
        "request: { path: /opentelemetry.proto.collector.metrics.v1.MetricsService/Export, method: POST, messages: 1, decodes: true, encoding: none }",
        &straight,
    );
    for check in [
        "path: /",
        "method: GET",
        "messages: 2",
        "decodes: false",
        "encoding: gzip",
        "deadline_at_most: 1s",
    ] {
        fails(&format!("request: {{ {check} }}"), &straight);
    }
    let mut limited = straight.clone();
    for exchange in &mut limited.exchanges {
        exchange.client_deadline = Some(secs(10));
    }
    holds("request: { deadline_at_most: 10s }", &limited);
    fails("request: { deadline_at_most: 9s }", &limited);
    holds(
        "headers: { x-tenant: shop, X-Other: null, user-agent: { starts_with: OTel, contains: Rust } }",
        &straight,
    );
    for check in [
        "x-tenant: other",
        "x-tenant: null",
        "x-other: y",
        "user-agent: { starts_with: Rust }",
    ] {
        fails(&format!("headers: {{ {check} }}"), &straight);
    }
    let twice = |mut exchange: Exchange| {
        exchange
            .headers
            .push(("x-tenant".to_owned(), "shop".to_owned()));
        exchange
    };
    fails(
        "headers: { x-tenant: shop }",
        &recording(vec![twice(attempt(1, 1, 15, delta(0, 15, 3)))]),
    );
}

#[test]
fn log_lines_are_counted_by_level_and_text() {
    let mut said = nothing();
    said.log = vec![LogLine {
        at: secs(1),
        level: LogLevel::Warn,
        text: "retrying in 1s".to_owned(),
    }];
    holds(
        "log: { level: warn, contains: [retrying, 1s], count: 1 }",
        &said,
    );
    fails("log: { level: error }", &said);
    fails("log: { contains: [giving up] }", &said);
    fails("log: { contains: [retrying], absent: true }", &said);
    fails("log: { count: 2 }", &said);
    holds("log: { level: error, absent: true }", &said);
}

#[test]
fn connections_are_counted_by_kind() {
    let mut connected = nothing();
    connected.connections = vec![
        ConnectionRecord {
            at: secs(1),
            connection: 1,
            event: ConnectionEvent::Opened,
        },
        ConnectionRecord {
            at: secs(2),
            connection: 2,
            event: ConnectionEvent::Refused,
        },
        ConnectionRecord {
            at: secs(3),
            connection: 1,
            event: ConnectionEvent::ProtocolError("x".to_owned()),
        },
    ];
    holds(
        "connections: { count: 1, at_least: 1, at_most: 1, refused_at_least: 1, protocol_errors: 1 }",
        &connected,
    );
    for check in [
        "count: 2",
        "at_least: 2",
        "at_most: 0",
        "secured_at_least: 1",
        "refused_at_least: 2",
        "protocol_errors: 0",
    ] {
        fails(&format!("connections: {{ {check} }}"), &connected);
    }
}

#[test]
fn connections_with_tls_are_told_from_those_without() {
    let secured = |client: Option<&str>| ConnectionEvent::Secured {
        alpn: None,
        client: client.map(str::to_owned),
    };
    let mut connected = nothing();
    connected.connections = [
        secured(None),
        secured(Some("client 1")),
        secured(Some("client 1")),
        ConnectionEvent::HandshakeFailed("x".to_owned()),
        ConnectionEvent::PlainText("POST".to_owned()),
    ]
    .into_iter()
    .map(|event| ConnectionRecord {
        at: secs(1),
        connection: 1,
        event,
    })
    .collect();
    holds(
        "connections: { secured_at_least: 3, handshakes_failed_at_least: 1, handshakes_failed_at_most: 1, \
         plain_text: 1, clients: [client 1] }",
        &connected,
    );
    for check in [
        "secured_at_least: 4",
        "handshakes_failed_at_least: 2",
        "handshakes_failed_at_most: 0",
        "plain_text: 0",
        "plain_text_at_least: 2",
        "clients: []",
        "clients: [client 1, client 2]",
    ] {
        fails(&format!("connections: {{ {check} }}"), &connected);
    }
}

#[track_caller]
fn is_not_applicable(check: &str, recording: &Recording) {
    assert_eq!(grade(check, recording), Grade::NotApplicable, "{check}");
}

#[test]
fn a_condition_that_is_not_met_makes_the_rule_not_applicable() {
    let delivered = every_fifteen_seconds();
    is_not_applicable("if_sent: x-absent\nattempts: { count: 2 }", &delivered);
    fails("if_sent: User-Agent\nattempts: { count: 3 }", &delivered);
    holds("if_sent: User-Agent\nattempts: { count: 2 }", &delivered);

    is_not_applicable("if_logged: [too old]\nattempts: { count: 2 }", &delivered);
    let mut told = delivered.clone();
    told.log.push(LogLine {
        at: secs(16),
        level: LogLevel::Warn,
        text: "the receiver says: too old".to_owned(),
    });
    holds("if_logged: [too old]\nattempts: { count: 2 }", &told);

    is_not_applicable("if_lost: true\nattempts: { count: 2 }", &delivered);
    let lost = delivered.having_emitted(9);
    holds("if_lost: true\nattempts: { count: 2 }", &lost);
}

#[test]
fn silence_that_proves_nothing_is_not_applicable() {
    let silent = every_fifteen_seconds();
    fails("log: { level: warn }", &silent);
    is_not_applicable(
        "log: { level: warn, silence_proves_nothing: true }",
        &silent,
    );
}

#[test]
fn messages_are_measured_before_compression() {
    let mut small = every_fifteen_seconds();
    for exchange in &mut small.exchanges {
        exchange.message_bytes = Some(1000);
    }
    holds("request: { message_bytes_at_most: 1000 }", &small);
    fails("request: { message_bytes_at_most: 999 }", &small);
    says_nothing("request: { message_bytes_at_most: 999 }", &nothing());
}

#[test]
fn memory_is_measured_where_it_can_be_and_else_follows_from_what_was_read() {
    let mut measured = every_fifteen_seconds();
    measured.memory_growth = Some(500);
    holds("memory: { grows_at_most: 500 }", &measured);
    fails("memory: { grows_at_most: 499 }", &measured);

    let mut read = every_fifteen_seconds();
    if let Some(answer) = &mut read.exchanges[0].answer {
        answer.bytes = 1000;
    }
    fails("memory: { grows_at_most: 999 }", &read);
    read.exchanges[0].end = End::ClientGone;
    holds("memory: { grows_at_most: 999 }", &read);
    says_nothing("memory: { grows_at_most: 999 }", &nothing());

    read.time = crate::report::RunTime::Real;
    is_not_applicable("memory: { grows_at_most: 999 }", &read);
}

#[test]
fn connections_that_nobody_answered_are_counted_in_virtual_time() {
    let mut swallowed = every_fifteen_seconds();
    fails("connections: { swallowed_at_least: 1 }", &swallowed);
    swallowed.connections.push(ConnectionRecord {
        at: secs(1),
        connection: 1,
        event: ConnectionEvent::Swallowed,
    });
    holds("connections: { swallowed_at_least: 1 }", &swallowed);
    swallowed.time = crate::report::RunTime::Real;
    is_not_applicable("connections: { swallowed_at_least: 1 }", &swallowed);
}

#[test]
fn a_histogram_may_have_to_be_without_a_sum() {
    let with = recording(vec![attempt(1, 1, 15, histogram(|_| {}))]);
    let without = recording(vec![attempt(1, 1, 15, histogram(|point| point.sum = None))]);
    let check = "streams: [{ name: HISTOGRAM, points: [{ without_sum: true }] }]"
        .replace("HISTOGRAM", &histogram(|_| {}).name);
    fails(&check, &with);
    holds(&check, &without);
}

#[test]
fn a_resource_has_keys_and_has_not_others() {
    let recording = every_fifteen_seconds();
    let check = |keys: &str| {
        let name = delta(0, 15, 3).name;
        format!("streams: [{{ name: {name}, {keys} }}]")
    };
    fails(&check("resource_keys: [telemetry.sdk.name]"), &recording);
    holds(&check("resource_without: [telemetry.sdk.name]"), &recording);
    holds(&check("resource_keys: [service.name]"), &recording);
    fails(&check("resource_without: [service.name]"), &recording);
}
