//! From an action to what is done on the wire, and when.

use std::time::Duration;

use http::StatusCode;
use tonic::Code;

use super::rest::{Padded, Rest};
use super::{Answer, Course, Pause, Plan, export_response, grpc, http as http_answer};
use crate::fault::{
    Action, AnswerBody, CloseAt, Delay, DelayAt, DripAnswer, DripPart, EndBy, GoAwayStream,
    GrpcAnswer, HttpAnswer, LargeAnswer, MislabelledAnswer, OverrunDeadline, PartialSuccess, RstAt,
    StatusAnswer, Wait, WrongLength,
};
use crate::journal::Port;
use crate::payload::Counted;
use crate::receive::Refusal;
use crate::signal::{Api, Protocol, Signal};

/// What a plan depends on, other than the action. Times are since the start of the collector.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) signal: Option<Signal>,
    /// None where the request is no export in any encoding.
    pub(crate) protocol: Option<Protocol>,
    pub(crate) received_at: Duration,
    /// When the action is due.
    pub(crate) due: Duration,
    pub(crate) grpc_timeout: Option<Duration>,
    pub(crate) wall_unix_nano: u64,
    /// Why the request cannot be accepted, if it cannot.
    pub(crate) refusal: Option<&'a Refusal>,
    /// Whether the answer is to have a body that can be waited for.
    pub(crate) with_body: bool,
    /// What the upstream answered, where the request was forwarded: it stands in for what the real Collector answers.
    pub(crate) upstream: Option<&'a Answer>,
    /// What the request has, in numbers.
    pub(crate) counted: Counted,
}

/// What an action means for a request.
pub(crate) fn plan(action: &Action, request: Request<'_>) -> Plan {
    let now = |course| Plan {
        not_before: request.due,
        course,
    };
    match action {
        // `decide` has made a status of a header that is missing or wrong.
        Action::Accept | Action::RequireHeader(_) => now(Course::Answer(accept(request))),
        Action::Status(status) => now(Course::Answer(with_status(status, request))),
        Action::PartialSuccess(partial) => {
            now(Course::Answer(unless_refused(request, |protocol| {
                partial_success(partial, request, protocol)
            })))
        }
        Action::LoseAcknowledgement(lose) => now(match lose.by {
            EndBy::Close => Course::Close,
            EndBy::Reset => Course::Reset,
        }),
        Action::Hang | Action::StopReading => now(Course::Hang),
        Action::Delay(delay) => delayed(delay, request),
        Action::Hold(hold) => {
            let then = plan(&hold.then, request);
            let wait = then.not_before.saturating_sub(request.due);
            let course = if wait.is_zero() {
                then.course
            } else {
                then.course.after(Pause::For(wait))
            };
            now(course.after(Pause::Released))
        }
        Action::Take(take) => plan(&take.then, request),
        // `decide` has made the action of it whose turn it is.
        Action::Sequence(sequence) => plan(&sequence.then, request),
        Action::OverrunDeadline(overrun) => overrun_deadline(*overrun, request),
        // Requests have nothing to do with these.
        Action::Refuse | Action::AcceptThenClose | Action::BlackHole | Action::Connection(_) => {
            now(Course::Close)
        }
        Action::Reset(_) => now(Course::Reset),
        Action::Close(close) => now(match close.at {
            CloseAt::BeforeAnswer => Course::Close,
            CloseAt::MidAnswer => Course::HalfAnswer(unless_refused(request, |protocol| {
                success(
                    export_response::worth_halving(request.signal, protocol),
                    protocol,
                    request.counted,
                )
            })),
        }),
        Action::UnknownFields => now(Course::Answer(unless_refused(request, |protocol| {
            let message = export_response::unknown_fields(protocol);
            success(message, protocol, request.counted)
        }))),
        Action::LargeAnswer(large) => now(long(request, |protocol| {
            large_answer(*large, protocol, request.counted)
        })),
        Action::DripAnswer(drip) => now(long(request, |protocol| {
            drip_answer(*drip, protocol, request.counted)
        })),
        Action::Interim(interim) => {
            let then = plan(&interim.then, request);
            // The status was checked when the fault was made.
            let status = StatusCode::from_u16(interim.status).unwrap_or(StatusCode::EARLY_HINTS);
            let course = if then.not_before > request.due {
                then.course.after(Pause::Until(then.not_before))
            } else {
                then.course
            };
            now(Course::Interim(status, Box::new(course)))
        }
        Action::GoAway(goaway) => now(Course::GoAway(
            *goaway,
            (goaway.stream != GoAwayStream::Refused).then(|| accept(request)),
        )),
        Action::RstStream(rst_stream) => now(Course::RstStream(
            *rst_stream,
            (rst_stream.at != RstAt::BeforeAnswer).then(|| accept(request)),
        )),
        Action::MissingTrailers => {
            let answer = accept(request);
            now(Course::Answer(match request.refusal {
                Some(_) => answer,
                None => answer.without_trailers(),
            }))
        }
        Action::LargeHeaders(large) => now(Course::Answer(Answer {
            padding_bytes: request.refusal.map_or(large.bytes, |_| 0),
            ..accept(request)
        })),
        Action::NotGrpc(not_grpc) => now(Course::Answer(http_answer::page(not_grpc))),
        Action::MislabelledAnswer(mislabelled) => now(mislabelled_answer(mislabelled, request)),
        Action::UndecodableAnswer(undecodable) => {
            now(Course::Answer(unless_refused(request, |protocol| {
                success(
                    export_response::undecodable(undecodable.body, protocol),
                    protocol,
                    request.counted,
                )
            })))
        }
    }
}

