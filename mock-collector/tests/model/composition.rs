//! Actions that are put together: lists, sequences, drawn waits, allowances, faults that last for a while.

use std::collections::BTreeMap;
use std::time::Duration;

use otelbox_mock_collector::fault::{
    Action, Allowance, Delay, DelayAt, Fault, Framing, LiveFaults, Lognormal, Matcher, Ramp,
    ResetAt, Sigma, Take, Uniform, Wait, accept, always, catalog, delay, every, grpc, hang, hold,
    http, millis, on_attempt, refuse, require_header, reset, secs, sequence, status, take,
};
use otelbox_mock_collector::plan::FaultPlan;
use otelbox_mock_collector::{Decision, Protocol, Signal};
use proptest::collection::vec;
use proptest::prelude::*;
use tonic::Code;

use crate::request::Request;

fn parse(yaml: &str) -> Fault {
    serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{yaml}\n{error}"))
}

fn live(faults: impl IntoIterator<Item = Fault>) -> LiveFaults {
    LiveFaults::new(FaultPlan::try_new(faults, 7).expect("a possible plan"))
}

/// Whether a fault fires for this request.
fn fires(live: &LiveFaults, request: &Request) -> bool {
    live.after_body(&request.whole()).fault.is_some()
}

/// The wait that was decided on.
fn waits(live: &LiveFaults, request: &Request) -> Duration {
    match live.after_body(&request.whole()).action {
        Action::Delay(Delay {
            wait: Wait::For(duration),
            ..
        }) => duration,
        other => panic!("{other:?} is no wait of a certain length"),
    }
}

#[test]
fn a_list_is_short_for_nesting() {
    let outage = || Action::from(grpc(Code::Unavailable));
    let cases = [
        ("then: [hang]", hang()),
        (
            "then: [{ delay: 2s }, { interim: 103 }, { grpc: UNAVAILABLE }]",
            outage().after_interim(103).after(secs(2)),
        ),
        (
            "then: [take, { delay: 1s }, { grpc: UNAVAILABLE }]",
            take(outage().after(secs(1))),
        ),
        (
            "then: [hold, { grpc: UNAVAILABLE, http: 503 }]",
            status(grpc(Code::Unavailable), http(503)).held(),
        ),
        // A wait at the end, and then the request is accepted.
        (
            "then: [{ delay: 2s }, { delay: 1s }]",
            accept().after(secs(1)).after(secs(2)),
        ),
        (
            "then: [{ delay: { for: 2s, at: before_body } }, { http: 503 }]",
            Action::from(http(503)).pausing(DelayAt::BeforeBody, secs(2)),
        ),
        (
            "then: { sequence: [hang, [{ delay: 1s }, { http: 503 }]], then: { http: 429 } }",
            sequence([hang(), Action::from(http(503)).after(secs(1))], http(429)),
        ),
        ("then: { sequence: [hang] }", sequence([hang()], accept())),
    ];
    for (yaml, action) in cases {
        let fault = parse(yaml);
        assert_eq!(fault.then, action, "{yaml}");
        let json = serde_json::to_string(&fault).unwrap();
        assert_eq!(
            serde_json::from_str::<Fault>(&json).unwrap(),
            fault,
            "{json}"
        );
    }
}

