//! Which fault wins, and when it is known.

use std::collections::BTreeMap;

use otelbox_mock_collector::fault::{
    Action, Fault, GrpcCode, LiveFaults, Matcher, ResetAt, accept_then_close, always, during,
    every, grpc, hang, http, millis, on_attempt, on_attempts, on_exports, on_requests,
    overrun_deadline, refuse, require_header, reset, secs, status,
};
use otelbox_mock_collector::payload::Resources;
use otelbox_mock_collector::plan::{FaultPlan, Fired};
use otelbox_mock_collector::{Decision, Outcome, Protocol, Signal, decide, decide_connection};
use proptest::collection::vec;
use proptest::prelude::*;
use tonic::Code;

use crate::request::Request;

fn plan(faults: impl IntoIterator<Item = Fault>) -> FaultPlan {
    FaultPlan::try_new(faults, 0).expect("a possible plan")
}

/// The name of the fault that decides on the whole request, if one does.
fn winner(plan: &FaultPlan, request: &Request) -> Option<String> {
    match decide(plan, &Fired::default(), &request.whole()) {
        Outcome::Decided(decision) => decision.fault.map(|fault| fault.name),
        Outcome::NeedsBody => panic!("there is a body"),
    }
}

/// Whether a fault with this matcher applies to the request.
fn matches(matcher: Matcher, request: &Request) -> bool {
    winner(&plan([matcher.then(hang())]), request).is_some()
}

#[test]
fn the_first_that_matches_wins_and_none_means_accept() {
    let plan = plan([
        on_attempt(2).then(hang()).named("second"),
        always().signal(Signal::Logs).then(hang()).named("logs"),
        always().then(grpc(Code::Internal)),
        always().then(hang()).named("never reached"),
    ]);
    assert_eq!(
        winner(
            &plan,
            &Request {
                attempt: 2,
                ..Request::default()
            }
        )
        .as_deref(),
        Some("second")
    );
    assert_eq!(
        winner(
            &plan,
            &Request {
                signal: Some(Signal::Logs),
                ..Request::default()
            }
        )
        .as_deref(),
        Some("logs")
    );
    assert_eq!(
        winner(&plan, &Request::default()).as_deref(),
        Some("fault-3")
    );
    assert_eq!(winner(&FaultPlan::default(), &Request::default()), None);
}

#[test]
fn matchers_look_at_one_thing_each() {
    let it = Request {
        connection: 3,
        at: secs(15),
        nth: 6,
        export: 2,
        attempt: 2,
        resources: Resources::known(vec![
            BTreeMap::new(),
            BTreeMap::from([
                ("service.name".to_owned(), "checkout".to_owned()),
                ("replica".to_owned(), "3".to_owned()),
            ]),
        ]),
        ..Request::default()
    }
    .with_header("x-tenant", "team-checkout");
    let matching = [
        on_attempts(2..),
        on_requests(6),
        every(3),
        on_exports(1..=2),
        during(secs(15), secs(16)),
        always().signal(Signal::Traces).signal(Signal::Metrics),
        always().protocol(Protocol::Grpc),
        always().path(Signal::Metrics.grpc_path()),
        always().header("x-tenant", "team-checkout"),
        always().header("X-Tenant", "team-checkout"),
        always().without_header("authorization"),
        always().not_header("x-tenant", "team-search"),
        always().not_header("authorization", "Bearer x"),
        always()
            .resource("service.name", "checkout")
            .resource("replica", "3"),
        always().connection(2..=3),
    ];
    for matcher in matching {
        assert!(matches(matcher.clone(), &it), "{matcher:?}");
    }
    let other = [
        on_attempt(1),
        on_requests(7..),
        every(4),
        on_exports(1),
        during(secs(14), secs(15)),
        always().signal(Signal::Traces),
        always().protocol(Protocol::HttpJson),
        always().path("/v1/metrics"),
        always().header("x-tenant", "team-search"),
        always().header("authorization", "Bearer x"),
        always().without_header("x-tenant"),
        always().not_header("x-tenant", "team-checkout"),
        always().resource("service.name", "search"),
        always()
            .resource("service.name", "checkout")
            .resource("zone", "a"),
        always().connection(1..=2),
    ];
    for matcher in other {
        assert!(!matches(matcher.clone(), &it), "{matcher:?}");
    }
}

#[test]
fn a_status_applies_where_its_protocol_has_an_answer() {
    let only_grpc = plan([always().then(grpc(Code::Unavailable))]);
    let only_http = plan([always().then(http(503))]);
    let both = plan([always().then(status(grpc(Code::Unavailable), http(503)).after(secs(1)))]);
    for (protocol, by_grpc) in [
        (Protocol::Grpc, true),
        (Protocol::HttpProtobuf, false),
        (Protocol::HttpJson, false),
    ] {
        let request = Request {
            protocol: Some(protocol),
            ..Request::default()
        };
        assert_eq!(
            winner(&only_grpc, &request).is_some(),
            by_grpc,
            "{protocol}"
        );
        assert_eq!(
            winner(&only_http, &request).is_some(),
            !by_grpc,
            "{protocol}"
        );
        assert!(winner(&both, &request).is_some(), "{protocol}");
    }
}