/// What is done after a wait, or with a wait within the answer.
fn delayed(delay: &Delay, request: Request<'_>) -> Plan {
    let wait = match delay.wait {
        Wait::For(duration) => duration,
        // `decide` has made a length of it.
        Wait::Uniform(_) | Wait::Lognormal(_) | Wait::Ramp(_) => Duration::ZERO,
    };
    match delay.at {
        DelayAt::BeforeHeaders => plan(
            &delay.then,
            Request {
                due: request.due.saturating_add(wait),
                ..request
            },
        ),
        DelayAt::BeforeBody | DelayAt::BeforeTrailers => {
            let request = Request {
                with_body: true,
                ..request
            };
            let then = plan(&delay.then, request);
            Plan {
                course: then.course.pausing(delay.at, wait),
                ..then
            }
        }
    }
}

/// An answer with a label that is not true, unless the request cannot be accepted.
fn mislabelled_answer(mislabelled: &MislabelledAnswer, request: Request<'_>) -> Course {
    if request.refusal.is_some() {
        return Course::Answer(accept(request));
    }
    let protocol = request.protocol.unwrap_or(Protocol::HttpProtobuf);
    let message = export_response::worth_halving(request.signal, protocol);
    if protocol == Protocol::Grpc {
        return Course::Answer(grpc::mislabelled(mislabelled, &message));
    }
    let length = message.len();
    let answer = http_answer::mislabelled(mislabelled, message, protocol, request.counted);
    match mislabelled {
        MislabelledAnswer::Length(WrongLength::Short) => Course::OverlongAnswer(answer, length - 1),
        MislabelledAnswer::Length(WrongLength::Long) => {
            let rest = Rest {
                never_ends: true,
                ..Rest::default()
            };
            Course::LongAnswer(answer, rest)
        }
        MislabelledAnswer::ContentType(_) | MislabelledAnswer::Compression(_) => {
            Course::Answer(answer)
        }
    }
}