#[test]
fn errors_of_what_is_put_together_name_the_place() {
    let errors = [
        "then: []",
        "then: [hang, { delay: 2s }]",
        "then: [{ delay: 2s }, { http: 503 }, { interim: 103 }]",
        "then: [{ delay: { for: 2s, then: hang } }, { http: 503 }]",
        "then: [{ delay: 2s }, refuse]",
        "then: [refuse]",
        "then: [{ delay: 2s }, take, { http: 503 }]",
        "then: [take]",
        "then: take",
        "then: [take, { delay: 1s }]",
        "then: [take, { partial_success: { rejected: 1 } }]",
        "then: { delay: { for: 1s, then: { take: { then: hang } } } }",
        "then: [{ delay: 2s }, { sequence: [{ take: { then: hang } }] }]",
        "then: [{ interim: 200 }, hang]",
        "then: [hold, stop_reading]",
        "then: [{ delay: 2s }, explode]",
        "then: { sequence: [] }",
        "then: { sequence: [hang, refuse] }",
        "then: { sequence: [hang, { sequence: [hang] }] }",
        "then: { sequence: [hang], then: { require_header: { name: a, value: b } } }",
        "then: { sequence: [hang], than: hang }",
        "then: { delay: { then: hang } }",
        "then: { delay: { for: 1s, ramp: { from: 1s, to: 2s, over: 1m } } }",
        "then: { delay: { uniform: { from: 2s, to: 1s } } }",
        "then: { delay: { lognormal: { median: 1s, sigma: -1 } } }",
        "then: { delay: { lognormal: { median: 1s, sigma: 1, cap: 10ms } } }",
        "then: { delay: { ramp: { from: 1s, to: 2s, over: 0s } } }",
        "then: { delay: { for: 1s, at: before_body, then: hang } }",
        "then: { delay: { for: 1s, at: before_body, then: { grpc: UNAVAILABLE } } }",
        "then: { delay: { for: 1s, at: before_trailers, then: { http: 503 } } }",
        "then: { delay: { for: 1s, at: before_body, then: { http: 204 } } }",
        "then: [{ delay: { for: 1s, at: before_body } }, { mislabelled_answer: { length: short } }]",
        "then: [{ delay: { for: 1s, at: before_body } }, { not_grpc: { body: \"\" } }]",
        "then: [{ delay: { uniform: { from: 1s, to: 2s } } }, { reset: { at: mid_body } }]",
        "when: { beyond: { requests: 1, items: 1 } }\nthen: hang",
        "when: { beyond: { every: 1s } }\nthen: hang",
        "when: { beyond: { requests: 1, every: 0s } }\nthen: hang",
        "when: { beyond: { requests: 1 } }\nthen: refuse",
        "when: { beyond: { bytes: 1 } }\nthen: stop_reading",
        "then: hang\nfor: 0s",
        "then: { not_grpc: { status: 99 } }",
        "then: { not_grpc: { content_type: \"a\\nb\" } }",
        "then: { mislabelled_answer: { length: wrong } }",
        "then: { mislabelled_answer: { content_type: a, length: short } }",
    ];
    let text = errors.map(|yaml| {
        let error = match serde_saphyr::from_str::<Fault>(yaml) {
            Ok(fault) => panic!("{yaml} was read as {fault:?}"),
            Err(error) => error.to_string(),
        };
        format!("{yaml}\n=> {}", error.lines().next().unwrap_or_default())
    });
    insta::assert_snapshot!(text.join("\n\n"));
}

#[test]
fn what_is_made_in_rust_is_checked_too() {
    let impossible = [
        take(accept()),
        take(hold()),
        take(take(hang())),
        refuse().after(secs(1)),
        refuse().held(),
        reset(ResetAt::MidBody).held(),
        take(reset(ResetAt::BeforeBody)),
        sequence([], hang()),
        sequence([refuse()], hang()),
        sequence([require_header("a", "b")], hang()),
        reset(ResetAt::MidBody).pausing(DelayAt::BeforeBody, secs(1)),
        Action::from(grpc(Code::Internal)).pausing(DelayAt::BeforeTrailers, secs(1)),
    ];
    for action in impossible {
        let fault = always().then(action);
        assert!(fault.validate().is_err(), "{fault:?}");
    }
    let possible = [
        take(hang()),
        // What is told in one protocol may be a success in another.
        take(status(grpc(Code::Ok), http(503))),
        take(sequence([hang()], http(503))),
        Action::from(grpc(Code::Internal).framing(Framing::HeadersThenTrailers))
            .pausing(DelayAt::BeforeTrailers, secs(1)),
        reset(ResetAt::MidBody).after(Ramp {
            from: secs(0),
            to: secs(1),
            over: secs(9),
        }),
    ];
    for action in possible {
        assert_eq!(always().then(action).validate(), Ok(()));
    }
}

