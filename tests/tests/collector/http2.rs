//! One stream of HTTP/2 on a connection of its own.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use h2::client::SendRequest;
use h2::{RecvStream, SendStream};
use http::Request;
use tokio::net::TcpStream;

use crate::reply::{Ending, Reply};

/// Sends a request and reads an answer.
pub(crate) async fn send(
    address: SocketAddr,
    head: &Request<()>,
    body: &Bytes,
    ends: bool,
) -> io::Result<Reply> {
    let stream = TcpStream::connect(address).await?;
    let (client, connection) = match h2::client::handshake(stream).await {
        Ok(handshake) => handshake,
        Err(error) => return Ok(Reply::without_answer(ending(&error))),
    };
    // It ends with this task's handle on the connection, or by the other side.
    let connection = tokio::spawn(connection);
    let mut reply = Reply::without_answer(Ending::Answered);
    if let Err(error) = exchange(client, head.clone(), body.clone(), ends, &mut reply).await {
        reply.ending = ending(&error);
    }
    connection.abort();
    Ok(reply)
}

async fn exchange(
    client: SendRequest<Bytes>,
    head: Request<()>,
    body: Bytes,
    ends: bool,
    reply: &mut Reply,
) -> Result<(), h2::Error> {
    let mut client = client.ready().await?;
    let is_all = body.is_empty() && ends;
    let (answer, mut sender) = client.send_request(head, is_all)?;
    let sending = async {
        if !is_all {
            // A receiver may have answered, and lost interest, before it has everything.
            let _ = send_body(&mut sender, body, ends).await;
        }
        std::future::pending::<()>().await;
    };
    let reading = async {
        let (head, body) = answer.await?.into_parts();
        reply.status = Some(head.status.as_u16());
        reply.headers = head.headers;
        read_body(body, reply).await
    };
    tokio::select! {
        read = reading => read,
        () = sending => unreachable!("it stays open"),
    }
}

async fn read_body(mut body: RecvStream, reply: &mut Reply) -> Result<(), h2::Error> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        bytes.extend_from_slice(&chunk);
    }
    reply.body = bytes.freeze();
    reply.trailers = body.trailers().await?.unwrap_or_default();
    Ok(())
}

async fn send_body(
    sender: &mut SendStream<Bytes>,
    mut body: Bytes,
    ends: bool,
) -> Result<(), h2::Error> {
    while !body.is_empty() {
        sender.reserve_capacity(body.len());
        let Some(capacity) = poll_fn(|cx| sender.poll_capacity(cx)).await else {
            return Ok(());
        };
        let next = body.split_to(capacity?.min(body.len()));
        sender.send_data(next, false)?;
    }
    if ends {
        sender.send_data(Bytes::new(), true)?;
    }
    Ok(())
}

fn ending(error: &h2::Error) -> Ending {
    let code = error.reason().map(|reason| format!("{reason:?}"));
    match code {
        Some(code) if error.is_reset() => Ending::StreamReset(code),
        Some(code) if error.is_go_away() && error.is_remote() => Ending::GoneAway(code),
        // What is no HTTP/2 at all, too, which only this side calls an error of the protocol.
        Some(_) | None => Ending::Closed,
    }
}
