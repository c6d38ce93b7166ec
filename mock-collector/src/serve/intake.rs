use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header;
use http::request::Parts;
use tokio::time::{sleep, sleep_until};

use super::connection::Connection;
use crate::decide::Decision;
use crate::facts::{BodyFacts, Facts};
use crate::fault::{Action, Reset, ResetAt};
use crate::forward::{Link, Outgoing, accepted};
use crate::journal::{
    Accepted, End, ExchangeHandle, OpenExchange, Port, RequestHead, SeenBody, UpstreamOutcome,
};
use crate::listen::Cause;
use crate::payload::Counted;
use crate::receive::Refusal;
use crate::receive::body::{BodyStream, Collected, ReadEnd};
use crate::receive::head::{Head, Unwrapped};
use crate::respond::{self, Answer, Course, Pause, Plan};
use crate::signal::Protocol;

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
    /// The body as it was on the wire, where it is complete and can be forwarded.
    forwardable: Option<Bytes>,
    /// What the upstream answered.
    upstream: Option<Answer>,
    state: State,
    /// The ordinal of the fault that decided, once one has, and how often it had been replaced.
    fault: Option<(u64, u64)>,
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
        let head = Head::of(connection.port, &parts, |path| core.route(path));
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
            forwardable: None,
            upstream: None,
            state: State::Open(open),
            fault: None,
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
        let (decision, refusal, counted) = if let Some(decision) = early {
            let mid_body = Action::Reset(Reset {
                at: ResetAt::MidBody,
            });
            if *decision.action.last() == mid_body {
                self.collected.read_some(&mut body, &core.segments).await;
            }
            self.record_body(ReadEnd::Unfinished);
            (decision, None, Counted::default())
        } else {
            let end = self.read(&mut body).await;
            let (seen, refusal) = self.record_body(end);
            let facts = BodyFacts {
                export: seen.export,
                attempt: seen.attempt,
                items: seen.counted.items,
                bytes: seen.bytes,
                resources: &seen.resources,
            };
            let decision = core.faults.after_body(&self.facts(Some(facts)));
            (decision, refusal, seen.counted)
        };
        let request = respond::Request {
            signal: self.head.signal,
            protocol: self.head.protocol,
            received_at: self.received_at,
            due: core.journal.elapsed(),
            grpc_timeout: self.head.grpc_timeout,
            wall_unix_nano: core.journal.wall_clock().now_unix_nano(),
            refusal: refusal.as_ref(),
            with_body: false,
            upstream: None,
            counted,
        };
        let connection = Arc::clone(&self.connection);
        let outgoing = self.outgoing(&decision.action);
        if let (Some(link), Some(outgoing)) = (&connection.link, outgoing) {
            let action = decision.action.clone();
            self.begin(decision);
            return self.forward(&action, request, outgoing, link).await;
        }
        let plan = respond::plan(&decision.action, request);
        self.begin(decision);
        self.wait_until(plan.not_before).await;
        self.dated(plan.course)
    }

    /// The request as it is to be forwarded: where there is an upstream, the request is complete, and what was decided
    /// takes its payload.
    fn outgoing(&mut self, action: &Action) -> Option<Outgoing> {
        let body = self.forwardable.take()?;
        // What is no export is forwarded as well.
        let protocol = self.head.protocol.unwrap_or(match self.connection.port {
            Port::Grpc => Protocol::Grpc,
            Port::Http => Protocol::HttpProtobuf,
        });
        action.takes_payload(protocol).then(|| Outgoing {
            head: Arc::clone(&self.request),
            body,
            trailers: self.collected.take_trailers(),
            limit_bytes: self.connection.core.max_request_bytes,
        })
    }

    /// Forwards the request, and tells the client what was decided, or else what the upstream says.
    async fn forward(
        &mut self,
        action: &Action,
        request: respond::Request<'_>,
        outgoing: Outgoing,
        link: &Link,
    ) -> Course {
        let journal = &self.connection.core.journal;
        self.with_handle(|handle| handle.forwards(link.route().to_string()));
        self.wait_until(request.due.saturating_add(action.delay_before()))
            .await;
        self.with_handle(ExchangeHandle::forwarded);
        let limit_bytes = outgoing.limit_bytes;
        let sent = link.send(outgoing).await;
        let at = journal.elapsed();
        let (answer, outcome, took_it) = match &sent {
            Ok(answer) => {
                // Of what is no export the status of the answer alone tells.
                let protocol = self.head.protocol.unwrap_or(Protocol::HttpProtobuf);
                let accepted = accepted(answer, protocol, request.counted, limit_bytes);
                let outcome = UpstreamOutcome::Answered {
                    at,
                    answer: answer.sent(),
                    accepted,
                };
                (answer.clone(), outcome, accepted != Accepted::No)
            }
            Err(failure) => {
                let text = format!("otelbox: the upstream {} {failure}", link.route());
                let answer =
                    respond::upstream_failed(&text, self.connection.port, self.head.protocol);
                let failure = failure.clone();
                (answer, UpstreamOutcome::Failed { at, failure }, false)
            }
        };
        self.with_handle(|handle| handle.upstream_ended(outcome));
        // Where the upstream took nothing there is nothing to tell otherwise.
        let action = if took_it { action } else { &Action::Accept };
        let Plan { not_before, course } = respond::plan(
            action,
            respond::Request {
                // The upstream decides what can be accepted.
                refusal: None,
                upstream: Some(&answer),
                ..request
            },
        );
        self.wait_until(not_before).await;
        self.upstream = sent.ok();
        self.dated(course)
    }

    fn with_handle(&self, record: impl FnOnce(&ExchangeHandle)) {
        if let State::Begun(handle) = &self.state {
            record(handle);
        }
    }

    /// Waits until so long after the collector started.
    async fn wait_until(&self, not_before: Duration) {
        let journal = &self.connection.core.journal;
        if not_before > journal.elapsed() {
            sleep_until(journal.started() + not_before).await;
        }
    }

    async fn read(&mut self, body: &mut BodyStream) -> ReadEnd {
        if self.connection.link.is_none() && self.head.is_answered_at_once() {
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
        } = {
            let bytes = self.collected.take();
            if end == ReadEnd::Complete && self.connection.link.is_some() {
                self.forwardable = Some(bytes.clone());
            }
            self.head.unwrap(bytes, end, limit)
        };
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

    /// Waits for as long as a pause within a course says.
    pub(super) async fn pause(&self, pause: Pause) {
        let core = &self.connection.core;
        match pause {
            Pause::Until(at) => sleep_until(core.journal.started() + at).await,
            Pause::For(wait) => sleep(wait).await,
            Pause::Released => {
                // Only a fault holds.
                if let Some((fault, replaced)) = self.fault {
                    core.faults.released(fault, replaced).await;
                }
            }
        }
    }

    fn begin(&mut self, decision: Decision) {
        let faults = &self.connection.core.faults;
        self.fault = decision
            .fault
            .as_ref()
            .map(|fault| (fault.ordinal, faults.times_replaced(fault.ordinal)));
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

    /// HTTP answers carry the date of the injected clock; gRPC answers carry none, as grpc-go's. The upstream's answer
    /// stays as it came.
    pub(super) fn dated(&self, mut course: Course) -> Course {
        if self.connection.port == Port::Http
            && let Some(answer) = course.answer_mut()
            && !self
                .upstream
                .as_ref()
                .is_some_and(|upstream| answer.has_head_of(upstream))
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
