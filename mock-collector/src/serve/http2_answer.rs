//! Answers over HTTP/2, on the crate `h2`.

use std::future::poll_fn;

use bytes::Bytes;
use futures_util::future::Either;
use h2::SendStream;
use h2::server::SendResponse;
use http::Response;

use super::connection::Connection;
use super::intake::Intake;
use crate::journal::End;
use crate::respond::{Answer, Rest};

/// Hands an answer over.
fn send(mut answer: Answer, respond: &mut SendResponse<Bytes>) -> Result<(), h2::Error> {
    let ends_with_head = answer.body.is_none() && answer.trailers.is_none();
    let mut stream = send_head(&mut answer, ends_with_head, respond)?;
    send_rest(answer, &mut stream)
}

/// Hands the head of an answer over.
pub(super) fn send_head(
    answer: &mut Answer,
    is_all: bool,
    respond: &mut SendResponse<Bytes>,
) -> Result<SendStream<Bytes>, h2::Error> {
    let mut head = Response::new(());
    *head.status_mut() = answer.status;
    *head.headers_mut() = answer.sent_headers();
    respond.send_response(head, is_all)
}

/// Hands over what follows the head of an answer.
pub(super) fn send_rest(answer: Answer, stream: &mut SendStream<Bytes>) -> Result<(), h2::Error> {
    if let Some(body) = answer.body {
        stream.send_data(body, answer.trailers.is_none())?;
    }
    if let Some(trailers) = answer.trailers {
        stream.send_trailers(trailers)?;
    }
    Ok(())
}

/// Sends the head and half of the body, then closes the connection.
pub(super) async fn send_half(
    answer: Answer,
    mut intake: Intake,
    connection: &Connection,
    respond: &mut SendResponse<Bytes>,
) {
    let (half, _) = answer.halved();
    intake.complete(Some(&half), End::ClosedByCollector);
    let mut half = half;
    if let Ok(mut stream) = send_head(&mut half, false, respond) {
        let _ = stream.send_data(half.body.unwrap_or_default(), false);
        connection.close_when_flushed();
        // The stream must stay open: dropping it would send RST_STREAM.
        std::future::pending::<()>().await;
    }
}

/// Sends an answer, and completes its exchange: at once, or where the connection delays or cuts what is sent, when it has left.
pub(super) async fn send_whole(
    answer: Answer,
    mut intake: Intake,
    connection: &Connection,
    respond: &mut SendResponse<Bytes>,
) {
    if connection.conditions.delay_or_cut_answers() {
        return send_in_time(answer, intake, connection, respond).await;
    }
    // Completed before it is sent, so that a client that has its answer finds the journal complete.
    intake.complete(Some(&answer), End::Answered);
    // The client is gone if this fails; the connection tells.
    let _ = send(answer, respond);
}

/// Sends an answer on a connection on which bytes are sent late, or not at all: its exchange is complete when the last of
/// it has left.
async fn send_in_time(
    answer: Answer,
    mut intake: Intake,
    connection: &Connection,
    respond: &mut SendResponse<Bytes>,
) {
    let sent = if answer.body.is_none() && answer.trailers.is_none() {
        let mut head = answer.clone();
        match send_head(&mut head, true, respond) {
            Ok(mut stream) => unless_reset(&mut stream, connection.interposition.flushed()).await,
            Err(error) => Err(error),
        }
    } else {
        let mut sent = answer.clone();
        send_long(
            answer.clone(),
            Rest::default(),
            &mut sent,
            connection,
            respond,
        )
        .await
    };
    let end = match sent {
        Ok(()) => connection.end_of_answer(),
        Err(error) => connection.end_of_cancelled(error.is_reset() || error.reason().is_some()),
    };
    intake.complete((end == End::Answered).then_some(&answer), end);
}

/// An exchange whose answer is being sent: what is to be said of it if that ends before its time.
struct Sending {
    sent: Answer,
    intake: Intake,
}

impl Drop for Sending {
    fn drop(&mut self) {
        // Nothing is left to do where it was complete.
        let end = self.intake.connection().end_of_exchange();
        self.intake.complete(Some(&self.sent), end);
    }
}

/// Sends an answer, and what follows its body, for as long as the client reads, and completes its exchange.
pub(super) async fn send_long_answer(
    answer: Answer,
    rest: Rest,
    intake: Intake,
    connection: &Connection,
    respond: &mut SendResponse<Bytes>,
) {
    let mut sending = Sending {
        sent: answer.clone(),
        intake,
    };
    let sent = send_long(answer, rest, &mut sending.sent, connection, respond).await;
    connection.interposition.slow_down(None);
    match sent {
        Ok(()) => {
            let end = connection.end_of_answer();
            let answer = (end == End::Answered).then_some(&sending.sent);
            sending.intake.complete(answer, end);
        }
        Err(error) => {
            let end = connection.end_of_cancelled(error.is_reset() || error.reason().is_some());
            sending.intake.complete(Some(&sending.sent), end);
        }
    }
}

/// Sends an answer, and what follows its body, for as long as the client reads. `sent` is what is to be said to have been
/// sent, wherever it is left.
async fn send_long(
    mut answer: Answer,
    mut rest: Rest,
    sent: &mut Answer,
    connection: &Connection,
    respond: &mut SendResponse<Bytes>,
) -> Result<(), h2::Error> {
    let slow = rest.every_byte.is_some() || connection.conditions.delay_or_cut_answers();
    connection.interposition.slow_down(rest.every_byte);
    let mut stream = send_head(&mut answer, false, respond)?;
    if rest.before_body.is_some() {
        let whole = sent.clone();
        *sent = whole.clone().only_head();
        unless_reset(&mut stream, rest.until_body()).await?;
        *sent = whole;
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
        let whole = sent.clone();
        *sent = whole.clone().without_trailers();
        unless_reset(&mut stream, rest.until_trailers()).await?;
        *sent = whole;
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
pub(super) async fn send_part(
    stream: &mut SendStream<Bytes>,
    mut part: Bytes,
) -> Result<(), h2::Error> {
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
pub(super) async fn unless_reset<T>(
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