fn partial_success(partial: &PartialSuccess, request: Request<'_>, protocol: Protocol) -> Answer {
    let message = export_response::partial_success(partial, request.signal, protocol);
    if protocol.api() == Api::RemoteWrite && partial.rejected != 0 {
        let written = request.counted.without(partial.rejected);
        let status =
            StatusCode::from_u16(partial.write_status()).unwrap_or(StatusCode::BAD_REQUEST);
        return http_answer::partial_write(status, &partial.message, protocol, written);
    }
    match protocol {
        Protocol::Grpc if partial.gzip => grpc::compressed_success(&message),
        Protocol::HttpProtobuf | Protocol::HttpJson if partial.gzip => {
            http_answer::compressed_success(&message, protocol)
        }
        _ => success(message, protocol, request.counted),
    }
}

/// An answer that is not held in memory, unless the request cannot be accepted.
fn long(request: Request<'_>, answer: impl FnOnce(Protocol) -> (Answer, Rest)) -> Course {
    if request.refusal.is_some() {
        return Course::Answer(accept(request));
    }
    let (answer, rest) = answer(request.protocol.unwrap_or(Protocol::HttpProtobuf));
    Course::LongAnswer(answer, rest)
}

fn large_answer(large: LargeAnswer, protocol: Protocol, written: Counted) -> (Answer, Rest) {
    let mut padded = Padded::large(large.bytes, protocol);
    if large.gzip {
        padded = padded.gzip();
    }
    let answer = match protocol {
        Protocol::Grpc => grpc::padded_success(&padded, large.gzip),
        _ => http_answer::padded_success(&padded, large.gzip, !large.endless, protocol, written),
    };
    (answer, padded.rest)
}

fn drip_answer(drip: DripAnswer, protocol: Protocol, written: Counted) -> (Answer, Rest) {
    let padded = match drip.part {
        DripPart::Body => Padded::dripping(drip.bytes, drip.every, protocol),
        DripPart::Head => Padded {
            beginning: export_response::unknown_fields(protocol),
            rest: Rest {
                every_byte: Some(drip.every),
                ..Rest::default()
            },
        },
    };
    let answer = if protocol == Protocol::Grpc {
        grpc::padded_success(&padded, false)
    } else {
        let announced = drip.part == DripPart::Body;
        http_answer::padded_success(&padded, false, announced, protocol, written)
    };
    (answer, padded.rest)
}

fn accept(request: Request<'_>) -> Answer {
    if let Some(answer) = request.upstream {
        return answer.clone();
    }
    unless_refused(request, |protocol| {
        success(full_success(request, protocol), protocol, request.counted)
    })
}

/// The message of a full success; one that says as little, but has bytes, where it is to be waited for.
fn full_success(request: Request<'_>, protocol: Protocol) -> bytes::Bytes {
    if request.with_body {
        export_response::worth_halving(request.signal, protocol)
    } else {
        export_response::full_success(protocol)
    }
}

fn success(message: bytes::Bytes, protocol: Protocol, written: Counted) -> Answer {
    match protocol {
        Protocol::Grpc => grpc::success(&message),
        _ => http_answer::success(message, protocol, written),
    }
}

/// The answer of a proxy whose upstream did not answer: `UNAVAILABLE`, or 502 with the same text.
///
/// Our choice: what proxies answer, and both are retryable. The text says who speaks.
pub(crate) fn upstream_failed(text: &str, port: Port, protocol: Option<Protocol>) -> Answer {
    match port {
        Port::Grpc => grpc::status(&GrpcAnswer::new(Code::Unavailable).message(text)),
        Port::Http => {
            let body = match protocol {
                Some(_) => AnswerBody::Status,
                None => AnswerBody::Text,
            };
            let asked = HttpAnswer::new(502).body(body).message(text);
            let protocol = protocol.unwrap_or(Protocol::HttpProtobuf);
            http_answer::status(&asked, bytes::Bytes::new(), protocol, 0, Counted::default())
        }
    }
}

