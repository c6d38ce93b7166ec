//! Random faults: every action of the catalogue, with matchers that can be meant beside it.

use std::ops::RangeInclusive;
use std::time::Duration;

use otelbox_mock_collector::fault::{
    Action, AnswerBody, Close, CloseAt, Delay, DelayAt, DripAnswer, DripPart, EndBy,
    FalseCompression, Fault, Framing, GoAway, GoAwayStream, GrpcAnswer, GrpcCode, Hold, Http2Code,
    HttpAnswer, Interim, LargeAnswer, LargeHeaders, LoseAcknowledgement, Matcher,
    MislabelledAnswer, NotGrpc, OrdinalRange, OverrunDeadline, PartialSuccess, Phase,
    RequireHeader, Reset, ResetAt, RetryAfter, RetryInfo, RetryInfoPosition, RstAt, RstStream,
    Sequence, SignedDuration, StatusAnswer, Take, UndecodableAnswer, UndecodableBody, Wait, Window,
    WrongLength,
};
use proptest::prelude::*;
use proptest::sample::select;

use super::connections;

/// The actions that are drawn, by the names under which they are described. What is not among them was not explored, and
/// the summary says so.
pub(super) const DRAWN: [&str; 44] = [
    "accept",
    "accept_then_close",
    "bandwidth",
    "black_hole",
    "close",
    "close_after",
    "delay",
    "drip_answer",
    "goaway",
    "grpc",
    "half_close",
    "hang",
    "hold",
    "http",
    "http2_settings",
    "ignore_pings",
    "interim",
    "large_answer",
    "large_headers",
    "lose_acknowledgement",
    "max_connection_age",
    "mislabelled_answer",
    "missing_trailers",
    "not_grpc",
    "overrun_deadline",
    "partial_success",
    "ping_storm",
    "refuse",
    "require_header",
    "reset",
    "rst_stream",
    "sequence",
    "slice",
    "slow_close",
    "stall",
    "stop_reading",
    "take",
    "tls_alert",
    "tls_alpn",
    "tls_certificate",
    "tls_client_certificate",
    "tls_handshake",
    "undecodable_answer",
    "unknown_fields",
];

pub(super) fn several(count: RangeInclusive<usize>) -> impl Strategy<Value = Vec<Fault>> {
    prop::collection::vec(fault(), count)
}

fn fault() -> impl Strategy<Value = Fault> {
    (
        matcher(),
        action(),
        prop::option::weighted(0.3, 1_u64..=3),
        prop::option::weighted(0.1, 1_u32..=9),
        brief(20),
        prop::option::weighted(0.7, odd(150)),
    )
        .prop_map(|(when, then, times, tenths, brief, lasts)| {
            let mut fault = Fault {
                when,
                times,
                // What is held for ever is no more than what is never answered.
                lasts: lasts.filter(|_| matches!(then, Action::Hold(_))),
                probability: tenths.map(|tenths| f64::from(tenths) / 10.0),
                ..Fault::new(then)
            };
            // Connections, and requests whose body is not read, are known by less.
            match fault.then.phase() {
                Phase::Connection => return on_connections(fault, brief),
                Phase::Head => {
                    fault.probability = None;
                    fault.when.attempt = None;
                    fault.when.export = None;
                }
                Phase::Body => {}
            }
            fault
        })
}

/// A fault that can be meant for connections, of which nothing is known but when they come.
fn on_connections(fault: Fault, brief: Window) -> Fault {
    // For ever it would be all that happens.
    let is_bound = fault.when.connection.is_some() || fault.times.is_some();
    let brief = (!is_bound).then_some(brief);
    Fault {
        probability: None,
        when: Matcher {
            window: fault.when.window.or(brief),
            connection: fault.when.connection,
            ..Matcher::default()
        },
        ..fault
    }
}

/// A fault with this action, which is done to connections.
pub(super) fn fault_on_connections(
    action: impl Strategy<Value = Action>,
) -> impl Strategy<Value = Fault> {
    (
        matcher(),
        action,
        prop::option::weighted(0.3, 1_u64..=3),
        brief(20),
    )
        .prop_map(|(when, then, times, brief)| {
            let fault = Fault {
                when,
                times,
                ..Fault::new(then)
            };
            on_connections(fault, brief)
        })
}

