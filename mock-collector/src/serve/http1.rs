//! HTTP/1.1, on hyper.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::{Cause, Connection, ProtocolError};
use super::intake::Intake;
use crate::journal::End;
use crate::receive::body::BodyStream;
use crate::respond::{Answer, Course};

/// Serves a connection until one side ends it.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &Arc<Connection>,
    stream: S,
) -> Result<(), ProtocolError> {
    let service = service_fn(|request| respond(Arc::clone(connection), request));
    http1::Builder::new()
        // The date is that of the injected clock.
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service)
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
    let course = intake.proceed(BodyStream::Http1(body)).await;
    let cause = match course {
        Course::Answer(answer) => {
            // A client that left while it sent its request may still read; whether it does cannot be known.
            let end = if connection.ended_by_client() {
                End::ClientGone
            } else {
                End::Answered
            };
            intake.complete(Some(&answer), end);
            let body = HttpBody {
                data: answer.body.clone(),
                missing: 0,
                connection: None,
            };
            return Ok(response(answer, body));
        }
        Course::HalfAnswer(answer) => {
            let (half, missing) = answer.halved();
            intake.complete(Some(&half), End::ClosedByCollector);
            let body = HttpBody {
                data: half.body.clone(),
                missing,
                connection: Some(connection),
            };
            return Ok(response(half, body));
        }
        Course::Reset => Cause::Reset,
        Course::Close => Cause::Closed,
        // Until the client goes away: this future is dropped then.
        Course::Hang => return std::future::pending().await,
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

/// The body of an answer, or as much of it as is to be sent before the connection is closed.
struct HttpBody {
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
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match (self.data.take(), &self.connection) {
            (Some(data), _) => Poll::Ready(Some(Ok(Frame::data(data)))),
            (None, Some(connection)) => {
                connection.close_when_flushed();
                Poll::Pending
            }
            (None, None) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.connection.is_none() && self.data.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.data.as_ref().map_or(0, Bytes::len) + self.missing;
        SizeHint::with_exact(length as u64)
    }
}
