//! From an action to what is done on the wire, and when.

use std::time::Duration;

use tonic::Code;

use super::{Answer, export_response, grpc, http as http_answer};
use crate::fault::{Action, CloseAt, EndBy, OverrunDeadline, StatusAnswer};
use crate::receive::Refusal;
use crate::signal::{Protocol, Signal};

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
}

/// What is done, and not before when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Since the start of the collector.
    pub(crate) not_before: Duration,
    pub(crate) course: Course,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// Send this.
    Answer(Answer),
    /// Send the head and half of the body, then close the connection.
    HalfAnswer(Answer),
    /// Close the connection.
    Close,
    /// Reset the connection.
    Reset,
    /// Nothing, until the client goes away.
    Hang,
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
                success(
                    export_response::partial_success(partial, request.signal, protocol),
                    protocol,
                )
            })))
        }
        Action::LoseAcknowledgement(lose) => now(match lose.by {
            EndBy::Close => Course::Close,
            EndBy::Reset => Course::Reset,
        }),
        Action::Hang => now(Course::Hang),
        Action::Delay(delay) => plan(
            &delay.then,
            Request {
                due: request.due.saturating_add(delay.duration),
                ..request
            },
        ),
        Action::OverrunDeadline(overrun) => overrun_deadline(*overrun, request),
        Action::Refuse | Action::AcceptThenClose => now(Course::Close),
        Action::Reset(_) => now(Course::Reset),
        Action::Close(close) => now(match close.at {
            CloseAt::BeforeAnswer => Course::Close,
            CloseAt::MidAnswer => Course::HalfAnswer(unless_refused(request, |protocol| {
                success(
                    export_response::worth_halving(request.signal, protocol),
                    protocol,
                )
            })),
        }),
        Action::UndecodableAnswer(undecodable) => {
            now(Course::Answer(unless_refused(request, |protocol| {
                success(
                    export_response::undecodable(undecodable.body, protocol),
                    protocol,
                )
            })))
        }
    }
}

fn accept(request: Request<'_>) -> Answer {
    unless_refused(request, |protocol| {
        success(export_response::full_success(protocol), protocol)
    })
}

fn success(message: bytes::Bytes, protocol: Protocol) -> Answer {
    match protocol {
        Protocol::Grpc => grpc::success(&message),
        Protocol::HttpProtobuf | Protocol::HttpJson => http_answer::success(message, protocol),
    }
}

/// The answer for a request that can be accepted; what the Collector says, for others.
fn unless_refused(request: Request<'_>, answer: impl FnOnce(Protocol) -> Answer) -> Answer {
    match (request.refusal, request.protocol) {
        (Some(Refusal::Grpc(error)), _) => grpc::refusal(error),
        (Some(Refusal::Http(error)), protocol) => http_answer::refusal(error, protocol),
        (None, protocol) => answer(protocol.unwrap_or(Protocol::HttpProtobuf)),
    }
}

fn with_status(status: &StatusAnswer, request: Request<'_>) -> Answer {
    match (request.protocol, &status.grpc, &status.http) {
        (Some(Protocol::Grpc), Some(asked), _) if Code::from(asked.code) == Code::Ok => {
            accept(request)
        }
        (Some(Protocol::Grpc), Some(asked), _) => grpc::status(asked),
        (Some(protocol @ (Protocol::HttpProtobuf | Protocol::HttpJson)), _, Some(asked)) => {
            let message = export_response::full_success(protocol);
            http_answer::status(asked, message, protocol, request.wall_unix_nano)
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
        let refusal = Refusal::Grpc(CallError::Truncated);
        let request = Request {
            refusal: Some(&refusal),
            ..request(Protocol::Grpc)
        };
        let answer = answered(plan(&delay(secs(1)), request));
        assert_eq!(answer.headers["grpc-status"], "13");
    }
}