/// The answer for a request that can be accepted; what the Collector says, for others.
fn unless_refused(request: Request<'_>, answer: impl FnOnce(Protocol) -> Answer) -> Answer {
    match (request.refusal, request.protocol) {
        (Some(Refusal::Grpc(error)), _) => grpc::refusal(error),
        (Some(Refusal::Http(error)), protocol) => http_answer::refusal(error, protocol),
        (Some(Refusal::RemoteWrite(error)), protocol) => {
            http_answer::write_refusal(error, protocol)
        }
        (Some(Refusal::Zipkin(error)), _) => http_answer::spans_refusal(error),
        (None, protocol) => answer(protocol.unwrap_or(Protocol::HttpProtobuf)),
    }
}

fn with_status(status: &StatusAnswer, request: Request<'_>) -> Answer {
    match (request.protocol, &status.grpc, &status.http) {
        (Some(Protocol::Grpc), Some(asked), _) if Code::from(asked.code) == Code::Ok => {
            accept(request)
        }
        (Some(Protocol::Grpc), Some(asked), _) => grpc::status(asked),
        (Some(protocol), _, Some(asked)) if protocol.is_http() => {
            let message = full_success(request, protocol);
            let wall_unix_nano = request.wall_unix_nano;
            http_answer::status(asked, message, protocol, wall_unix_nano, request.counted)
        }
        // `decide` takes no status that has no answer for the protocol.
        _ => accept(request),
    }
}

fn overrun_deadline(overrun: OverrunDeadline, request: Request<'_>) -> Plan {
    match request.grpc_timeout.or(overrun.after) {
        Some(deadline) => {
            let answered = request
                .received_at
                .saturating_add(deadline)
                .saturating_add(overrun.by);
            Plan {
                not_before: answered.max(request.due),
                course: Course::Answer(accept(request)),
            }
        }
        None => Plan {
            not_before: request.due,
            course: Course::Hang,
        },
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::fault::{delay, grpc, hang, http, overrun_deadline, secs, status};
    use crate::receive::grpc::CallError;

    fn request<'a>(protocol: Protocol) -> Request<'a> {
        Request {
            signal: Some(Signal::Metrics),
            protocol: Some(protocol),
            received_at: secs(10),
            due: secs(11),
            grpc_timeout: Some(secs(5)),
            wall_unix_nano: 0,
            refusal: None,
            with_body: false,
            upstream: None,
            counted: Counted::default(),
        }
    }

    fn answered(plan: Plan) -> Answer {
        match plan.course {
            Course::Answer(answer) => answer,
            other => panic!("an answer was expected, not {other:?}"),
        }
    }

    #[test]
    fn delays_add_up_and_end_in_their_action() {
        let action = hang().after(secs(2)).after(secs(1));
        let plan = plan(&action, request(Protocol::Grpc));
        assert_eq!(
            plan,
            Plan {
                not_before: secs(14),
                course: Course::Hang
            }
        );
    }

    #[test]
    fn an_overrun_counts_from_the_arrival_of_the_request() {
        let action = overrun_deadline(secs(1));
        let grpc = request(Protocol::Grpc);
        assert_eq!(plan(&action, grpc).not_before, secs(16));
        let without = Request {
            grpc_timeout: None,
            ..grpc
        };
        assert_eq!(plan(&action, without).course, Course::Hang);
    }

    #[test]
    fn each_protocol_gets_its_own_status() {
        let action = status(grpc(Code::Unavailable), http(503));
        let over_grpc = answered(plan(&action, request(Protocol::Grpc)));
        assert_eq!(
            (over_grpc.status, &over_grpc.headers["grpc-status"]),
            (StatusCode::OK, &"14".parse().expect("14"))
        );
        let over_http = answered(plan(&action, request(Protocol::HttpJson)));
        assert_eq!(over_http.status, StatusCode::SERVICE_UNAVAILABLE);
    }

    #[test]
    fn a_request_that_cannot_be_accepted_is_not() {
        let refusal = Refusal::Grpc(CallError::SeveralMessages);
        let request = Request {
            refusal: Some(&refusal),
            ..request(Protocol::Grpc)
        };
        let answer = answered(plan(&delay(secs(1)), request));
        assert_eq!(answer.headers["grpc-status"], "13");
    }
}