#[test]
fn a_deadline_can_be_overrun_only_where_there_may_be_one() {
    let plan = plan([always().then(overrun_deadline(millis(500)))]);
    assert!(winner(&plan, &Request::default()).is_some());
    assert!(
        winner(
            &plan,
            &Request {
                protocol: Some(Protocol::HttpJson),
                ..Request::default()
            }
        )
        .is_none()
    );
}

#[test]
fn a_request_that_is_no_export_is_matched_only_by_its_path() {
    let stray = Request {
        signal: None,
        path: "/healthz".to_owned(),
        ..Request::default()
    };
    assert!(!matches(always(), &stray));
    assert!(matches(always().path("/healthz"), &stray));
    assert!(!matches(
        always().path("/healthz").signal(Signal::Metrics),
        &stray
    ));
    assert!(!matches(
        Matcher {
            attempt: Some(1.into()),
            ..always().path("/healthz")
        },
        &stray
    ));
}

#[test]
fn a_missing_header_is_401_a_wrong_one_403_and_the_right_one_goes_on() {
    let plan = plan([
        always().then(require_header("authorization", "Bearer secret")),
        on_attempt(1).then(grpc(Code::Unavailable)).named("outage"),
    ]);
    let code = |request: &Request| match decide(&plan, &Fired::default(), &request.whole()) {
        Outcome::Decided(Decision {
            action: Action::Status(status),
            ..
        }) => (
            status.grpc.map(|answer| answer.code),
            status.http.map(|answer| answer.status),
        ),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        code(&Request::default()),
        (Some(GrpcCode::UNAUTHENTICATED), Some(401))
    );
    let wrong = Request::default().with_header("authorization", "Bearer guess");
    assert_eq!(code(&wrong), (Some(GrpcCode::PERMISSION_DENIED), Some(403)));
    let right = Request::default().with_header("authorization", "Bearer secret");
    assert_eq!(winner(&plan, &right).as_deref(), Some("outage"));
}

#[test]
fn before_the_body_a_decision_waits_for_an_earlier_fault_that_needs_it() {
    let certain = plan([on_requests(1).then(reset(ResetAt::MidBody))]);
    let waits = plan([
        on_attempt(1).then(hang()),
        on_requests(1).then(reset(ResetAt::MidBody)),
    ]);
    let request = Request::default();
    assert!(matches!(
        decide(&certain, &Fired::default(), &request.head()),
        Outcome::Decided(_)
    ));
    assert_eq!(
        decide(&waits, &Fired::default(), &request.head()),
        Outcome::NeedsBody
    );
    assert_eq!(winner(&waits, &request).as_deref(), Some("fault-1"));
    assert_eq!(
        winner(
            &waits,
            &Request {
                attempt: 2,
                ..request
            }
        )
        .as_deref(),
        Some("fault-2")
    );
}

#[test]
fn only_what_is_due_before_the_body_is_decided_there() {
    let live = LiveFaults::new(plan([
        on_requests(1).then(reset(ResetAt::BeforeBody).after(secs(1))),
        always().then(grpc(Code::Unavailable)),
    ]));
    let first = Request::default();
    assert!(
        live.before_body(&first.head())
            .is_some_and(|decision| decision.fault.is_some())
    );
    let second = Request { nth: 2, ..first };
    assert_eq!(live.before_body(&second.head()), None);
    assert_eq!(
        live.after_body(&second.whole()).action,
        grpc(Code::Unavailable).into()
    );
    let fired: Vec<_> = live.statuses().iter().map(|status| status.fired).collect();
    assert_eq!(fired, [1, 1]);
}

#[test]
fn times_are_counted_for_each_signal() {
    let live = LiveFaults::new(plan([always().then(hang()).times(2)]));
    let fires = |signal| {
        let request = Request {
            signal: Some(signal),
            ..Request::default()
        };
        live.after_body(&request.whole()).fault.is_some()
    };
    assert_eq!(
        [
            fires(Signal::Metrics),
            fires(Signal::Logs),
            fires(Signal::Metrics)
        ],
        [true; 3]
    );
    assert!(!fires(Signal::Metrics), "metrics have had their two");
    assert!(fires(Signal::Logs), "logs have had one");
}

#[test]
fn connections_are_judged_by_time_and_ordinal() {
    let plan = plan([
        during(secs(10), secs(20)).then(refuse()),
        always().connection(1).then(accept_then_close()),
        always().then(hang()),
    ]);
    let action = |connection, at| {
        decide_connection(&plan, &Fired::default(), connection, at).map(|it| it.action)
    };
    assert_eq!(action(1, secs(0)), Some(Action::AcceptThenClose));
    assert_eq!(action(2, secs(0)), None);
    assert_eq!(action(2, secs(10)), Some(Action::Refuse));
    assert_eq!(action(2, secs(20)), None);
    assert_eq!(
        winner(&plan, &Request::default()).as_deref(),
        Some("fault-3"),
        "requests pass over the first two"
    );
}

