//! Each invariant on a recording that keeps it, and on one that does not.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use otelbox_mock_collector::{Protocol, Signal};

use super::judge;
use crate::judge::Grade;
use crate::judge::crooked::{attempt, delta, force_flush, recording, secs, shutdown};
use crate::run::{
    Accepted, EmissionKind, EmittedItems, End, Exchange, Inside, Recording, SdkCounters,
};
use crate::scenario::check::Invariant;
use crate::scenario::{CallResult, Configuration, TextDuration};

/// Asserts that `invariant` holds for `straight` and that `bent` breaks it, with `reason` in what was seen.
#[track_caller]
fn tells_apart(invariant: Invariant, straight: &Recording, bent: &Recording, reason: &str) {
    let seen = judge(invariant, straight);
    assert_eq!(seen.grade, Grade::Passed, "straight: {}", seen.actual);
    let seen = judge(invariant, bent);
    assert_eq!(seen.grade, Grade::Failed, "bent: {}", seen.actual);
    assert!(seen.actual.contains(reason), "{}", seen.actual);
}

impl Recording {
    /// The same with an SDK that counts so.
    fn counting(mut self, counters: SdkCounters) -> Self {
        self.inside = Some(Inside {
            counters: Some(counters),
            ..Inside::default()
        });
        self
    }

    fn configured(mut self, configuration: Configuration) -> Self {
        Arc::make_mut(&mut self.cell).configuration = configuration;
        self
    }

    /// The same after a shutdown at 30 s that succeeded.
    fn shut_down(self) -> Self {
        self.calling(shutdown(), secs(30), secs(30), CallResult::Ok)
    }
}

/// Two exports of two items each, emitted at the start and at 20 s.
fn two_exports(second: i64) -> Recording {
    let mut recording = recording(vec![
        attempt(1, 1, 15, delta(0, 15, 2)),
        attempt(2, 1, 30, delta(15, 30, second)),
    ])
    .having_emitted(2)
    .having_emitted(2);
    recording.emissions[0].at = secs(1);
    recording.emissions[1].at = secs(20);
    recording.shut_down()
}

fn two_delivered() -> SdkCounters {
    SdkCounters {
        exports: 2,
        delivered: 2,
        attempts: 2,
        ..SdkCounters::default()
    }
}

#[test]
fn accounts_of_metrics_add_up() {
    let straight = two_exports(2).counting(two_delivered());
    let miscounted = SdkCounters {
        delivered: 1,
        failed: 1,
        dropped_items: 1,
        ..two_delivered()
    };
    let bent = two_exports(2).counting(miscounted);
    tells_apart(
        Invariant::Accounts,
        &straight,
        &bent,
        "exports delivered: 1",
    );
    let silent = two_exports(1).counting(two_delivered());
    tells_apart(
        Invariant::Accounts,
        &straight,
        &silent,
        "4 recorded, 3 accepted",
    );
    let endless = SdkCounters {
        delivered: 1,
        ..two_delivered()
    };
    let bent = two_exports(2).counting(endless);
    tells_apart(
        Invariant::Accounts,
        &straight,
        &bent,
        "delivered, failed and abandoned: 1, and it must be 2",
    );
}

#[test]
fn what_comes_at_once_is_a_retry_where_a_shutdown_has_cut_the_wait_short() {
    let at_once = |call| {
        let mut recording = recording(vec![
            attempt(1, 1, 15, delta(0, 15, 2)),
            attempt(2, 1, 20, delta(15, 20, 2)).refused(14).until(30),
            attempt(2, 2, 30, delta(15, 20, 2)),
        ])
        .having_emitted(2)
        .having_emitted(2);
        recording.emissions[0].at = secs(1);
        recording.emissions[1].at = secs(16);
        let counters = SdkCounters {
            attempts: 3,
            retries: 1,
            ..two_delivered()
        };
        recording
            .calling(call, secs(30), secs(30), CallResult::Ok)
            .counting(counters)
    };
    tells_apart(
        Invariant::Accounts,
        &at_once(shutdown()),
        &at_once(force_flush()),
        "exports counted: 2, and it must be 3",
    );
}

/// Three log records that were emitted, of which the SDK says this; none of them went over the wire.
fn three_records(counters: SdkCounters) -> Recording {
    let mut recording = recording(Vec::new()).shut_down();
    Arc::make_mut(&mut recording.cell).id.signal = Signal::Logs;
    recording.items.push(EmittedItems {
        at: secs(1),
        numbers: 0..3,
        kind: EmissionKind::Offered,
    });
    recording.counting(counters)
}

#[test]
fn accounts_of_items_add_up() {
    let lost = SdkCounters {
        exports: 1,
        failed: 1,
        received_items: 2,
        queue_full_items: 1,
        dropped_items: 2,
        ..SdkCounters::default()
    };
    let straight = three_records(lost);
    let forgotten = three_records(SdkCounters {
        queue_full_items: 0,
        ..lost
    });
    tells_apart(
        Invariant::Accounts,
        &straight,
        &forgotten,
        "before the queue: 2",
    );
    let believed = three_records(SdkCounters {
        dropped_items: 1,
        ..lost
    });
    tells_apart(
        Invariant::Accounts,
        &straight,
        &believed,
        "items that count as delivered: 1, and it must be 0",
    );
}