#[test]
fn the_json_schema_knows_what_is_put_together() {
    let schema = serde_json::to_value(schemars::schema_for!(Fault)).unwrap();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let valid = |yaml: &str| {
        let written: serde_json::Value = serde_saphyr::from_str(yaml).unwrap();
        validator.is_valid(&written)
    };
    for yaml in [
        "then: [{ delay: { lognormal: { median: 200ms, sigma: 0.5 }, at: before_trailers } }, { delay: 1s }, accept]",
        "when: { beyond: { bytes: 1000, every: 1s } }\nthen: [take, { grpc: UNAVAILABLE }]\nfor: 30s",
        "then: { mislabelled_answer: { content_type: null } }",
        "then: { mislabelled_answer: { compression: flag_alone } }",
        "then: { not_grpc: { content_type: null, body: \"\" } }",
        "then: { sequence: [hang, [hold, hang]], then: hang }",
    ] {
        parse(yaml);
        assert!(valid(yaml), "{yaml}");
    }
    for yaml in [
        "then: []",
        "then: { sequence: [] }",
        "then: { sequence: [hang], than: hang }",
        "then: { delay: { uniform: { from: 1s } } }",
        "then: { mislabelled_answer: { length: wrong } }",
        "when: { beyond: { request: 1 } }\nthen: hang",
    ] {
        assert!(!valid(yaml), "{yaml}");
    }
    assert!(
        catalog()
            .iter()
            .all(|description| valid(description.example))
    );
}

#[test]
fn a_sequence_goes_on_with_each_firing_of_a_signal() {
    let live = live([on_attempt(1).then(sequence([hang(), http(503).into()], http(429)))]);
    let action = |signal, attempt| {
        let request = Request {
            signal: Some(signal),
            protocol: Some(Protocol::HttpJson),
            attempt,
            ..Request::default()
        };
        live.after_body(&request.whole()).action
    };
    assert_eq!(action(Signal::Metrics, 1), hang());
    assert_eq!(action(Signal::Metrics, 2), accept(), "it does not match");
    assert_eq!(action(Signal::Logs, 1), hang(), "by itself");
    assert_eq!(action(Signal::Metrics, 1), http(503).into());
    assert_eq!(action(Signal::Metrics, 1), http(429).into());
    assert_eq!(action(Signal::Metrics, 1), http(429).into());
    assert_eq!(action(Signal::Logs, 1), http(503).into());
}

#[test]
fn a_sequence_leaves_out_what_says_nothing_in_the_protocol() {
    let live = live([always().then(sequence([grpc(Code::Internal).into(), hang()], http(429)))]);
    let action = |protocol| {
        let request = Request {
            protocol: Some(protocol),
            ..Request::default()
        };
        live.after_body(&request.whole())
    };
    assert_eq!(action(Protocol::HttpJson).action, hang());
    assert_eq!(action(Protocol::HttpJson).action, http(429).into());
    let over_grpc = action(Protocol::Grpc);
    assert_eq!(
        over_grpc.fault, None,
        "both steps were had, and what comes afterwards says nothing over gRPC"
    );
}

#[test]
fn a_drawn_wait_lies_in_its_range_and_depends_on_the_attempt_alone() {
    let uniform = Uniform {
        from: secs(1),
        to: secs(3),
    };
    let faults = || [always().then(delay(uniform))];
    let (one, other) = (live(faults()), live(faults()));
    let mut lengths = BTreeMap::new();
    for export in 1..=500 {
        for attempt in 1..=2 {
            let request = Request {
                export,
                attempt,
                nth: 2 * export,
                ..Request::default()
            };
            let length = waits(&one, &request);
            assert!((secs(1)..secs(3)).contains(&length), "{length:?}");
            lengths.insert((export, attempt), length);
        }
    }
    let mean = lengths.values().sum::<Duration>() / 1000;
    assert!((millis(1950)..millis(2050)).contains(&mean), "{mean:?}");
    for ((export, attempt), length) in lengths.into_iter().rev() {
        let elsewhere = Request {
            export,
            attempt,
            connection: 9,
            at: secs(99),
            ..Request::default()
        };
        assert_eq!(waits(&other, &elsewhere), length);
    }
    let seeded = live([always().then(delay(uniform)).seed(8)]);
    let request = Request::default();
    assert_ne!(waits(&seeded, &request), waits(&one, &request));
}

#[test]
fn two_drawn_waits_of_one_fault_are_two() {
    let uniform = || Uniform {
        from: secs(0),
        to: secs(3),
    };
    let live = live([always().then(accept().after(uniform()).after(uniform()))]);
    let Action::Delay(outer) = live.after_body(&Request::default().whole()).action else {
        panic!("a wait");
    };
    let Action::Delay(inner) = *outer.then else {
        panic!("another");
    };
    assert_ne!(outer.wait, inner.wait);
}

