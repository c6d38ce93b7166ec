use std::sync::Arc;
use std::time::Duration;

use http::header;
use http::request::Parts;
use tokio::time::sleep_until;

use super::connection::Connection;
use crate::decide::Decision;
use crate::facts::{BodyFacts, Facts};
use crate::fault::{Action, Reset, ResetAt};
use crate::journal::{End, ExchangeHandle, OpenExchange, Port, RequestHead, SeenBody};
use crate::listen::Cause;
use crate::receive::Refusal;
use crate::receive::body::{BodyStream, Collected, ReadEnd};
use crate::receive::head::{Head, Unwrapped};
use crate::respond::{self, Answer, Course};

/// One exchange on its way through the collector: receive, decide, journal.
///
/// Dropped at any point, it leaves a complete entry in the journal.
#[derive(Debug)]
pub(super) struct Intake {
    connection: Arc<Connection>,
    head: Head,
    request: Arc<RequestHead>,
    received_at: Duration,
    request_ordinal: u64,
    collected: Collected,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The request is being read.
    Open(OpenExchange),
    /// The exchange is in the journal.
    Begun(ExchangeHandle),
    /// It is complete.
    Complete,
}

impl Intake {
    pub(super) fn new(connection: Arc<Connection>, parts: Parts) -> Self {
        let core = &connection.core;
        let head = Head::of(connection.port, &parts, |path| core.http_signal(path));
        let target = parts
            .uri
            .path_and_query()
            .map_or_else(|| parts.uri.to_string(), ToString::to_string);
        let request = Arc::new(RequestHead {
            method: parts.method,
            target,
            version: parts.version,
            headers: parts.headers,
            grpc_timeout: head.grpc_timeout,
        });
        let open = core.journal.receive(
            connection.ordinal,
            head.signal,
            head.protocol,
            Arc::clone(&request),
        );
        Self {
            received_at: open.received_at(),
            request_ordinal: core.faults.count_request(head.exported_signal()),
            request,
            collected: Collected::default(),
            state: State::Open(open),
            head,
            connection,
        }
    }

    /// Reads the request, decides on it, enters it into the journal, and waits until it is time for what was decided.
    pub(super) async fn proceed(&mut self, mut body: BodyStream) -> Course {
        let core = Arc::clone(&self.connection.core);
        if core.is_away() {
            // The request came in the very moment in which the receiver went away.
            self.connection.end(Cause::Stopped);
            return Course::Hang;
        }
        let early = core.faults.before_body(&self.facts(None));
        let (decision, refusal) = if let Some(decision) = early {
            let mid_body = Action::Reset(Reset {
                at: ResetAt::MidBody,
            });
            if *decision.action.last() == mid_body {
                self.collected.read_some(&mut body, &core.segments).await;
            }
            self.record_body(ReadEnd::Unfinished);
            (decision, None)
        } else {
            let end = self.read(&mut body).await;
            let (seen, refusal) = self.record_body(end);
            let facts = BodyFacts {
                export: seen.export,
                attempt: seen.attempt,
                resources: &seen.resources,
            };
            (core.faults.after_body(&self.facts(Some(facts))), refusal)
        };
        let plan = respond::plan(
            &decision.action,
            respond::Request {
                signal: self.head.signal,
                protocol: self.head.protocol,
                received_at: self.received_at,
                due: core.journal.elapsed(),
                grpc_timeout: self.head.grpc_timeout,
                wall_unix_nano: core.journal.wall_clock().now_unix_nano(),
                refusal: refusal.as_ref(),
            },
        );
        self.begin(decision);
        if plan.not_before > core.journal.elapsed() {
            sleep_until(core.journal.started() + plan.not_before).await;
        }
        self.dated(plan.course)
    }

    async fn read(&mut self, body: &mut BodyStream) -> ReadEnd {
        if self.head.is_answered_at_once() {
            return ReadEnd::Unfinished;
        }
        let Self {
            collected,
            head,
            connection,
            ..
        } = self;
        let core = &connection.core;
        let limit = head.wire_limit(core.max_request_bytes);
        collected
            .read(
                body,
                |read| head.announced_length(read),
                limit,
                &core.segments,
            )
            .await
    }

    /// Enters the body into the journal, as far as it came, and tells why the request cannot be accepted.
    fn record_body(&mut self, end: ReadEnd) -> (SeenBody, Option<Refusal>) {
        let limit = self.connection.core.max_request_bytes;
        let Unwrapped {
            body,
            plain,
            refusal,
        } = self.head.unwrap(self.collected.take(), end, limit);
        let seen = match &mut self.state {
            State::Open(open) => open.body(body, plain),
            State::Begun(_) | State::Complete => SeenBody::nothing(),
        };
        let undecodable = seen.error.as_ref().filter(|_| refusal.is_none());
        let refusal = undecodable
            .map(|error| self.head.undecodable(error))
            .or(refusal);
        (seen, refusal)
    }

    fn begin(&mut self, decision: Decision) {
        self.state = match std::mem::replace(&mut self.state, State::Complete) {
            State::Open(open) => State::Begun(open.begin(decision)),
            state => state,
        };
    }

    fn facts<'a>(&'a self, body: Option<BodyFacts<'a>>) -> Facts<'a> {
        Facts {
            signal: self.head.exported_signal(),
            protocol: self.head.protocol,
            path: self.request.path(),
            headers: &self.request.headers,
            connection: self.connection.ordinal,
            at: self.received_at,
            request: self.request_ordinal,
            body,
        }
    }

    /// HTTP answers carry the date of the injected clock; gRPC answers carry none, as grpc-go's.
    fn dated(&self, mut course: Course) -> Course {
        if self.connection.port == Port::Http
            && let Some(answer) = course.answer_mut()
        {
            let now = self.connection.core.journal.wall_clock().now_unix_nano();
            answer.headers.insert(header::DATE, respond::date(now));
        }
        course
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn shared_connection(&self) -> Arc<Connection> {
        Arc::clone(&self.connection)
    }

    /// Enters what was sent and how it ended into the journal.
    pub(super) fn complete(&mut self, answer: Option<&Answer>, end: End) {
        let state = std::mem::replace(&mut self.state, State::Complete);
        let handle = match state {
            State::Open(mut open) => {
                // It ends before it was decided on: the client went away, or the collector did.
                let limit = self.connection.core.max_request_bytes;
                let unwrapped = self
                    .head
                    .unwrap(self.collected.take(), ReadEnd::BrokenOff, limit);
                open.body(unwrapped.body, None);
                open.begin(Decision::default())
            }
            State::Begun(handle) => handle,
            State::Complete => return,
        };
        handle.complete_shared(answer.map(Answer::sent), end);
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        let end = self.connection.end_of_exchange();
        self.complete(None, end);
    }
}