#[test]
fn a_system_that_tells_no_counters_is_not_judged_by_them() {
    assert_eq!(
        judge(Invariant::Accounts, &two_exports(2)).grade,
        Grade::NotApplicable
    );
    assert_eq!(
        judge(Invariant::NothingLeft, &two_exports(2)).grade,
        Grade::NotApplicable
    );
}

#[test]
fn calls_exports_and_attempts_keep_their_limits() {
    let limit = |recording: Recording| {
        recording.configured(Configuration {
            exporter_timeout: Some(TextDuration::from_secs(5)),
            attempt_timeout: Some(TextDuration::from_secs(2)),
            ..Configuration::default()
        })
    };
    let again = |at, until| {
        let first = attempt(1, 1, 15, delta(0, 15, 1)).refused(14);
        limit(recording(vec![
            first,
            attempt(1, 2, at, delta(0, 15, 1)).until(until),
        ]))
    };
    let straight = again(16, 17);
    tells_apart(
        Invariant::Deadlines,
        &straight,
        &again(21, 21),
        "made an attempt at 21",
    );
    tells_apart(
        Invariant::Deadlines,
        &straight,
        &again(19, 21),
        "still ran at 21",
    );
    tells_apart(
        Invariant::Deadlines,
        &straight,
        &again(16, 19),
        "a limit of 2.000s of its own",
    );
    let call = |ended| recording(Vec::new()).calling(force_flush(), secs(1), ended, CallResult::Ok);
    tells_apart(
        Invariant::Deadlines,
        &call(secs(31)),
        &call(secs(32)),
        "force_flush at 1.000s took 31.000s",
    );
    let cycle = |longest_cycle| {
        limit(two_exports(2)).counting(SdkCounters {
            longest_cycle,
            ..two_delivered()
        })
    };
    tells_apart(
        Invariant::Deadlines,
        &cycle(secs(30)),
        &cycle(secs(31)),
        "a cycle took 31.000s",
    );
}

#[test]
fn exports_and_attempts_come_one_at_a_time() {
    let straight = two_exports(2);
    let mut during = two_exports(2);
    during.exchanges[0].ended_at = Some(secs(31));
    tells_apart(Invariant::OneAtATime, &straight, &during, "one began at 30");
    let waiting = recording(vec![
        attempt(1, 1, 15, delta(0, 15, 2)).refused(14),
        attempt(2, 1, 16, delta(15, 16, 2)),
        attempt(1, 2, 17, delta(0, 15, 2)),
    ]);
    tells_apart(
        Invariant::OneAtATime,
        &straight,
        &waiting,
        "one began at 16",
    );
    let twice = recording(vec![
        attempt(1, 1, 15, delta(0, 15, 2)).refused(14).until(18),
        attempt(1, 2, 17, delta(0, 15, 2)),
    ]);
    tells_apart(
        Invariant::OneAtATime,
        &straight,
        &twice,
        "attempt 2 of export 1 began",
    );
}

#[test]
fn what_is_settled_does_not_come_again() {
    let straight = recording(vec![
        attempt(1, 1, 15, delta(0, 15, 2)).refused(14),
        attempt(1, 2, 16, delta(0, 15, 2)),
    ]);
    let mut accepted = straight.clone();
    accepted.exchanges[0] = attempt(1, 1, 15, delta(0, 15, 2));
    tells_apart(
        Invariant::FinalAnswers,
        &straight,
        &accepted,
        "was answered OK",
    );
    let mut refused = straight.clone();
    refused.exchanges[0] = attempt(1, 1, 15, delta(0, 15, 2)).refused(3);
    tells_apart(
        Invariant::FinalAnswers,
        &straight,
        &refused,
        "was answered INVALID_ARGUMENT",
    );
}

#[test]
fn which_refusals_settle_an_export_is_different_in_each_protocol() {
    let sent_again_after = |protocol, status| {
        let mut recording = recording(vec![
            attempt(1, 1, 15, delta(0, 15, 2)).refused(14),
            attempt(1, 2, 16, delta(0, 15, 2)),
        ]);
        let refused = &mut recording.exchanges[0];
        refused.protocol = Some(protocol);
        let answer = refused.answer.as_mut().expect("an answer");
        (answer.grpc_status, answer.http_status) = (None, status);
        judge(Invariant::FinalAnswers, &recording).grade
    };
    let (otlp, zipkin, remote_write) = (
        Protocol::HttpProtobuf,
        Protocol::ZipkinJson,
        Protocol::RemoteWrite2,
    );
    for (protocol, again, settled) in [
        (otlp, &[429, 502, 503, 504][..], &[400, 404, 500, 501][..]),
        (zipkin, &[429, 500, 502, 503, 504], &[400, 404, 501]),
        (remote_write, &[429, 500, 501, 503, 599], &[400, 404, 408]),
    ] {
        for status in again {
            let grade = sent_again_after(protocol, *status);
            assert_eq!(grade, Grade::Passed, "{protocol} {status}");
        }
        for status in settled {
            let grade = sent_again_after(protocol, *status);
            assert_eq!(grade, Grade::Failed, "{protocol} {status}");
        }
    }
}