#[test]
fn a_lognormal_wait_is_mostly_about_its_median_and_never_beyond_its_cap() {
    let lognormal = Lognormal {
        median: millis(200),
        sigma: Sigma::try_from(0.5).expect("possible"),
        cap: Some(secs(1)),
    };
    let live = live([always().then(delay(lognormal))]);
    let mut lengths: Vec<_> = (1..=4000)
        .map(|export| {
            let request = Request {
                export,
                ..Request::default()
            };
            waits(&live, &request)
        })
        .collect();
    lengths.sort_unstable();
    let median = lengths[2000];
    assert!((millis(190)..millis(210)).contains(&median), "{median:?}");
    // One standard deviation up: 84 of a hundred are shorter. 200 ms * exp(0.5) = 330 ms.
    let upper = lengths[4000 * 8413 / 10_000];
    assert!((millis(310)..millis(350)).contains(&upper), "{upper:?}");
    assert!(lengths.iter().all(|length| *length <= secs(1)));
    assert_eq!(lengths.last(), Some(&secs(1)), "some are cut");
}

#[test]
fn a_ramp_grows_with_the_time() {
    let ramp = Ramp {
        from: secs(1),
        to: secs(3),
        over: secs(60),
    };
    let down = Ramp {
        from: secs(3),
        to: secs(1),
        over: secs(60),
    };
    let (up, down) = (
        live([always().then(delay(ramp))]),
        live([always().then(delay(down))]),
    );
    let at = |live: &LiveFaults, seconds| {
        let request = Request {
            at: secs(seconds),
            ..Request::default()
        };
        waits(live, &request)
    };
    assert_eq!(
        [at(&up, 0), at(&up, 15), at(&up, 60), at(&up, 900)],
        [millis(1000), millis(1500), millis(3000), millis(3000)]
    );
    assert_eq!(
        [at(&down, 0), at(&down, 15), at(&down, 60)],
        [millis(3000), millis(2500), millis(1000)]
    );
}

#[test]
fn a_rate_is_refilled_in_each_period_and_counted_for_each_signal() {
    use Signal::{Logs, Metrics};

    let limited = always()
        .beyond_every(Allowance::Requests(2), secs(10))
        .then(grpc(Code::ResourceExhausted));
    let live = live([limited]);
    let at = |signal, seconds| {
        let request = Request {
            signal: Some(signal),
            at: secs(seconds),
            ..Request::default()
        };
        fires(&live, &request)
    };
    assert_eq!(
        [0, 5, 9, 9].map(|seconds| at(Metrics, seconds)),
        [false, false, true, true]
    );
    assert_eq!([1, 9].map(|seconds| at(Logs, seconds)), [false; 2]);
    assert_eq!(
        [10, 19, 19, 20].map(|seconds| at(Metrics, seconds)),
        [false, false, true, false]
    );
}

#[test]
fn a_quota_of_items_lets_through_what_fits() {
    let live = live([always()
        .beyond(Allowance::Items(10))
        .then(grpc(Code::ResourceExhausted))]);
    let with = |items, at| {
        let request = Request {
            at,
            items,
            ..Request::default()
        };
        fires(&live, &request)
    };
    assert!(!with(7, secs(0)));
    assert!(with(4, secs(1)), "3 are left");
    assert!(!with(3, secs(2)), "what was refused used up nothing");
    assert!(with(1, secs(999)), "for the whole run");
    assert!(!with(0, secs(999)));
}

#[test]
fn a_quota_counts_bytes_of_payload() {
    let live = live([always().beyond(Allowance::Bytes(250)).then(hang())]);
    let fired: Vec<_> = (0..3).map(|_| fires(&live, &Request::default())).collect();
    assert_eq!(fired, [false, false, true]);
}

