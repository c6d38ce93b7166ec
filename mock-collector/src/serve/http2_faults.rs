//! Faults that only HTTP/2 knows.

use bytes::Bytes;
use h2::server::SendResponse;
use tokio::time::{Instant, sleep_until};

use super::connection::Connection;
use super::http2_answer::{send_head, send_part, send_rest, send_whole, unless_reset};
use super::intake::Intake;
use crate::fault::{GoAway, GoAwayStream, Http2Code, PingStorm, RstAt, RstStream};
use crate::journal::End;
use crate::listen::Cause;
use crate::respond::Answer;

/// Sends GOAWAY in place of the answer, with a last stream below this one; then closes the connection.
pub(super) async fn refuse_by_go_away(
    code: Http2Code,
    mut intake: Intake,
    connection: &Connection,
    respond: &SendResponse<Bytes>,
) {
    // Clients have the odd numbers.
    let last = respond.stream_id().as_u32().saturating_sub(2);
    connection.close_when_flushed();
    intake.complete(None, connection.end_of_exchange());
    let frame = go_away_frame(last, code);
    connection.interposition.write(frame).await;
    std::future::pending::<()>().await;
}

/// Sends GOAWAY with this stream as the last one, and its answer; then closes the connection.
pub(super) async fn go_away(
    goaway: GoAway,
    mut answer: Answer,
    mut intake: Intake,
    connection: &Connection,
    respond: &mut SendResponse<Bytes>,
) -> Result<(), h2::Error> {
    let frame = go_away_frame(respond.stream_id().as_u32(), goaway.code);
    // Until the answer has left, which it may never do.
    let waits = connection.conditions.delay_or_cut_answers();
    match goaway.stream {
        GoAwayStream::Graceful => {
            connection.give_up();
            connection.interposition.flushed().await;
            send_whole(answer, intake, connection, respond).await;
            return Ok(());
        }
        GoAwayStream::Refused | GoAwayStream::Served => {
            connection.interposition.write(frame).await;
            send_whole(answer, intake, connection, respond).await;
            connection.close_when_flushed();
            if waits {
                // It has left, and the HTTP implementation has nothing left to say: it has to be asked.
                connection.interposition.flushed().await;
            }
        }
        GoAwayStream::InFlight => {
            let sent = answer.clone();
            let ends_with_head = answer.body.is_none() && answer.trailers.is_none();
            let mut stream = send_head(&mut answer, ends_with_head, respond)?;
            connection.interposition.write(frame).await;
            // Nothing of it leaves before the exchange is complete, but where that waits for it.
            let _ = send_rest(answer, &mut stream);
            if waits {
                connection.interposition.flushed().await;
            }
            let end = connection.end_of_answer();
            intake.complete((end == End::Answered).then_some(&sent), end);
            connection.close_when_flushed();
            // The HTTP implementation may have nothing left to say; then it has to be asked.
            connection.interposition.flushed().await;
        }
        GoAwayStream::Cut => {
            let sent = answer.clone().only_head();
            let stream = send_head(&mut answer, false, respond)?;
            connection.interposition.write(frame).await;
            intake.complete(Some(&sent), End::ClosedByCollector);
            connection.end(Cause::Closed);
            // The stream must stay open: dropping it would send RST_STREAM.
            std::future::pending::<()>().await;
            drop(stream);
        }
    }
    std::future::pending().await
}

/// Sends an answer as far as it is to come, then `RST_STREAM`.
pub(super) async fn reset_within(
    rst_stream: RstStream,
    answer: Answer,
    mut intake: Intake,
    connection: &Connection,
    respond: &mut SendResponse<Bytes>,
) {
    let sent = match rst_stream.at {
        RstAt::BeforeAnswer | RstAt::AfterHeaders => answer.only_head(),
        RstAt::MidData => answer.halved().0,
        RstAt::AfterData => answer.without_trailers(),
    };
    let sending = async {
        let mut answer = sent.clone();
        let mut stream = send_head(&mut answer, false, respond)?;
        send_part(&mut stream, answer.body.unwrap_or_default()).await?;
        // A reset would overtake what has not left.
        unless_reset(&mut stream, connection.interposition.flushed()).await?;
        Ok::<_, h2::Error>(stream)
    };
    match sending.await {
        Ok(mut stream) => {
            // Completed before it is sent, so that a client that has seen it finds the journal complete.
            intake.complete(Some(&sent), End::StreamResetByCollector);
            stream.send_reset(rst_stream.code.number().into());
        }
        Err(error) => {
            let by_reset = error.is_reset() || error.reason().is_some();
            intake.complete(None, connection.end_of_cancelled(by_reset));
        }
    }
}

/// Sends PING frames, where a fault asks for them. It never comes to an end.
pub(super) async fn send_pings(connection: &Connection, storm: Option<PingStorm>) {
    if let Some(storm) = storm {
        let mut due = Instant::now();
        for ordinal in 0..storm.count {
            sleep_until(due).await;
            connection.interposition.write(ping_frame(ordinal)).await;
            due += storm.every;
        }
    }
    std::future::pending::<()>().await;
}

/// RFC 9113, "PING": 8 bytes of type 6 on stream 0, which mean nothing.
fn ping_frame(ordinal: u64) -> Bytes {
    [&[0, 0, 8, 6, 0, 0, 0, 0, 0][..], &ordinal.to_be_bytes()]
        .concat()
        .into()
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