fn matcher() -> impl Strategy<Value = Matcher> {
    let attempt = || ordinals(4).prop_map(Some);
    let export = || ordinals(5).prop_map(Some);
    prop_oneof![
        2 => Just(Matcher::default()),
        5 => attempt().prop_map(|attempt| Matcher { attempt, ..Matcher::default() }),
        2 => ordinals(8).prop_map(|request| Matcher { request: Some(request), ..Matcher::default() }),
        1 => (2_u64..=4).prop_map(|every| Matcher { every: Some(every), ..Matcher::default() }),
        2 => export().prop_map(|export| Matcher { export, ..Matcher::default() }),
        3 => window().prop_map(|window| Matcher { window: Some(window), ..Matcher::default() }),
        1 => ordinals(3).prop_map(|connection| Matcher { connection: Some(connection), ..Matcher::default() }),
        2 => (attempt(), export()).prop_map(|(attempt, export)| Matcher { attempt, export, ..Matcher::default() }),
        1 => (attempt(), window()).prop_map(|(attempt, window)| Matcher { attempt, window: Some(window), ..Matcher::default() }),
    ]
}

/// One number, a range, or all from one on.
fn ordinals(most: u64) -> impl Strategy<Value = OrdinalRange> {
    (1..=most, 0_u8..3, 0..=most).prop_map(|(first, form, more)| match form {
        0 => OrdinalRange::from(first),
        1 => OrdinalRange::from(first..=first + more),
        _ => OrdinalRange::from(first..),
    })
}

/// From some second on, for ever in one case of five.
fn window() -> impl Strategy<Value = Window> {
    (brief(30), prop::bool::weighted(0.2)).prop_map(|(window, is_endless)| Window {
        to: window.to.filter(|_| !is_endless),
        ..window
    })
}

/// From one of the first seconds on, for some seconds.
fn brief(latest: u64) -> impl Strategy<Value = Window> {
    (0..=latest, 1_u64..=25).prop_map(|(from, long)| {
        let second = |seconds: u64| Duration::from_millis(seconds * 1_000 + 11);
        Window {
            from: (from > 0).then(|| second(from)),
            to: Some(second(from + long)),
        }
    })
}

/// What a receiver does takes odd times, up to so many tenths of a second.
pub(super) fn odd(most: u64) -> impl Strategy<Value = Duration> {
    (0..=most).prop_map(|tenths| Duration::from_millis(tenths * 100 + 37))
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        24 => prop_oneof![
            1 => Just(Action::Accept),
            12 => status(),
            4 => partial_success(),
            3 => lose_acknowledgement(),
            3 => Just(Action::Hang),
            7 => (odd(120), plain()).prop_map(|(duration, then)| Action::Delay(Delay {
                wait: Wait::For(duration),
                at: DelayAt::default(),
                then: Box::new(then),
            })),
            4 => sequence(),
        ]
        .boxed(),
        4 => prop_oneof![
            Just(Action::Refuse),
            Just(Action::AcceptThenClose),
            Just(Action::BlackHole),
            Just(Action::StopReading),
        ],
        4 => prop_oneof![
            select(vec![ResetAt::BeforeBody, ResetAt::MidBody, ResetAt::AfterBody])
                .prop_map(|at| Action::Reset(Reset { at })),
            close(),
        ],
        8 => answers().boxed(),
        2 => take().boxed(),
        2 => plain().prop_map(|then| Action::Hold(Hold { then: Box::new(then) })),
        8 => connections::shaping().prop_map(Action::Connection).boxed(),
    ]
    // What is drawn is drawn in place, of all that it may be, which takes room on the stack.
    .boxed()
}

/// The payload is taken, and the client is told that it was not.
fn take() -> impl Strategy<Value = Action> {
    let answer = prop_oneof![
        4 => status(),
        1 => Just(Action::Hang),
        1 => Just(Action::Close(Close { at: CloseAt::BeforeAnswer })),
        1 => Just(Action::Reset(Reset { at: ResetAt::AfterBody })),
    ];
    (prop::option::weighted(0.3, odd(60)), answer).prop_map(|(wait, answer)| {
        let then = match wait {
            Some(wait) => Action::Delay(Delay {
                wait: Wait::For(wait),
                at: DelayAt::default(),
                then: Box::new(answer),
            }),
            None => answer,
        };
        Action::Take(Take {
            then: Box::new(then),
        })
    })
}