#[test]
fn an_allowance_is_used_by_what_matches_and_comes_through_alone() {
    let live = live([
        on_attempt(3).then(hang()).named("before"),
        on_attempt(2)
            .protocol(Protocol::Grpc)
            .beyond(Allowance::Requests(1))
            .then(hang())
            .named("limited"),
        always().then(http(503)).named("after"),
    ]);
    let fired = |attempt, protocol| {
        let request = Request {
            attempt,
            protocol: Some(protocol),
            ..Request::default()
        };
        let decision = live.after_body(&request.whole());
        decision.fault.map(|fault| fault.name)
    };
    // None of these comes to the allowance: an earlier fault has it, or another key does not match.
    assert_eq!(fired(3, Protocol::Grpc).as_deref(), Some("before"));
    assert_eq!(fired(1, Protocol::Grpc), None);
    assert_eq!(fired(2, Protocol::HttpJson).as_deref(), Some("after"));
    // The first is let through, the second is not.
    assert_eq!(fired(2, Protocol::Grpc), None);
    assert_eq!(fired(2, Protocol::Grpc).as_deref(), Some("limited"));
}

#[test]
fn a_rate_of_requests_is_judged_before_the_body() {
    let live = live([always()
        .beyond(Allowance::Requests(1))
        .then(reset(ResetAt::BeforeBody))]);
    let request = Request::default();
    assert_eq!(live.before_body(&request.head()), None);
    assert_eq!(live.after_body(&request.whole()).fault, None);
    assert!(live.before_body(&request.head()).is_some());
}

#[test]
fn a_fault_lasts_for_as_long_as_it_says() {
    let live = live([always().then(hang()).lasting(secs(30))]);
    let at = |seconds| {
        let request = Request {
            at: secs(seconds),
            ..Request::default()
        };
        fires(&live, &request)
    };
    assert_eq!([at(0), at(29), at(30)], [true, true, false]);
    assert_eq!(live.statuses()[0].ends_at, Some(secs(30)));
}

#[test]
fn connections_are_refused_for_as_long_as_the_fault_lasts() {
    let live = live([Matcher::default().then(refuse()).lasting(secs(30))]);
    assert!(live.refuses_at(1, secs(29)));
    assert!(!live.refuses_at(1, secs(30)));
}

#[test]
fn a_guard_removes_no_fault_but_its_own() {
    let live = live([always().then(hang())]);
    let guard = live.add(always().then(hang())).expect("possible");
    live.set([always().then(hang()), always().then(http(503))])
        .expect("possible");
    drop(guard);
    let names: Vec<_> = live
        .statuses()
        .into_iter()
        .map(|status| status.name)
        .collect();
    assert_eq!(names, ["fault-1", "fault-2"], "numbers start again");
}

#[test]
fn what_is_taken_first_is_taken_whatever_follows() {
    let told = take(grpc(Code::Unavailable));
    assert!(matches!(told, Action::Take(Take { .. })));
    assert!(told.takes_payload(Protocol::Grpc));
    assert_eq!(told.last(), &grpc(Code::Unavailable).into());
    assert!(!told.applies_to(Some(Protocol::HttpJson)));
}

/// A request that is to arrive: its signal, its export and attempt, when, and on which connection.
#[derive(Clone, Debug)]
struct Arrival {
    signal: usize,
    export: u64,
    attempt: u32,
    seconds: u64,
    items: u64,
    connection: u64,
}

const SIGNALS: [Signal; 3] = [Signal::Metrics, Signal::Traces, Signal::Logs];

fn arrival() -> impl Strategy<Value = Arrival> {
    (0..3usize, 1..6u64, 1..4u32, 0..40u64, 0..6u64, 1..5u64).prop_map(
        |(signal, export, attempt, seconds, items, connection)| Arrival {
            signal,
            export,
            attempt,
            seconds,
            items,
            connection,
        },
    )
}

