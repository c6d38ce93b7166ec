//! HTTP/1.1, on hyper.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::{Cause, Connection, ProtocolError};
use super::intake::Intake;
use crate::forward::Whole;
use crate::journal::End;
use crate::receive::body::BodyStream;
use crate::respond::{Answer, Course, Rest};

/// Serves a connection until one side ends it.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &Arc<Connection>,
    stream: S,
) -> Result<(), ProtocolError> {
    let service = service_fn(|request| respond(Arc::clone(connection), request));
    http1::Builder::new()
        // The date is that of the injected clock.
        .auto_date_header(false)
        .serve_connection(TokioIo::new(connection.interposed(stream)), service)
        .await
        .or_else(|error| {
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
    while let Course::Interim(status, then) = course {
        let line = format!("HTTP/1.1 {status}\r\n\r\n");
        connection.interposition.write(line.into()).await;
        course = *then;
    }
    let cause = match course {
        Course::Answer(answer) => {
            // A client that left while it sent its request may still read; whether it does cannot be known.
            let end = if connection.ended_by_client() {
                End::ClientGone
            } else {
                End::Answered
            };
            intake.complete(Some(&answer), end);
            if let Some(trailers) = answer.trailers.clone() {
                let body = HttpBody::Whole(Whole {
                    data: answer.body.clone(),
                    trailers: Some(trailers),
                });
                return Ok(response(answer, body));
            }
            let body = HttpBody::Short(ShortBody {
                data: answer.body.clone(),
                missing: 0,
                connection: None,
            });
            return Ok(response(answer, body));
        }
        Course::HalfAnswer(answer) => {
            let (half, missing) = answer.halved();
            intake.complete(Some(&half), End::ClosedByCollector);
            let body = HttpBody::Short(ShortBody {
                data: half.body.clone(),
                missing,
                connection: Some(connection),
            });
            return Ok(response(half, body));
        }
        Course::LongAnswer(answer, rest) => {
            connection.interposition.slow_down(rest.every_byte);
            let body = HttpBody::Long(Box::pin(long_body(intake, answer.clone(), rest)));
            return Ok(response(answer, body));
        }
        Course::Reset => Cause::Reset,
        // Until the client goes away: this future is dropped then.
        Course::Hang => return std::future::pending().await,
        // Faults of HTTP/2 match no request over HTTP/1.1; interim answers were sent above.
        Course::Close | Course::GoAway(..) | Course::RstStream(_) | Course::Interim(..) => {
            Cause::Closed
        }
    };
    connection.end(cause);
    intake.complete(None, connection.end_of_exchange());
    std::future::pending().await
}

fn response(answer: Answer, body: HttpBody) -> Response<HttpBody> {
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

/// What an answer holds of its body, and then what follows. The exchange is complete when the last of it was handed over,
/// or when the client does not want more.
fn long_body(intake: Intake, answer: Answer, rest: Rest) -> impl Stream<Item = Bytes> + Send {
    let beginning = answer.body.clone().unwrap_or_default();
    let sending = Sending { intake, answer };
    stream::unfold(
        Some((sending, Some(beginning), rest)),
        async |state| -> Option<(Bytes, _)> {
            let (mut sending, mut beginning, mut rest) = state?;
            let slow = rest.every_byte.is_some();
            let part = match beginning.take() {
                Some(beginning) => Some(beginning),
                None => rest.next().await,
            };
            match part {
                Some(part) if rest.is_over() && !slow => {
                    sending.sent();
                    Some((part, None))
                }
                Some(part) => Some((part, Some((sending, beginning, rest)))),
                None => {
                    sending.intake.connection().interposition.flushed().await;
                    sending.sent();
                    None
                }
            }
        },
    )
}

/// An exchange whose answer is being sent.
struct Sending {
    intake: Intake,
    answer: Answer,
}

impl Sending {
    fn sent(&mut self) {
        self.intake.connection().interposition.slow_down(None);
        self.intake.complete(Some(&self.answer), End::Answered);
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let end = self.intake.connection().end_of_exchange();
        // Of an answer that came byte by byte from its first one on, nobody knows how much was sent.
        self.intake.complete(Some(&self.answer), end);
    }
}

/// The body of an answer.
enum HttpBody {
    Short(ShortBody),
    /// With trailers.
    Whole(Whole),
    Long(Pin<Box<dyn Stream<Item = Bytes> + Send>>),
}

/// A body that is held in memory, or as much of it as is to be sent before the connection is closed.
struct ShortBody {
    data: Option<Bytes>,
    /// How many bytes were announced and never come.
    missing: usize,
    /// The connection to close after the data, where it is to be closed.
    connection: Option<Arc<Connection>>,
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
                body.connection.is_none() && body.data.as_ref().is_none_or(Bytes::is_empty)
            }
            Self::Whole(body) => body.is_end_stream(),
            Self::Long(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Short(body) => {
                let length = body.data.as_ref().map_or(0, Bytes::len) + body.missing;
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
        match (self.data.take(), &self.connection) {
            (Some(data), _) => Poll::Ready(Some(Ok(Frame::data(data)))),
            (None, Some(connection)) => {
                connection.close_when_flushed();
                Poll::Pending
            }
            (None, None) => Poll::Ready(None),
        }
    }
}
