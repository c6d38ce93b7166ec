//! Every subject, on a recording that shows it and on one that does not.

use std::{sync::Arc, time::Duration};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value},
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use otelbox_mock_collector::{Protocol, Signal};

use super::of;
use crate::{
    judge::crooked::*,
    report::RunTime,
    run::{
        Accepted, ConnectionEvent, ConnectionRecord, EmissionKind, EmittedItems, End, Exchange,
        Payload, Recording, RunEnd,
    },
    scenario::{
        Attributes, CallResult, Configuration, ITEM, Processor, RandomMode, TextDuration,
        check::LogLevel,
    },
    sut::LogLine,
    verdict::Subject,
};

/// The values of a subject, in order.
fn values(subject: &Subject, recording: &Recording) -> Vec<String> {
    of(recording)
        .facts
        .into_iter()
        .filter(|fact| fact.subject == *subject)
        .map(|fact| {
            assert!(!fact.evidence.is_empty(), "{subject} without evidence");
            fact.value
        })
        .collect()
}

#[track_caller]
fn shows(subject: &Subject, recording: &Recording, value: &str) {
    assert_eq!(values(subject, recording), [value], "{subject}");
    if subject.is_harm() {
        assert!(of(recording).looked_for.contains(subject), "{subject}");
    }
}

/// It was looked for, where it is a harm, and is not there.
#[track_caller]
fn shows_none(subject: &Subject, recording: &Recording) {
    let observed = of(recording);
    assert_eq!(values(subject, recording), [""; 0], "{subject}");
    assert!(
        !subject.is_harm() || observed.looked_for.contains(subject),
        "{subject} was not looked for"
    );
}