/// Faults of all kinds that are judged by requests.
fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let matcher = prop_oneof![
        Just(always()),
        (1..4u64).prop_map(on_attempt),
        (1..4u64).prop_map(every),
        (0..5u64).prop_map(|limit| always().beyond(Allowance::Requests(limit))),
        (0..3u64, 1..9u64).prop_map(|(limit, seconds)| {
            always().beyond_every(Allowance::Requests(limit), secs(seconds))
        }),
        (0..9u64).prop_map(|limit| on_attempt(1).beyond(Allowance::Items(limit))),
        (1..3usize).prop_map(|signal| always().signal(SIGNALS[signal])),
    ];
    let wait = prop_oneof![
        Just(Wait::For(secs(1))),
        Just(Wait::Uniform(Uniform {
            from: secs(1),
            to: secs(2)
        })),
        Just(Wait::Lognormal(Lognormal {
            median: secs(1),
            sigma: Sigma::try_from(1.0).expect("possible"),
            cap: None
        })),
        Just(Wait::Ramp(Ramp {
            from: secs(0),
            to: secs(9),
            over: secs(30)
        })),
    ];
    let plain = prop_oneof![
        Just(hang()),
        Just(Action::from(grpc(Code::Unavailable))),
        Just(take(grpc(Code::Internal))),
        wait.prop_map(delay),
    ];
    let action = prop_oneof![
        plain.clone(),
        (vec(plain.clone(), 1..4), plain).prop_map(|(steps, then)| sequence(steps, then)),
    ];
    let fault = (
        matcher,
        action,
        proptest::option::of(1..4u64),
        proptest::option::of(0.0..=1.0f64),
    )
        .prop_map(|(when, then, times, probability)| Fault {
            times,
            probability,
            ..when.then(then)
        });
    vec(fault, 1..5)
}

/// The decisions for requests that arrive in this order, by signal.
fn decided<'a>(
    faults: &[Fault],
    order: impl Iterator<Item = &'a Arrival>,
) -> BTreeMap<Signal, Vec<(u64, u32, Decision)>> {
    let live = live(faults.to_vec());
    let mut decisions: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for arrival in order {
        let signal = SIGNALS[arrival.signal];
        let request = Request {
            signal: Some(signal),
            nth: live.count_request(Some(signal)),
            export: arrival.export,
            attempt: arrival.attempt,
            at: secs(arrival.seconds),
            items: arrival.items,
            connection: arrival.connection,
            ..Request::default()
        };
        let early = live.before_body(&request.head());
        let decision = early.unwrap_or_else(|| live.after_body(&request.whole()));
        let decided = (arrival.export, arrival.attempt, decision);
        decisions.entry(signal).or_default().push(decided);
    }
    decisions
}

proptest! {
    /// Whatever the timing between connections: as long as each signal sends its requests in the same order, each of them gets
    /// the same decision, drawn waits and all.
    #[test]
    fn the_timing_between_connections_changes_no_decision(
        arrivals in vec(arrival(), 1..40),
        faults in faults(),
        turns in vec(0..3usize, 40),
        connections in vec(1..9u64, 40),
    ) {
        let here = decided(&faults, arrivals.iter());
        // The same requests, taken from the signals in other turns and over other connections.
        let mut queues: Vec<Vec<Arrival>> = (0..3)
            .map(|signal| arrivals.iter().filter(|arrival| arrival.signal == signal).rev().cloned().collect())
            .collect();
        let mut elsewhere = Vec::new();
        for (turn, connection) in turns.into_iter().zip(connections) {
            let signal = (0..3).map(|step| (turn + step) % 3).find(|signal| !queues[*signal].is_empty());
            if let Some(arrival) = signal.and_then(|signal| queues[signal].pop()) {
                elsewhere.push(Arrival { connection, ..arrival });
            }
        }
        prop_assert_eq!(elsewhere.len(), arrivals.len());
        prop_assert_eq!(here, decided(&faults, elsewhere.iter()));
    }

    /// What is drawn is drawn for the attempt: without counts, even the order within a signal changes nothing.
    #[test]
    fn without_counts_the_order_changes_no_decision(
        (arrivals, shuffled) in vec(arrival(), 1..40).prop_flat_map(|arrivals| {
            let shuffled = Just(arrivals.clone()).prop_shuffle();
            (Just(arrivals), shuffled)
        }),
        probability in 0.0..=1.0f64,
    ) {
        let uniform = Uniform { from: secs(1), to: secs(2) };
        let faults = [
            on_attempt(2).then(delay(uniform)).probability(probability),
            always().then(grpc(Code::Unavailable)).probability(probability),
        ];
        let in_order = |arrivals: &[Arrival]| {
            let mut decisions = decided(&faults, arrivals.iter());
            for decisions in decisions.values_mut() {
                decisions.sort_by_key(|(export, attempt, _)| (*export, *attempt));
            }
            decisions
        };
        prop_assert_eq!(in_order(&arrivals), in_order(&shuffled));
    }
}
