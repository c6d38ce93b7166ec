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

use super::connection::{Connection, ProtocolError};
use super::http2_answer::{send_half, send_long_answer, send_whole};
use super::http2_faults::{go_away, refuse_by_go_away, reset_within, send_pings};
use super::intake::Intake;
use crate::fault::Moment;
use crate::journal::End;
use crate::listen::Cause;
use crate::receive::body::BodyStream;
use crate::respond::Course;

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
    let conditions = connection.conditions_at(Moment::Http2);
    let settings = conditions.http2_settings.unwrap_or_default();
    let mut builder = h2::server::Builder::new();
    builder
        .initial_window_size(settings.initial_window_size.unwrap_or(WINDOW_BYTES))
        .initial_connection_window_size(WINDOW_BYTES);
    if let Some(streams) = settings.max_concurrent_streams {
        builder.max_concurrent_streams(streams);
    }
    if let Some(size) = settings.max_header_list_size {
        builder.max_header_list_size(size);
    }
    if let Some(size) = settings.max_frame_size {
        builder.max_frame_size(size);
    }
    let mut stream = connection.interposed(stream);
    if conditions.ignore_pings.is_some() {
        stream = stream.without_pings();
    }
    let mut frames = match builder.handshake(stream).await {
        Ok(frames) => frames,
        Err(error) => return ended_by(&error),
    };
    let mut streams = FuturesUnordered::new();
    let mut storm = std::pin::pin!(send_pings(connection, conditions.ping_storm));
    let mut grows_old = std::pin::pin!(connection.grows_old());
    let mut is_old = false;
    poll_fn(|cx| {
        let _ = storm.as_mut().poll(cx);
        if !is_old && grows_old.as_mut().poll(cx).is_ready() {
            is_old = true;
            connection.give_up();
        }
        loop {
            if connection.is_to_be_given_up() {
                connection.gave_up();
                frames.graceful_shutdown();
            }
            while let Poll::Ready(accepted) = frames.poll_accept(cx) {
                match accepted {
                    Some(Ok((request, respond))) => {
                        streams.push(serve_stream(Arc::clone(connection), request, respond));
                    }
                    Some(Err(error)) => return Poll::Ready(ended_by(&error)),
                    None => {
                        if connection.conditions.delay_or_cut_answers() {
                            // Those that wait until their last frame has left are done now.
                            poll_streams(&mut streams, cx);
                        }
                        return Poll::Ready(Ok(()));
                    }
                }
            }
            if !poll_streams(&mut streams, cx) && !connection.is_to_be_given_up() {
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
        Err(reason) => return intake.complete(None, connection.end_of_cancelled(reason.is_ok())),
        Ok(Course::Answer(answer) | Course::OverlongAnswer(answer, _)) => {
            return send_whole(answer, intake, &connection, &mut respond).await;
        }
        Ok(Course::HalfAnswer(answer)) => {
            return send_half(answer, intake, &connection, &mut respond).await;
        }
        Ok(Course::LongAnswer(answer, rest)) => {
            return send_long_answer(answer, rest, intake, &connection, &mut respond).await;
        }
        Ok(Course::GoAway(goaway, None)) => {
            return refuse_by_go_away(goaway.code, intake, &connection, &respond).await;
        }
        Ok(Course::GoAway(goaway, Some(answer))) => {
            // The client is gone if this fails; the connection tells.
            let _ = go_away(goaway, answer, intake, &connection, &mut respond).await;
            return;
        }
        Ok(Course::RstStream(rst_stream, None)) => {
            intake.complete(None, End::StreamResetByCollector);
            return respond.send_reset(rst_stream.code.number().into());
        }
        Ok(Course::RstStream(rst_stream, Some(answer))) => {
            return reset_within(rst_stream, answer, intake, &connection, &mut respond).await;
        }
        Ok(Course::Hang) => {
            let reason = poll_fn(|cx| respond.poll_reset(cx)).await;
            return intake.complete(None, connection.end_of_cancelled(reason.is_ok()));
        }
        Ok(Course::Reset) => Cause::Reset,
        // Interim answers were sent above, and pauses are over.
        Ok(Course::Close | Course::Interim(..) | Course::Pause(..)) => Cause::Closed,
    };
    connection.end(cause);
    intake.complete(None, connection.end_of_exchange());
    std::future::pending::<()>().await;
}
