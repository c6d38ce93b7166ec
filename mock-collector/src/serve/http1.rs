//! HTTP/1.1, on hyper.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderValue, Request, Response, header};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::{Connection, ProtocolError};
use super::intake::Intake;
use crate::forward::Whole;
use crate::journal::End;
use crate::listen::Cause;
use crate::receive::body::BodyStream;
use crate::respond::{Answer, Course, Rest};

const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// Serves a connection until one side ends it.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &Arc<Connection>,
    stream: S,
) -> Result<(), ProtocolError> {
    let service = service_fn(|request| respond(Arc::clone(connection), request));
    let serving = http1::Builder::new()
        // The date is that of the injected clock.
        .auto_date_header(false)
        .serve_connection(TokioIo::new(connection.interposed(stream)), service);
    let served = if connection.conditions.delay_or_cut_answers() {
        tokio::select! {
            biased;
            served = serving => {
                if served.is_ok() {
                    connection.outbox.finish(connection);
                }
                served
            }
            never = connection.outbox.run(connection) => match never {},
        }
    } else {
        serving.await
    };
    served.or_else(|error| {
        if error.is_parse() {
            Err(protocol_error(&error))
        } else {
            Ok(())
        }
    })
}

fn protocol_error(error: &hyper::Error) -> ProtocolError {
    ProtocolError(match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    })
}