#[track_caller]
fn cannot_tell(subject: &Subject, recording: &Recording) {
    let observed = of(recording);
    assert!(!observed.looked_for.contains(subject), "{subject}");
    assert_eq!(values(subject, recording), [""; 0], "{subject}");
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A cell of traces in which so many spans were emitted at the start.
fn traces(spans: u64, exchanges: Vec<Exchange>) -> Recording {
    let mut recording = recording(exchanges);
    let cell = Arc::make_mut(&mut recording.cell);
    cell.id.signal = Signal::Traces;
    cell.instruments.clear();
    recording.items.push(EmittedItems {
        at: Duration::ZERO,
        numbers: 0..spans,
        kind: EmissionKind::Offered,
    });
    recording
}

/// An accepted attempt with the spans of these numbers.
fn spans(export: u64, number: u32, at: u64, numbers: std::ops::Range<u64>) -> Exchange {
    let items = numbers.end - numbers.start;
    let spans = numbers.map(|number| Span {
        name: format!("span {number}"),
        attributes: vec![KeyValue {
            key: ITEM.to_owned(),
            value: Some(AnyValue {
                value: Some(any_value::Value::IntValue(
                    i64::try_from(number).expect("few spans"),
                )),
            }),
            ..KeyValue::default()
        }],
        ..Span::default()
    });
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![ScopeSpans {
                spans: spans.collect(),
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    };
    Exchange {
        signal: Some(Signal::Traces),
        path: Signal::Traces.grpc_path().to_owned(),
        digest: Some(format!("{request:?}")),
        payload: Payload::Traces(Arc::new(request)),
        items: Some(items),
        ..attempt(export, number, at, delta(0, at, 1))
    }
}

fn line(at: u64, level: LogLevel, text: &str) -> LogLine {
    LogLine {
        at: secs(at),
        level,
        text: text.to_owned(),
    }
}

fn with_lines(mut recording: Recording, lines: &[(LogLevel, &str)]) -> Recording {
    for (level, text) in lines {
        recording.log.push(line(1, *level, text));
    }
    recording
}

fn flushed(recording: Recording, result: CallResult) -> Recording {
    recording.calling(force_flush(), secs(1), secs(3), result)
}

fn shut_down(recording: Recording, result: CallResult) -> Recording {
    recording.calling(shutdown(), secs(5), secs(6), result)
}

fn with_env(mut recording: Recording, name: &str, value: &str) -> Recording {
    let cell = Arc::make_mut(&mut recording.cell);
    cell.env.insert(name.to_owned(), value.to_owned());
    recording
}

fn configured(mut recording: Recording, configuration: Configuration) -> Recording {
    Arc::make_mut(&mut recording.cell).configuration = configuration;
    recording
}

fn in_real_time(mut recording: Recording) -> Recording {
    recording.time = RunTime::Real;
    recording
}

/// An attempt over HTTP, answered with a status and headers.
fn answered(mut exchange: Exchange, status: u16, headers: &[(&str, &str)]) -> Exchange {
    exchange = exchange.over_http(Protocol::HttpProtobuf, "application/x-protobuf", "x");
    let answer = exchange.answer.as_mut().expect("an answer");
    answer.http_status = status;
    answer.headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    exchange.accepted = Accepted::No;
    exchange
}

#[test]
fn a_flush_that_says_ok_of_a_refused_export_is_a_false_success() {
    let refused = || traces(3, vec![spans(1, 1, 2, 0..3).refused(3)]);
    let harm = Subject::FalseSuccess;
    shows(
        &harm,
        &flushed(refused(), CallResult::Ok),
        "force_flush returned ok, 3 spans never accepted",
    );
    shows_none(&harm, &flushed(refused(), CallResult::Failed));
    cannot_tell(&harm, &flushed(refused(), CallResult::Untold));
    shows_none(
        &harm,
        &flushed(traces(3, vec![spans(1, 1, 2, 0..3)]), CallResult::Ok),
    );
    // What is delivered later is delivered.
    let later = traces(
        3,
        vec![spans(1, 1, 2, 0..3).refused(3), spans(2, 1, 4, 0..3)],
    );
    shows_none(&harm, &flushed(later, CallResult::Ok));
    // The receiver said yes, whatever it did with it: the client cannot know better.
    let mut lied_to = traces(3, vec![spans(1, 1, 2, 0..3)]);
    lied_to.exchanges[0].accepted = Accepted::No;
    shows_none(&harm, &flushed(lied_to, CallResult::Ok));
}

#[test]
fn a_flush_does_not_answer_for_what_was_given_up_before_it() {
    let given_up = || traces(3, vec![spans(1, 1, 0, 0..3).refused(3)]);
    shows_none(&Subject::FalseSuccess, &flushed(given_up(), CallResult::Ok));
    // An export that was under way when the flush began is one that it waits for.
    let mut under_way = given_up();
    under_way.exchanges[0].ended_at = Some(secs(2));
    shows(
        &Subject::FalseSuccess,
        &flushed(under_way, CallResult::Ok),
        "force_flush returned ok, 3 spans never accepted",
    );
    // A receiver sees the end late on a machine that is late: nothing can be said of an end just after the call.
    let mut seen_late = in_real_time(given_up());
    seen_late.exchanges[0].ended_at = Some(millis(1_040));
    shows_none(&Subject::FalseSuccess, &flushed(seen_late, CallResult::Ok));
    // With a simple processor, a flush has nothing to wait for.
    let simple = Configuration {
        processor: Some(Processor::Simple),
        ..Configuration::default()
    };
    cannot_tell(
        &Subject::FalseSuccess,
        &flushed(configured(given_up(), simple), CallResult::Ok),
    );
}

#[test]
fn a_flush_that_says_ok_without_a_request_is_a_false_success_where_nobody_was_reached_or_told() {
    let harm = Subject::FalseSuccess;
    let unsent = "force_flush returned ok, 3 spans never accepted";
    let nothing_sent = || flushed(traces(3, Vec::new()), CallResult::Ok);
    shows(&harm, &nothing_sent(), unsent);
    let warned = with_lines(nothing_sent(), &[(LogLevel::Warn, "the queue is full")]);
    shows_none(&harm, &warned);
    let unreachable = |mut recording: Recording| {
        recording.connections.push(ConnectionRecord {
            at: secs(2),
            connection: 0,
            event: ConnectionEvent::Refused,
        });
        recording
    };
    shows(&harm, &unreachable(warned), unsent);
    // It had been given up before, and the user knew.
    let mut given_up = nothing_sent();
    given_up
        .log
        .push(line(0, LogLevel::Warn, "3 spans dropped"));
    shows_none(&harm, &unreachable(given_up));
    // An SDK that is switched off says the truth.
    let off = with_env(nothing_sent(), "OTEL_SDK_DISABLED", "true");
    cannot_tell(&harm, &off);
    // A path of the program's own was answered with success: what is behind it nobody knows.
    let mut elsewhere = spans(1, 1, 2, 0..3);
    elsewhere.signal = None;
    elsewhere.accepted = Accepted::No;
    let elsewhere = flushed(traces(3, vec![elsewhere]), CallResult::Ok);
    cannot_tell(&harm, &elsewhere);
    // Where the harness handed nothing over, it knows of nothing.
    cannot_tell(&harm, &flushed(traces(0, Vec::new()), CallResult::Ok));
}

#[test]
fn metrics_that_a_later_total_covers_are_no_false_success() {
    let harm = Subject::FalseSuccess;
    let refused = |next| {
        let first = attempt(1, 1, 2, delta(0, 2, 3)).refused(3);
        let exchanges = std::iter::once(first).chain(next).collect();
        flushed(recording(exchanges).having_emitted(3), CallResult::Ok)
    };
    shows(
        &harm,
        &refused(None),
        "force_flush returned ok, 3 of otelbox.items never accepted",
    );
    shows_none(&harm, &refused(Some(attempt(2, 1, 4, total(0, 4, 3)))));
    shows_none(&harm, &refused(Some(attempt(2, 1, 4, delta(0, 4, 3)))));
}

#[test]
fn what_is_lost_and_told_to_nobody_is_a_silent_loss() {
    let harm = Subject::SilentLoss;
    let lost = |result| {
        let exchanges = vec![spans(1, 1, 2, 0..2), spans(2, 1, 5, 2..5).refused(3)];
        shut_down(traces(5, exchanges), result)
    };
    shows(&harm, &lost(CallResult::Ok), "3 of 5 spans");
    shows(&harm, &lost(CallResult::Untold), "3 of 5 spans");
    shows_none(&harm, &lost(CallResult::Failed));
    let ok = || lost(CallResult::Ok);
    shows_none(&harm, &with_lines(ok(), &[(LogLevel::Warn, "3 spans")]));
    shows(
        &harm,
        &with_lines(ok(), &[(LogLevel::Info, "started")]),
        "3 of 5 spans",
    );
    // Many a program writes its errors without a level.
    shows_none(
        &harm,
        &with_lines(ok(), &[(LogLevel::Info, "Failed to export 3 spans")]),
    );
    shows_none(
        &harm,
        &shut_down(traces(2, vec![spans(1, 1, 2, 0..2)]), CallResult::Ok),
    );
    // Without a shutdown, what has not left yet is not lost.
    cannot_tell(&harm, &flushed(traces(2, Vec::new()), CallResult::Ok));
}

#[test]
fn rejected_items_are_lost_in_silence_where_nobody_is_told_of_them() {
    let mut rejected = spans(1, 1, 2, 0..5);
    rejected.accepted = Accepted::Partial { rejected: 2 };
    let harm = Subject::SilentLoss;
    let run = shut_down(traces(5, vec![rejected]), CallResult::Ok);
    shows(&harm, &run, "2 rejected");
    shows_none(&harm, &with_lines(run, &[(LogLevel::Warn, "2 rejected")]));
}

#[test]
fn of_metrics_the_last_totals_tell_what_is_lost() {
    let harm = Subject::SilentLoss;
    let run = |metric| {
        let recording = recording(vec![attempt(1, 1, 5, metric)]).having_emitted(7);
        shut_down(recording, CallResult::Ok)
    };
    shows(&harm, &run(total(0, 5, 4)), "3 of 7 of otelbox.items");
    shows_none(&harm, &run(total(0, 5, 7)));
    let mut viewed = run(total(0, 5, 4));
    Arc::make_mut(&mut viewed.cell).configuration.views = Some(Vec::new());
    cannot_tell(&harm, &viewed);
}

#[test]
fn what_comes_from_a_program_that_emits_by_itself_is_not_missed() {
    // A program of its own emits what the harness never asked for.
    let run = shut_down(
        traces(0, vec![spans(1, 1, 2, 0..5).refused(3)]),
        CallResult::Ok,
    );
    cannot_tell(&Subject::SilentLoss, &run);
    cannot_tell(&Subject::FalseSuccess, &run);
    // Nor is what cannot be told apart.
    let mut unnumbered = spans(1, 1, 2, 0..5);
    unnumbered.items = Some(6);
    let run = shut_down(traces(8, vec![unnumbered]), CallResult::Ok);
    cannot_tell(&Subject::SilentLoss, &run);
}

#[test]
fn items_that_are_accepted_twice_are_a_repetition() {
    let harm = Subject::Repetition;
    let again = |first: Exchange| traces(3, vec![first, spans(1, 2, 4, 0..3)]);
    shows(
        &harm,
        &again(spans(1, 1, 2, 0..3)),
        "3 spans accepted again, though it was acknowledged",
    );
    let mut cut_off = spans(1, 1, 2, 0..3);
    cut_off.end = End::Broken;
    shows(
        &harm,
        &again(cut_off),
        "3 spans accepted again, after the answer was lost",
    );
    shows_none(&harm, &again(spans(1, 1, 2, 0..3).refused(14)));
    let metrics = recording(vec![
        attempt(1, 1, 2, delta(0, 2, 3)),
        attempt(2, 1, 4, delta(0, 2, 3)),
    ]);
    shows(
        &harm,
        &metrics,
        "3 of otelbox.items accepted again, though it was acknowledged",
    );
    cannot_tell(&harm, &recording(Vec::new()));
}

#[test]
fn an_export_that_begins_during_another_is_an_overlap() {
    let harm = Subject::Overlap;
    let two = |first_ends: u64| {
        traces(
            6,
            vec![
                spans(1, 1, 2, 0..3).until(first_ends),
                spans(2, 1, 4, 3..6).until(7),
            ],
        )
    };
    shows(
        &harm,
        &two(5),
        "an export began while another was in flight",
    );
    shows_none(&harm, &two(3));
    shows_none(&harm, &two(4));
    // The client had stopped waiting, though the receiver answered later.
    let mut given_up = two(5);
    given_up.exchanges[0].client_deadline = Some(secs(1));
    shows_none(&harm, &given_up);
    let mut workers = two(5);
    Arc::make_mut(&mut workers.cell).configuration.workers =
        Some(vec![Attributes::new(), Attributes::new()]);
    cannot_tell(&harm, &workers);
    cannot_tell(&harm, &traces(3, vec![spans(1, 1, 2, 0..3)]));
}

#[test]
fn a_call_that_hangs_is_an_unbounded_wait_and_all_else_is_left_open() {
    let mut hung = traces(3, vec![spans(1, 1, 2, 0..3).refused(3)]);
    hung.end = RunEnd::Hung {
        call: "shutdown".to_owned(),
        reason: "no end within 40s".to_owned(),
    };
    shows(&Subject::UnboundedWait, &hung, "shutdown");
    assert_eq!(of(&hung).looked_for, [Subject::UnboundedWait]);
    let ended = shut_down(traces(3, vec![spans(1, 1, 2, 0..3)]), CallResult::Ok);
    shows_none(&Subject::UnboundedWait, &ended);
}

#[test]
fn a_cell_that_is_inconclusive_shows_nothing() {
    let mut recording = flushed(
        traces(3, vec![spans(1, 1, 2, 0..3).refused(3)]),
        CallResult::Ok,
    );
    recording.end = RunEnd::Inconclusive("the machine stalled".to_owned());
    assert_eq!(of(&recording), super::Observed::default());
    recording.end = RunEnd::Completed;
    recording.evicted = 1;
    for harm in [Subject::FalseSuccess, Subject::SilentLoss] {
        cannot_tell(&harm, &recording);
    }
}

/// UNAVAILABLE after each of these waits, with the last attempt accepted or not.
fn retried(export: u64, from: u64, waits: &[u64], accepted: bool) -> Vec<Exchange> {
    let mut at = millis(from);
    let mut attempts = Vec::new();
    for (number, wait) in std::iter::once(&0).chain(waits).enumerate() {
        at += millis(*wait);
        let number = u32::try_from(number).expect("few attempts") + 1;
        let is_last = number as usize == waits.len() + 1;
        let mut exchange = attempt(export, number, 0, delta(0, 15, 3));
        if !(is_last && accepted) {
            exchange = exchange.refused(14);
        }
        exchange.at = at;
        exchange.ended_at = Some(at);
        attempts.push(exchange);
    }
    attempts
}

#[test]
fn attempts_are_counted_until_an_export_is_accepted_or_given_up() {
    let accepted = recording(retried(1, 0, &[1_000, 2_000], true));
    shows(&Subject::AttemptsUntilAccepted, &accepted, "3");
    shows_none(&Subject::AttemptsUntilGivenUp, &accepted);
    let given_up = recording(retried(1, 0, &[1_000, 2_000, 4_000], false));
    shows(&Subject::AttemptsUntilGivenUp, &given_up, "4");
    shows_none(&Subject::AttemptsUntilAccepted, &given_up);
    let once = recording(vec![attempt(1, 1, 0, delta(0, 15, 3))]);
    shows_none(&Subject::AttemptsUntilAccepted, &once);
}

#[test]
fn waits_that_nobody_asked_for_tell_the_first_delay_and_the_growth() {
    let run = recording(retried(1, 0, &[900, 1_980, 3_960], true));
    shows(&Subject::FirstDelay, &run, "0.900s");
    shows(&Subject::Growth, &run, "2.20");
    let mut asked = run;
    for exchange in &mut asked.exchanges {
        let answer = exchange.answer.as_mut().expect("an answer");
        let detail = ("grpc-status-details-bin".to_owned(), "CA4".to_owned());
        answer.headers.push(detail);
    }
    shows_none(&Subject::FirstDelay, &asked);
    shows_none(&Subject::Growth, &asked);
    shows(&Subject::AttemptsUntilAccepted, &asked, "4");
}

#[test]
fn exports_that_wait_alike_have_no_jitter() {
    let run = |waits: [&[u64]; 3]| {
        let exports = [0, 60_000, 120_000].into_iter().zip(waits).zip(1..);
        let mut recording = recording(
            exports
                .flat_map(|((from, waits), export)| retried(export, from, waits, false))
                .collect(),
        );
        Arc::make_mut(&mut recording.cell).random = RandomMode::Seeded;
        recording
    };
    let fixed: &[u64] = &[1_000, 2_000, 4_000];
    shows(
        &Subject::Jitter,
        &run([fixed; 3]),
        "the same waits every time",
    );
    shows(
        &Subject::Jitter,
        &run([fixed, &[1_200, 1_700, 4_100], &[840, 2_300, 3_600]]),
        "waits differ",
    );
    // The runner itself has taken chance away.
    let mut midpoint = run([fixed; 3]);
    Arc::make_mut(&mut midpoint.cell).random = RandomMode::Midpoint;
    shows_none(&Subject::Jitter, &midpoint);
    // One export says nothing about all.
    shows_none(
        &Subject::Jitter,
        &recording(retried(1, 0, &[1_000, 2_000, 4_000], false)),
    );
}

#[test]
fn grpc_deadlines_tell_the_scope_of_the_timeout() {
    let with_deadlines = |first: u64, last: u64| {
        let mut attempts = retried(1, 0, &[1_000, 3_000], false);
        attempts[0].client_deadline = Some(millis(first));
        attempts[2].client_deadline = Some(millis(last));
        recording(attempts)
    };
    let scope = Subject::TimeoutScope;
    shows(
        &scope,
        &with_deadlines(10_000, 6_000),
        "all attempts together",
    );
    shows(&scope, &with_deadlines(10_000, 9_990), "each attempt");
    // Neither the one nor the other: nothing is said.
    shows_none(&scope, &with_deadlines(10_000, 8_000));
    // A difference that is too small to be told from the time that sending takes.
    shows_none(&scope, &with_deadlines(60_000, 56_000));
    shows_none(&scope, &recording(retried(1, 0, &[1_000], false)));
}

#[test]
fn attempts_that_are_cut_short_tell_the_scope_of_the_timeout() {
    let cut = |begins: u64, ended: u64| {
        let mut attempts = retried(1, 0, &[begins], false);
        attempts[1].end = End::ClientGone;
        attempts[1].ended_at = Some(millis(ended));
        let timeout: TextDuration = "10s".parse().expect("a duration");
        configured(
            recording(attempts),
            Configuration {
                exporter_timeout: Some(timeout),
                ..Configuration::default()
            },
        )
    };
    let scope = Subject::TimeoutScope;
    shows(&scope, &cut(4_000, 10_000), "all attempts together");
    shows(&scope, &cut(4_000, 14_000), "each attempt");
    shows(&scope, &cut(15_000, 16_000), "each attempt");
    shows_none(&scope, &cut(4_000, 7_000));
    // The limit of the call may have ended it as well.
    let called =
        cut(4_000, 10_000).calling(force_flush(), Duration::ZERO, secs(10), CallResult::Timeout);
    shows_none(&scope, &called);
}

#[test]
fn a_redirect_is_followed_or_not() {
    let post = || attempt(1, 1, 2, delta(0, 2, 3));
    let redirected = |location: &str| answered(post(), 307, &[("location", location)]);
    let redirect = Subject::Redirect;
    let mut followed = attempt(1, 2, 2, delta(0, 2, 3));
    followed.path = "/elsewhere".to_owned();
    shows(
        &redirect,
        &recording(vec![redirected("http://a/elsewhere"), followed.clone()]),
        "followed",
    );
    followed.method = "GET".to_owned();
    followed.export = None;
    shows(
        &redirect,
        &recording(vec![redirected("http://a/elsewhere"), followed]),
        "followed by GET",
    );
    let alone = || recording(vec![redirected("http://a/elsewhere")]);
    shows(
        &redirect,
        &flushed(alone(), CallResult::Failed),
        "not followed, not sent again, force_flush returned failed",
    );
    shows(
        &redirect,
        &recording(vec![answered(post(), 302, &[])]),
        "leads nowhere: not sent again",
    );
    shows_none(&redirect, &recording(vec![answered(post(), 304, &[])]));
}

#[test]
fn an_answer_of_more_than_four_mebibytes_is_oversize() {
    let with_bytes = |bytes| {
        let mut exchange = attempt(1, 1, 2, delta(0, 2, 3));
        exchange.answer.as_mut().expect("an answer").bytes = bytes;
        flushed(recording(vec![exchange]), CallResult::Failed)
    };
    let oversize = Subject::OversizeAnswer;
    shows(
        &oversize,
        &with_bytes(5 * 1024 * 1024),
        "not sent again, force_flush returned failed",
    );
    shows_none(&oversize, &with_bytes(4 * 1024 * 1024));
}

#[test]
fn a_bad_variable_stops_an_sdk_or_does_not() {
    let bad = Subject::BadVariable;
    let name = "OTEL_EXPORTER_OTLP_COMPRESSION";
    let run = |value| {
        with_env(
            recording(vec![attempt(1, 1, 2, delta(0, 2, 3))]),
            name,
            value,
        )
    };
    let mut refusing = run("zzz");
    refusing.end = RunEnd::DidNotStart("unknown compression zzz".to_owned());
    shows(
        &bad,
        &refusing,
        &format!("{name}=zzz: the SDK refuses to start"),
    );
    shows(
        &bad,
        &run("zzz"),
        &format!("{name}=zzz: the SDK starts and says nothing, does not compress"),
    );
    shows(
        &bad,
        &with_lines(
            run("zzz"),
            &[(LogLevel::Warn, "compression `zzz` is unknown")],
        ),
        &format!("{name}=zzz: the SDK starts and warns, does not compress"),
    );
    for good in ["gzip", "none", "GZIP", ""] {
        shows_none(&bad, &run(good));
    }
    let every_minute = with_env(
        recording(vec![
            attempt(1, 1, 60, delta(0, 60, 3)),
            attempt(2, 1, 120, delta(60, 120, 3)),
        ]),
        "OTEL_METRIC_EXPORT_INTERVAL",
        "abc",
    );
    shows(
        &bad,
        &every_minute,
        "OTEL_METRIC_EXPORT_INTERVAL=abc: the SDK starts and says nothing, exports every 60 s",
    );
    shows_none(
        &bad,
        &with_env(recording(Vec::new()), "OTEL_BSP_MAX_QUEUE_SIZE", "10"),
    );
}

#[test]
fn what_the_user_is_told_of_an_export_that_was_given_up() {
    let told = Subject::Told;
    let given_up = |result| flushed(traces(3, vec![spans(1, 1, 2, 0..3).refused(3)]), result);
    shows(&told, &given_up(CallResult::Ok), "nothing");
    shows(
        &told,
        &given_up(CallResult::Failed),
        "force_flush returned failed",
    );
    let mut logged = given_up(CallResult::Ok);
    logged.log.push(line(2, LogLevel::Error, "given up"));
    shows(&told, &logged, "log at ERROR");
    // A line from before the export does not tell of it.
    let mut before = given_up(CallResult::Ok);
    before.log.push(line(1, LogLevel::Error, "something else"));
    shows(&told, &before, "nothing");
    let accepted = flushed(traces(3, vec![spans(1, 1, 2, 0..3)]), CallResult::Ok);
    shows_none(&told, &accepted);
    // Nobody knows yet what becomes of the last attempt of a run.
    shows_none(&told, &traces(3, vec![spans(1, 1, 2, 0..3).refused(14)]));
}

#[test]
fn results_of_calls_and_the_time_to_exit_are_told() {
    let run = shut_down(
        flushed(traces(0, Vec::new()), CallResult::Failed),
        CallResult::Ok,
    );
    shows(&Subject::ResultOfForceFlush, &run, "failed");
    shows(&Subject::ResultOfShutdown, &run, "ok");
    shows(&Subject::TimeToExit, &run, "1.000s");
    let none = traces(0, Vec::new());
    for subject in [
        Subject::ResultOfForceFlush,
        Subject::ResultOfShutdown,
        Subject::ResultOfExport,
        Subject::TimeToExit,
    ] {
        shows_none(&subject, &none);
    }
    let export = crate::scenario::Step::Export(crate::scenario::Call {
        timeout: None,
        expect: crate::scenario::ExpectedResult::Any,
        rule: None,
    });
    let exported = none.calling(export, secs(1), secs(2), CallResult::Timeout);
    shows(&Subject::ResultOfExport, &exported, "timeout");
}