#[test]
fn a_guard_removes_its_fault_unless_it_is_kept() {
    let live = LiveFaults::default();
    let guard = live.add(always().then(hang())).expect("possible");
    let first = guard.ordinal();
    live.add(always().then(grpc(Code::Internal)))
        .expect("possible")
        .keep();
    assert_eq!(live.statuses().len(), 2);
    drop(guard);
    assert_eq!(live.statuses().len(), 1);
    let again = live.add(always().then(hang())).expect("possible");
    assert!(
        again.ordinal() > first + 1,
        "an ordinal is never given twice"
    );
    assert!(live.add(on_attempt(0).then(hang())).is_err());
    assert!(live.set([on_attempt(0).then(hang())]).is_err());
    assert_eq!(
        live.statuses().len(),
        2,
        "what cannot be meant changes nothing"
    );
}

#[test]
fn requests_are_counted_for_each_signal() {
    let live = LiveFaults::default();
    let signals = [
        Some(Signal::Metrics),
        Some(Signal::Logs),
        Some(Signal::Metrics),
        None,
        Some(Signal::Metrics),
    ];
    let ordinals = signals.map(|signal| live.count_request(signal));
    assert_eq!(ordinals, [1, 1, 2, 1, 3]);
}

fn chosen(seed: u64, probability: f64, export: u64, attempt: u32, signal: Signal) -> bool {
    let plan = FaultPlan::try_new([always().then(hang()).probability(probability)], seed)
        .expect("possible");
    winner(
        &plan,
        &Request {
            export,
            attempt,
            signal: Some(signal),
            ..Request::default()
        },
    )
    .is_some()
}

#[test]
fn a_probability_is_met_over_many_exports() {
    for probability in [0.1, 0.5, 0.9] {
        let hits = (1..=10_000)
            .filter(|export| chosen(7, probability, *export, 1, Signal::Metrics))
            .count();
        #[expect(clippy::cast_precision_loss, reason = "at most 10000")]
        let share = hits as f64 / 10_000.0;
        assert!(
            (share - probability).abs() < 0.02,
            "{share} for {probability}"
        );
    }
}

proptest! {
    #[test]
    fn a_decision_depends_on_its_arguments_alone(
        seed in any::<u64>(),
        probability in 0.0..=1.0f64,
        export in 1..100u64,
        attempt in 1..5u32,
        connection in 1..100u64,
        seconds in 0..100u64,
        request in 1..100u64,
    ) {
        let plan = FaultPlan::try_new([always().then(hang()).probability(probability)], seed).expect("possible");
        let here = Request { export, attempt, ..Request::default() };
        let there = Request { connection, at: secs(seconds), nth: request, ..here.clone() };
        prop_assert_eq!(winner(&plan, &here), winner(&plan, &there));
    }

    #[test]
    fn no_probability_is_never_and_one_is_always(seed in any::<u64>(), export in any::<u64>(), attempt in any::<u32>()) {
        prop_assert!(!chosen(seed, 0.0, export, attempt, Signal::Metrics));
        prop_assert!(chosen(seed, 1.0, export, attempt, Signal::Metrics));
    }

    #[test]
    fn the_order_in_which_signals_arrive_changes_nothing(order in vec(0..3usize, 1..40), times in 1..5u64) {
        let signals = [Signal::Metrics, Signal::Traces, Signal::Logs];
        let faults = || [every(2).then(hang()).times(times), always().then(grpc(Code::Internal)).probability(0.5)];
        let outcome = |order: &[usize]| {
            let live = LiveFaults::new(plan(faults()));
            let mut decisions: BTreeMap<Signal, Vec<Decision>> = BTreeMap::new();
            for index in order {
                let signal = signals[*index];
                let nth = live.count_request(Some(signal));
                let request = Request { signal: Some(signal), nth, export: nth, ..Request::default() };
                decisions.entry(signal).or_default().push(live.after_body(&request.whole()));
            }
            decisions
        };
        let mut sorted = order.clone();
        sorted.sort_unstable();
        prop_assert_eq!(outcome(&order), outcome(&sorted));
    }

    #[test]
    fn what_is_decided_before_the_body_is_decided_after_it(
        attempts in vec(1..4u64, 0..3),
        request in 1..4u64,
        attempt in 1..4u32,
    ) {
        let faults = attempts.into_iter().flat_map(|number| {
            [on_requests(number).then(hang()), on_attempt(number).then(grpc(Code::Internal))]
        });
        let plan = plan(faults);
        let it = Request { nth: request, attempt, ..Request::default() };
        let early = decide(&plan, &Fired::default(), &it.head());
        let late = decide(&plan, &Fired::default(), &it.whole());
        prop_assert!(early == Outcome::NeedsBody || early == late, "{:?} then {:?}", early, late);
    }
}