#[test]
fn an_answer_at_the_deadline_settles_nothing() {
    let mut late = recording(vec![
        attempt(1, 1, 15, delta(0, 15, 2)).until(17),
        attempt(1, 2, 18, delta(0, 15, 2)),
    ]);
    late.exchanges[0].client_deadline = Some(secs(2));
    let seen = judge(Invariant::FinalAnswers, &late);
    assert_eq!(seen.grade, Grade::Passed, "{}", seen.actual);
}

/// An attempt at 15 s that is answered UNAVAILABLE with a `RetryInfo` of 3 s, and the next one.
fn asked(next: u64) -> Recording {
    // google.rpc.Status { details: [Any { RetryInfo { retry_delay: 3 s } }] }
    let url = b"type.googleapis.com/google.rpc.RetryInfo";
    let mut any = vec![0x0a, u8::try_from(url.len()).expect("short")];
    any.extend(url);
    any.extend([0x12, 0x04, 0x0a, 0x02, 0x08, 0x03]);
    let mut status = vec![0x1a, u8::try_from(any.len()).expect("short")];
    status.extend(any);
    let mut first = attempt(1, 1, 15, delta(0, 15, 2)).refused(14);
    let answer = first.answer.as_mut().expect("an answer");
    let header = (
        "grpc-status-details-bin".to_owned(),
        STANDARD.encode(status),
    );
    answer.headers.push(header);
    recording(vec![first, attempt(1, 2, next, delta(0, 15, 2))])
}

#[test]
fn a_wait_that_was_asked_for_is_kept() {
    tells_apart(
        Invariant::AskedWaits,
        &asked(18),
        &asked(17),
        "asked at 15.000s for 3.000s, attempt 2 of export 1 came after 2.000s",
    );
}

#[test]
fn windows_say_what_was_recorded_in_them() {
    let straight = two_exports(2).counting(two_delivered());
    let bent = two_exports(3).counting(two_delivered());
    tells_apart(
        Invariant::Windows,
        &straight,
        &bent,
        "is 3, recorded was 2 to 2",
    );
    let mut gap = two_exports(2);
    gap.exchanges.remove(1);
    let counted = SdkCounters {
        failed: 1,
        delivered: 1,
        ..two_delivered()
    };
    let one = SdkCounters {
        exports: 1,
        delivered: 1,
        ..SdkCounters::default()
    };
    tells_apart(
        Invariant::Windows,
        &gap.clone().counting(counted),
        &gap.counting(one),
        "2 of otelbox.items between 15.000s and 30.000s is in no window",
    );
}

#[test]
fn sizes_stay_within_their_limits() {
    let sized = |bytes| {
        let mut recording = two_exports(2).configured(Configuration {
            max_request_bytes: Some(100),
            ..Configuration::default()
        });
        recording.exchanges[0].message_bytes = Some(bytes);
        recording
    };
    tells_apart(Invariant::Bounds, &sized(100), &sized(101), "has 101 bytes");
    let queued = |most_queued| {
        let mut recording = three_records(SdkCounters::default()).configured(Configuration {
            max_queue_size: Some(2),
            ..Configuration::default()
        });
        recording.inside = Some(Inside {
            most_queued,
            ..Inside::default()
        });
        recording
    };
    tells_apart(
        Invariant::Bounds,
        &queued(2),
        &queued(3),
        "3 items were queued",
    );
}

#[test]
fn nothing_panics_and_no_task_is_left() {
    let inside = |inside: Inside| Recording {
        inside: Some(inside),
        ..two_exports(2)
    };
    let straight = inside(Inside::default());
    let left = inside(Inside {
        tasks_left: 1,
        ..Inside::default()
    });
    tells_apart(Invariant::NothingLeft, &straight, &left, "tasks left: 1");
    let panicked = inside(Inside {
        panics: vec!["oh (here.rs:1)".to_owned()],
        ..Inside::default()
    });
    tells_apart(Invariant::NothingLeft, &straight, &panicked, "panicked: oh");
}

/// Half an answer is none, and may be one.
#[test]
fn what_may_have_been_read_is_neither_delivered_nor_lost_for_certain() {
    let cut = |exchange: Exchange| Exchange {
        end: End::Broken,
        accepted: Accepted::All,
        ..exchange
    };
    for (delivered, failed) in [(2, 0), (1, 1)] {
        let mut recording = two_exports(2).counting(SdkCounters {
            delivered,
            failed,
            dropped_items: failed,
            ..two_delivered()
        });
        let last = recording.exchanges.remove(1);
        recording.exchanges.push(cut(last));
        let seen = judge(Invariant::Accounts, &recording);
        assert_eq!(seen.grade, Grade::Passed, "{}", seen.actual);
    }
}
