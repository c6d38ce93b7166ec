//! HTTP/2, on the crate `h2`.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::FuturesUnordered;
use futures_util::{StreamExt, future::Either};
use h2::SendStream;
use h2::server::SendResponse;
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::{Cause, Connection, ProtocolError};
use super::intake::Intake;
use crate::fault::Http2Code;
use crate::journal::End;
use crate::receive::body::BodyStream;
use crate::respond::{Answer, Course, Rest};

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
    let mut frames = match builder.handshake(connection.interposed(stream)).await {
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
    let mut course = {
        let cancelled = std::pin::pin!(poll_fn(|cx| respond.poll_reset(cx)));
        let proceeding = std::pin::pin!(intake.proceed(BodyStream::Http2(body)));
        match futures_util::future::select(cancelled, proceeding).await {
            Either::Left((reason, _)) => Err(reason),
            Either::Right((course, _)) => Ok(course),
        }
    };
    loop {
        course = match course {
            Ok(Course::Interim(status, then)) => {
                let mut head = Response::new(());
                *head.status_mut() = status;
                // The client is gone if this fails; the connection tells.
                let _ = respond.send_informational(head);
                Ok(*then)
            }
            Ok(Course::Pause(pause, then)) => {
                let cancelled = std::pin::pin!(poll_fn(|cx| respond.poll_reset(cx)));
                match futures_util::future::select(cancelled, std::pin::pin!(intake.pause(pause)))
                    .await
                {
                    Either::Left((reason, _)) => Err(reason),
                    Either::Right(((), _)) => Ok(intake.dated(*then)),
                }
            }
            _ => break,
        };
    }
    let cause = match course {
        Err(reason) => return intake.complete(None, end_of_cancelled(&connection, reason.is_ok())),
        Ok(Course::Answer(answer) | Course::OverlongAnswer(answer, _)) => {
            // Completed before it is sent, so that a client that has its answer finds the journal complete.
            intake.complete(Some(&answer), End::Answered);
            // The client is gone if this fails; the connection tells.
            let _ = send(answer, &mut respond);
            return;
        }
        Ok(Course::HalfAnswer(answer)) => {
            return send_half(answer, intake, &connection, &mut respond).await;
        }
        Ok(Course::LongAnswer(answer, rest)) => {
            let mut sending = LongSending {
                sent: answer.clone(),
                intake,
            };
            let sent = send_long(answer, rest, &mut sending, &connection, &mut respond).await;
            let end = match sent {
                Ok(()) => End::Answered,
                Err(error) => {
                    end_of_cancelled(&connection, error.is_reset() || error.reason().is_some())
                }
            };
            connection.interposition.slow_down(None);
            return sending.intake.complete(Some(&sending.sent), end);
        }
        Ok(Course::GoAway(code, answer)) => {
            return go_away(code, answer, intake, &connection, &mut respond).await;
        }
        Ok(Course::RstStream(code)) => {
            intake.complete(None, End::StreamResetByCollector);
            return respond.send_reset(code.number().into());
        }
        Ok(Course::Hang) => {
            let reason = poll_fn(|cx| respond.poll_reset(cx)).await;
            return intake.complete(None, end_of_cancelled(&connection, reason.is_ok()));
        }
        Ok(Course::Reset) => Cause::Reset,
        // Interim answers were sent above, and pauses are over.
        Ok(Course::Close | Course::Interim(..) | Course::Pause(..)) => Cause::Closed,
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

/// An exchange whose answer is being sent: what is to be said of it if that ends before its time.
struct LongSending {
    sent: Answer,
    intake: Intake,
}

impl Drop for LongSending {
    fn drop(&mut self) {
        // Nothing is left to do where it was complete.
        let end = self.intake.connection().end_of_exchange();
        self.intake.complete(Some(&self.sent), end);
    }
}

/// Sends an answer, and what follows its body, for as long as the client reads.
async fn send_long(
    answer: Answer,
    mut rest: Rest,
    sending: &mut LongSending,
    connection: &Connection,
    respond: &mut SendResponse<Bytes>,
) -> Result<(), h2::Error> {
    let slow = rest.every_byte.is_some();
    connection.interposition.slow_down(rest.every_byte);
    let mut head = Response::new(());
    *head.status_mut() = answer.status;
    *head.headers_mut() = answer.headers;
    let mut stream = respond.send_response(head, false)?;
    if rest.before_body.is_some() {
        let whole = sending.sent.clone();
        sending.sent = whole.clone().head_alone();
        unless_reset(&mut stream, rest.until_body()).await?;
        sending.sent = whole;
    }
    send_part(&mut stream, answer.body.unwrap_or_default()).await?;
    while let Some(part) = unless_reset(&mut stream, rest.next()).await? {
        send_part(&mut stream, part).await?;
    }
    if slow {
        // Only while its stream is open a client can be seen to leave.
        unless_reset(&mut stream, connection.interposition.flushed()).await?;
    }
    if rest.before_trailers.is_some() {
        let whole = sending.sent.clone();
        sending.sent = whole.clone().without_trailers();
        unless_reset(&mut stream, rest.until_trailers()).await?;
        sending.sent = whole;
    }
    match answer.trailers {
        Some(trailers) => stream.send_trailers(trailers)?,
        None => stream.send_data(Bytes::new(), true)?,
    }
    if slow {
        connection.interposition.flushed().await;
    }
    Ok(())
}

/// Sends `part` as the client's window allows.
async fn send_part(stream: &mut SendStream<Bytes>, mut part: Bytes) -> Result<(), h2::Error> {
    while !part.is_empty() {
        stream.reserve_capacity(part.len());
        let capacity = match poll_fn(|cx| stream.poll_capacity(cx)).await {
            Some(capacity) => capacity?,
            // The stream is no more; why, it tells.
            None => return Err(poll_fn(|cx| stream.poll_reset(cx)).await?.into()),
        };
        stream.send_data(part.split_to(capacity.min(part.len())), false)?;
    }
    Ok(())
}

/// Waits for `future`, or for the end of the stream.
async fn unless_reset<T>(
    stream: &mut SendStream<Bytes>,
    future: impl Future<Output = T>,
) -> Result<T, h2::Error> {
    let reset = std::pin::pin!(poll_fn(|cx| stream.poll_reset(cx)));
    // The reset first: what was queued for a stream that is reset is not sent, and all else then is.
    match futures_util::future::select(reset, std::pin::pin!(future)).await {
        Either::Left((reason, _)) => Err(reason?.into()),
        Either::Right((value, _)) => Ok(value),
    }
}

/// Sends GOAWAY and, where there is one, the answer; then closes the connection.
async fn go_away(
    code: Http2Code,
    answer: Option<Answer>,
    mut intake: Intake,
    connection: &Connection,
    respond: &mut SendResponse<Bytes>,
) {
    let stream = respond.stream_id().as_u32();
    // Clients have the odd numbers.
    let last = if answer.is_some() {
        stream
    } else {
        stream.saturating_sub(2)
    };
    let frame = go_away_frame(last, code);
    if let Some(answer) = answer {
        connection.interposition.write(frame).await;
        intake.complete(Some(&answer), End::Answered);
        // The client is gone if this fails; the connection tells.
        let _ = send(answer, respond);
        connection.close_when_flushed();
    } else {
        connection.close_when_flushed();
        intake.complete(None, connection.end_of_exchange());
        connection.interposition.write(frame).await;
    }
    std::future::pending::<()>().await;
}

/// RFC 9113, "GOAWAY": 8 bytes of type 7 on stream 0, the last stream and the code.
fn go_away_frame(last_stream: u32, code: Http2Code) -> Bytes {
    [
        &[0, 0, 8, 7, 0, 0, 0, 0, 0][..],
        &last_stream.to_be_bytes(),
        &code.number().to_be_bytes(),
    ]
    .concat()
    .into()
}