/// What may follow a delay, or one another.
fn plain() -> BoxedStrategy<Action> {
    prop_oneof![
        3 => Just(Action::Accept),
        4 => status(),
        3 => partial_success(),
        1 => Just(Action::Hang),
        1 => lose_acknowledgement(),
        1 => close(),
    ]
    .boxed()
}

/// One thing after another.
fn sequence() -> impl Strategy<Value = Action> {
    let step = prop_oneof![6 => plain(), 1 => take()];
    (prop::collection::vec(step, 1..=4), plain()).prop_map(|(steps, then)| {
        Action::Sequence(Sequence {
            steps,
            then: Box::new(then),
        })
    })
}

/// Answers that are odd in what they say or in how they come.
fn answers() -> impl Strategy<Value = Action> {
    let bodies = vec![
        UndecodableBody::RandomBytes,
        UndecodableBody::Html,
        UndecodableBody::Truncated,
        UndecodableBody::WrongJson,
    ];
    let codes = vec![
        Http2Code::NoError,
        Http2Code::RefusedStream,
        Http2Code::Cancel,
        Http2Code::InternalError,
        Http2Code::EnhanceYourCalm,
    ];
    let code = select(codes);
    let streams = vec![GoAwayStream::Refused, GoAwayStream::Served];
    let places = vec![
        RstAt::BeforeAnswer,
        RstAt::AfterHeaders,
        RstAt::MidData,
        RstAt::AfterData,
    ];
    let of_http2 = prop_oneof![
        (select(streams), code.clone())
            .prop_map(|(stream, code)| Action::GoAway(GoAway { stream, code })),
        (select(places), code).prop_map(|(at, code)| Action::RstStream(RstStream { code, at })),
    ];
    let of_any = prop_oneof![
        (odd(20), prop::option::of(odd(100))).prop_map(|(by, after)| Action::OverrunDeadline(
            OverrunDeadline {
                by,
                after: Some(after.unwrap_or(Duration::from_secs(10))),
            }
        )),
        select(bodies).prop_map(|body| Action::UndecodableAnswer(UndecodableAnswer { body })),
        Just(Action::UnknownFields),
        (1_024_u64..=65_536, any::<bool>(), any::<bool>()).prop_map(|(bytes, gzip, endless)| {
            Action::LargeAnswer(LargeAnswer {
                bytes,
                gzip,
                endless,
            })
        }),
        (1_u64..=3, any::<bool>(), 1_u64..=8).prop_map(|(tenths, head, bytes)| {
            Action::DripAnswer(DripAnswer {
                every: Duration::from_millis(tenths * 100 + 3),
                part: if head { DripPart::Head } else { DripPart::Body },
                bytes,
            })
        }),
        status().prop_map(|then| Action::Interim(Interim {
            status: 103,
            then: Box::new(then),
        })),
        Just(Action::RequireHeader(RequireHeader {
            name: "x-otelbox".to_owned(),
            value: "wanted".to_owned(),
        })),
        Just(Action::MissingTrailers),
        // No more than any client reads: where it does not, it sends again what was acknowledged, as another export.
        (1_024_u32..=8_192).prop_map(|bytes| Action::LargeHeaders(LargeHeaders { bytes })),
        select(vec![200, 403, 404, 429, 502, 503, 504]).prop_map(|status| {
            Action::NotGrpc(NotGrpc {
                status,
                ..NotGrpc::default()
            })
        }),
        mislabelled(),
    ];
    // Two protocols of three have none of HTTP/2's faults.
    prop_oneof![1 => of_http2, 3 => of_any]
}

/// Answers that are not what they say.
fn mislabelled() -> impl Strategy<Value = Action> {
    let types = [
        None,
        Some("text/html"),
        Some("application/json"),
        Some("application/x-protobuf"),
    ];
    let mut answers = vec![
        MislabelledAnswer::Length(WrongLength::Short),
        MislabelledAnswer::Length(WrongLength::Long),
        MislabelledAnswer::Compression(FalseCompression::NotGzip),
        MislabelledAnswer::Compression(FalseCompression::FlagAlone),
    ];
    answers.extend(types.map(|text| MislabelledAnswer::ContentType(text.map(str::to_owned))));
    select(answers).prop_map(Action::MislabelledAnswer)
}

