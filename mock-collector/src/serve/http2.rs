//! HTTP/2, on the crate `h2`.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::FuturesUnordered;
use futures_util::{StreamExt, future::Either};
use h2::server::SendResponse;
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::{Cause, Connection, ProtocolError};
use super::intake::Intake;
use crate::journal::End;
use crate::receive::body::BodyStream;
use crate::respond::{Answer, Course};

/// How much a client may send before it has to wait, on a stream and on a connection. As hyper's default.
const WINDOW_BYTES: u32 = 1024 * 1024;

/// Serves a connection until one side ends it.
///
/// All its streams are handled in the task of the connection: what they send leaves in one write, whatever runtime the
/// collector runs on, and in virtual time their order is always the same.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &Arc<Connection>,
    stream: S,
) -> Result<(), ProtocolError> {
    let mut builder = h2::server::Builder::new();
    builder
        .initial_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES);
    let mut frames = match builder.handshake(stream).await {
        Ok(frames) => frames,
        Err(error) => return ended_by(&error),
    };
    let mut streams = FuturesUnordered::new();
    poll_fn(|cx| {
        loop {
            while let Poll::Ready(accepted) = frames.poll_accept(cx) {
                match accepted {
                    Some(Ok((request, respond))) => {
                        streams.push(serve_stream(Arc::clone(connection), request, respond));
                    }
                    Some(Err(error)) => return Poll::Ready(ended_by(&error)),
                    None => return Poll::Ready(Ok(())),
                }
            }
            if !poll_streams(&mut streams, cx) {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// A connection that breaks has not broken the protocol, nor has one whose client said goodbye.
fn ended_by(error: &h2::Error) -> Result<(), ProtocolError> {
    if error.is_io() || error.is_remote() {
        Ok(())
    } else {
        Err(ProtocolError(error.to_string()))
    }
}

/// Whether a stream came to its end, so that there may be frames to write.
fn poll_streams(
    streams: &mut FuturesUnordered<impl Future<Output = ()>>,
    cx: &mut Context<'_>,
) -> bool {
    let mut ended = false;
    while let Poll::Ready(Some(())) = streams.poll_next_unpin(cx) {
        ended = true;
    }
    ended
}

async fn serve_stream(
    connection: Arc<Connection>,
    request: Request<h2::RecvStream>,
    mut respond: SendResponse<Bytes>,
) {
    let (head, body) = request.into_parts();
    let mut intake = Intake::new(Arc::clone(&connection), head);
    let course = {
        let cancelled = std::pin::pin!(poll_fn(|cx| respond.poll_reset(cx)));
        let proceeding = std::pin::pin!(intake.proceed(BodyStream::Http2(body)));
        match futures_util::future::select(cancelled, proceeding).await {
            Either::Left((reason, _)) => Err(reason),
            Either::Right((course, _)) => Ok(course),
        }
    };
    let cause = match course {
        Err(reason) => return intake.complete(None, end_of_cancelled(&connection, reason.is_ok())),
        Ok(Course::Answer(answer)) => {
            // Completed before it is sent, so that a client that has its answer finds the journal complete.
            intake.complete(Some(&answer), End::Answered);
            // The client is gone if this fails; the connection tells.
            let _ = send(answer, &mut respond);
            return;
        }
        Ok(Course::HalfAnswer(answer)) => {
            return send_half(answer, intake, &connection, &mut respond).await;
        }
        Ok(Course::Hang) => {
            let reason = poll_fn(|cx| respond.poll_reset(cx)).await;
            return intake.complete(None, end_of_cancelled(&connection, reason.is_ok()));
        }
        Ok(Course::Reset) => Cause::Reset,
        Ok(Course::Close) => Cause::Closed,
    };
    connection.end(cause);
    intake.complete(None, connection.end_of_exchange());
    std::future::pending::<()>().await;
}

/// A stream that does not wait for its answer any more: by `RST_STREAM`, or because its connection is gone.
fn end_of_cancelled(connection: &Connection, by_reset: bool) -> End {
    if by_reset {
        End::ClientCancelled
    } else {
        connection.end_of_exchange()
    }
}

fn send(answer: Answer, respond: &mut SendResponse<Bytes>) -> Result<(), h2::Error> {
    let mut head = Response::new(());
    *head.status_mut() = answer.status;
    *head.headers_mut() = answer.headers;
    let ends_with_head = answer.body.is_none() && answer.trailers.is_none();
    let mut stream = respond.send_response(head, ends_with_head)?;
    if let Some(body) = answer.body {
        stream.send_data(body, answer.trailers.is_none())?;
    }
    if let Some(trailers) = answer.trailers {
        stream.send_trailers(trailers)?;
    }
    Ok(())
}

/// Sends the head and half of the body, then closes the connection.
async fn send_half(
    answer: Answer,
    mut intake: Intake,
    connection: &Connection,
    respond: &mut SendResponse<Bytes>,
) {
    let (half, _) = answer.halved();
    intake.complete(Some(&half), End::ClosedByCollector);
    let mut head = Response::new(());
    *head.status_mut() = half.status;
    *head.headers_mut() = half.headers;
    if let Ok(mut stream) = respond.send_response(head, false) {
        let _ = stream.send_data(half.body.unwrap_or_default(), false);
        connection.close_when_flushed();
        // The stream must stay open: dropping it would send RST_STREAM.
        std::future::pending::<()>().await;
    }
}