async fn respond(
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Response<HttpBody>, Infallible> {
    let (head, body) = request.into_parts();
    let mut intake = Intake::new(Arc::clone(&connection), head);
    let mut course = intake.proceed(BodyStream::Http1(body)).await;
    loop {
        course = match course {
            Course::Interim(status, then) => {
                let line = format!("HTTP/1.1 {status}\r\n\r\n");
                connection.interposition.write(line.into()).await;
                *then
            }
            Course::Pause(pause, then) => {
                intake.pause(pause).await;
                intake.dated(*then)
            }
            _ => break,
        };
    }
    if let Some(answer) = course.answer_mut()
        && connection.is_old()
    {
        // hyper closes the connection after it.
        answer.headers.insert(header::CONNECTION, CLOSE);
    }
    let cause = match course {
        Course::Answer(answer) => {
            let body = HttpBody::of(&answer);
            if connection.conditions.delay_or_cut_answers() {
                connection.outbox.add(intake, answer.clone());
                return Ok(response(answer, body));
            }
            // A client that left while it sent its request may still read; whether it does cannot be known.
            let end = if connection.ended_by_client() {
                End::ClientGone
            } else {
                End::Answered
            };
            intake.complete(Some(&answer), end);
            return Ok(response(answer, body));
        }
        Course::HalfAnswer(answer) => {
            let (half, missing) = answer.halved();
            intake.complete(Some(&half), End::ClosedByCollector);
            let body = HttpBody::Short(ShortBody {
                data: half.body.clone(),
                after: After::Close {
                    missing,
                    connection,
                },
            });
            return Ok(response(half, body));
        }
        Course::OverlongAnswer(answer, announced) => {
            if connection.conditions.delay_or_cut_answers() {
                connection.outbox.add(intake, answer.clone());
            } else {
                intake.complete(Some(&answer), End::Answered);
            }
            let mut announced_part = answer.body.clone().unwrap_or_default();
            let surplus = announced_part.split_off(announced.min(announced_part.len()));
            let body = HttpBody::Short(ShortBody {
                data: Some(announced_part),
                after: After::Surplus {
                    bytes: surplus,
                    connection,
                },
            });
            return Ok(response(answer, body));
        }
        Course::LongAnswer(answer, rest) => {
            connection.interposition.slow_down(rest.every_byte);
            let body = HttpBody::Long(Box::pin(long_body(intake, answer.clone(), rest)));
            return Ok(response(answer, body));
        }
        Course::Reset => Cause::Reset,
        // Until the client goes away: this future is dropped then.
        Course::Hang => return std::future::pending().await,
        // Faults of HTTP/2 match no request over HTTP/1.1; interim answers were sent above, and pauses are over.
        Course::Close
        | Course::GoAway(..)
        | Course::RstStream(..)
        | Course::Interim(..)
        | Course::Pause(..) => Cause::Closed,
    };
    connection.end(cause);
    intake.complete(None, connection.end_of_exchange());
    std::future::pending().await
}

fn response(mut answer: Answer, body: HttpBody) -> Response<HttpBody> {
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.sent_headers();
    response
}

/// What an answer holds of its body, and then what follows. The exchange is complete when the last of it was handed over,
/// or when the client does not want more.
fn long_body(intake: Intake, answer: Answer, rest: Rest) -> impl Stream<Item = Bytes> + Send {
    let beginning = answer.body.clone().unwrap_or_default();
    let sending = Sending {
        intake: Some(intake),
        answer,
        head_alone: rest.before_body.is_some(),
    };
    stream::unfold(
        Some((sending, Some(beginning), rest)),
        async |state| -> Option<(Bytes, _)> {
            let (mut sending, mut beginning, mut rest) = state?;
            let slow = rest.every_byte.is_some();
            let part = match beginning.take() {
                Some(beginning) => {
                    rest.until_body().await;
                    sending.head_alone = false;
                    Some(beginning)
                }
                None => rest.next().await,
            };
            match part {
                Some(part) if rest.is_over() && !slow => {
                    sending.sent();
                    Some((part, None))
                }
                Some(part) => Some((part, Some((sending, beginning, rest)))),
                None => {
                    if let Some(intake) = &sending.intake {
                        intake.connection().interposition.flushed().await;
                    }
                    sending.sent();
                    None
                }
            }
        },
    )
}

/// An exchange whose answer is being sent.
struct Sending {
    intake: Option<Intake>,
    answer: Answer,
    /// Whether the body is still waited for.
    head_alone: bool,
}

impl Sending {
    /// The last of it was handed over.
    fn sent(&mut self) {
        let Some(mut intake) = self.intake.take() else {
            return;
        };
        intake.connection().interposition.slow_down(None);
        if intake.connection().conditions.delay_or_cut_answers() {
            let connection = intake.shared_connection();
            connection.outbox.add(intake, self.answer.clone());
        } else {
            intake.complete(Some(&self.answer), End::Answered);
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if let Some(intake) = &mut self.intake {
            let end = intake.connection().end_of_exchange();
            if self.head_alone {
                let sent = self.answer.clone().only_head();
                return intake.complete(Some(&sent), end);
            }
            // Of an answer that came byte by byte from its first one on, nobody knows how much was sent.
            intake.complete(Some(&self.answer), end);
        }
    }
}

/// The body of an answer.
enum HttpBody {
    Short(ShortBody),
    /// With trailers.
    Whole(Whole),
    Long(Pin<Box<dyn Stream<Item = Bytes> + Send>>),
}

impl HttpBody {
    /// All that an answer holds.
    fn of(answer: &Answer) -> Self {
        let data = answer.body.clone();
        match answer.trailers.clone() {
            Some(trailers) => Self::Whole(Whole {
                data,
                trailers: Some(trailers),
            }),
            None => Self::Short(ShortBody {
                data,
                after: After::Nothing,
            }),
        }
    }
}

/// A body that is held in memory, or as much of it as is to be sent before the connection is closed.
struct ShortBody {
    data: Option<Bytes>,
    after: After,
}

/// What comes after a body that is held in memory.
enum After {
    Nothing,
    /// The end of the connection, in place of so many bytes that were announced.
    Close {
        missing: usize,
        connection: Arc<Connection>,
    },
    /// Bytes that were not announced.
    Surplus {
        bytes: Bytes,
        connection: Arc<Connection>,
    },
}

impl Body for HttpBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Short(body) => body.poll_frame(),
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Long(parts) => parts
                .poll_next_unpin(cx)
                .map(|part| part.map(|part| Ok(Frame::data(part)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Short(body) => {
                !matches!(body.after, After::Close { .. })
                    && body.data.as_ref().is_none_or(Bytes::is_empty)
            }
            Self::Whole(body) => body.is_end_stream(),
            Self::Long(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Short(body) => {
                let missing = match body.after {
                    After::Close { missing, .. } => missing,
                    After::Nothing | After::Surplus { .. } => 0,
                };
                let length = body.data.as_ref().map_or(0, Bytes::len) + missing;
                SizeHint::with_exact(length as u64)
            }
            Self::Whole(body) => body.size_hint(),
            // Where it is announced, the header tells.
            Self::Long(_) => SizeHint::default(),
        }
    }
}

impl ShortBody {
    fn poll_frame(&mut self) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match (self.data.take(), &self.after) {
            (Some(data), After::Surplus { bytes, connection }) => {
                // hyper, which would not write them, writes the data next, and flushes then.
                connection.interposition.append(bytes);
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            (Some(data), After::Nothing | After::Close { .. }) => {
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            (None, After::Close { connection, .. }) => {
                connection.close_when_flushed();
                Poll::Pending
            }
            (None, After::Nothing | After::Surplus { .. }) => Poll::Ready(None),
        }
    }
}