fn partial_success() -> impl Strategy<Value = Action> {
    (-1_i64..=14, any::<bool>(), prop::bool::weighted(0.2)).prop_map(
        |(rejected, has_message, json_number)| {
            Action::PartialSuccess(PartialSuccess {
                status: None,
                rejected,
                message: if has_message { "too many" } else { "" }.to_owned(),
                gzip: false,
                json_number,
            })
        },
    )
}

fn lose_acknowledgement() -> impl Strategy<Value = Action> {
    select(vec![EndBy::Close, EndBy::Reset])
        .prop_map(|by| Action::LoseAcknowledgement(LoseAcknowledgement { by }))
}

fn close() -> impl Strategy<Value = Action> {
    select(vec![CloseAt::BeforeAnswer, CloseAt::MidAnswer])
        .prop_map(|at| Action::Close(Close { at }))
}

/// A status for either protocol: both to be retried, or both not.
fn status() -> BoxedStrategy<Action> {
    prop_oneof![
        3 => (grpc(&["UNAVAILABLE", "RESOURCE_EXHAUSTED", "CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "DATA_LOSS"]), http(&[503, 429, 502, 504])),
        1 => (
            grpc(&["INVALID_ARGUMENT", "UNKNOWN", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "FAILED_PRECONDITION", "UNIMPLEMENTED", "INTERNAL", "UNAUTHENTICATED"]),
            http(&[400, 401, 403, 404, 408, 413, 500, 501, 505, 301, 307]),
        ),
    ]
    .prop_map(|(grpc, http)| {
        Action::Status(StatusAnswer {
            grpc: Some(grpc),
            http: Some(http),
        })
    })
    .boxed()
}

fn grpc(names: &[&str]) -> impl Strategy<Value = GrpcAnswer> + use<> {
    let codes: Vec<GrpcCode> = names
        .iter()
        .copied()
        .filter_map(GrpcCode::from_name)
        .collect();
    let framings = vec![
        Framing::TrailersOnly,
        Framing::HeadersThenTrailers,
        Framing::AfterData,
    ];
    let positions = vec![
        RetryInfoPosition::Only,
        RetryInfoPosition::First,
        RetryInfoPosition::Middle,
        RetryInfoPosition::Last,
        RetryInfoPosition::BareTrailer,
    ];
    (
        select(codes),
        select(framings),
        retry_info(),
        select(positions),
    )
        .prop_map(|(code, framing, retry_info, position)| {
            GrpcAnswer::new(code)
                .framing(framing)
                .retry_info(retry_info)
                .retry_info_position(position)
        })
}

fn retry_info() -> impl Strategy<Value = RetryInfo> {
    prop_oneof![
        6 => Just(RetryInfo::Absent),
        8 => odd(60).prop_map(RetryInfo::from),
        1 => odd(60).prop_map(|time| RetryInfo::After(SignedDuration::negative(time))),
        1 => select(vec![RetryInfo::Malformed, RetryInfo::NotBase64]),
        1 => (100_u64..=100_000_000).prop_map(|seconds| RetryInfo::from(Duration::from_secs(seconds))),
    ]
}

fn http(statuses: &[u16]) -> impl Strategy<Value = HttpAnswer> + use<> {
    let bodies = vec![
        AnswerBody::Status,
        AnswerBody::Json,
        AnswerBody::Text,
        AnswerBody::Html,
        AnswerBody::Empty,
    ];
    (
        select(statuses.to_vec()),
        prop::option::weighted(0.5, retry_after()),
        select(bodies),
    )
        .prop_map(|(status, retry_after, body)| {
            let answer = HttpAnswer::new(status).body(body);
            match retry_after {
                Some(wait) => answer.retry_after(wait),
                None => answer,
            }
        })
}

fn retry_after() -> impl Strategy<Value = RetryAfter> {
    prop_oneof![
        6 => (0_u32..=7).prop_map(|seconds| RetryAfter::Text(seconds.to_string())),
        2 => odd(70).prop_map(|time| RetryAfter::DateIn(time.into())),
        2 => select(vec!["-1", "soon", "", "1.5", "100000000"]).prop_map(RetryAfter::from),
    ]
}
