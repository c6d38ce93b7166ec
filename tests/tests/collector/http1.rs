//! Raw bytes over TCP, and HTTP/1.1 read out of what comes back.

use std::io;
use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::reply::{Ending, Reply};

/// More fields than any answer here has.
const MAX_FIELDS: usize = 64;

/// Sends bytes and reads an answer.
pub(crate) async fn send(
    address: SocketAddr,
    bytes: &[u8],
    ends: bool,
    is_head: bool,
) -> io::Result<Reply> {
    let stream = TcpStream::connect(address).await?;
    let (mut reader, mut writer) = stream.into_split();
    let sending = async {
        // A receiver may have answered, and closed the connection, before it has read everything.
        if writer.write_all(bytes).await.is_ok() && ends {
            let _ = writer.shutdown().await;
        }
        // The connection stays open: dropped, it would be shut down.
        std::future::pending::<()>().await;
    };
    let reading = read(&mut reader, is_head);
    tokio::select! {
        reply = reading => Ok(reply),
        () = sending => unreachable!("it stays open"),
    }
}

async fn read(reader: &mut (impl tokio::io::AsyncRead + Unpin), is_head: bool) -> Reply {
    let mut reply = Reply::without_answer(Ending::Closed);
    let mut buffer = BytesMut::new();
    loop {
        let (status, headers) = loop {
            if let Some(head) = head(&mut buffer) {
                break head;
            }
            // What else comes, frames of HTTP/2 for example, is no answer.
            if !matches!(reader.read_buf(&mut buffer).await, Ok(1..)) {
                return reply;
            }
        };
        if (100..200).contains(&status) && status != 101 {
            reply.interim.push(status);
            continue;
        }
        reply.status = Some(status);
        let no_body = is_head || matches!(status, 101 | 204 | 304);
        let body = body(reader, &mut buffer, &headers, no_body).await;
        reply.headers = headers;
        if let Some(body) = body {
            reply.ending = Ending::Answered;
            reply.body = body;
        }
        return reply;
    }
}

/// Takes the head of an answer out of what has been read, if it is whole.
fn head(buffer: &mut BytesMut) -> Option<(u16, HeaderMap)> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let Ok(httparse::Status::Complete(length)) = response.parse(buffer) else {
        return None;
    };
    let status = response.code?;
    let mut headers = HeaderMap::new();
    for field in response.headers {
        headers.append(
            HeaderName::from_bytes(field.name.as_bytes()).ok()?,
            HeaderValue::from_bytes(field.value).ok()?,
        );
    }
    let _ = buffer.split_to(length);
    Some((status, headers))
}

/// The body of an answer, if it comes to its end.
async fn body(
    reader: &mut (impl tokio::io::AsyncRead + Unpin),
    buffer: &mut BytesMut,
    headers: &HeaderMap,
    no_body: bool,
) -> Option<Bytes> {
    if no_body {
        return Some(Bytes::new());
    }
    let length = headers.get(http::header::CONTENT_LENGTH);
    let length: Option<usize> = length.and_then(|value| value.to_str().ok()?.parse().ok());
    let is_chunked = headers
        .get(http::header::TRANSFER_ENCODING)
        .is_some_and(|value| value == "chunked");
    loop {
        if is_chunked {
            if let Some(body) = dechunked(buffer) {
                return Some(body);
            }
        } else if let Some(length) = length
            && buffer.len() >= length
        {
            return Some(buffer.split_to(length).freeze());
        }
        if !matches!(reader.read_buf(buffer).await, Ok(1..)) {
            // The end of the connection is the end of a body that says nothing of its length.
            let is_whole = !is_chunked && length.is_none();
            return is_whole.then(|| buffer.split().freeze());
        }
    }
}

/// A chunked body, if all of it has come.
fn dechunked(buffer: &[u8]) -> Option<Bytes> {
    let mut body = BytesMut::new();
    let mut rest = buffer;
    loop {
        let Ok(httparse::Status::Complete((start, length))) = httparse::parse_chunk_size(rest)
        else {
            return None;
        };
        let length = usize::try_from(length).ok()?;
        let chunk = rest.get(start..start + length)?;
        if chunk.is_empty() {
            return Some(body.freeze());
        }
        body.extend_from_slice(chunk);
        rest = rest.get(start + length + 2..)?;
    }
}

pub(crate) async fn interim_answers_chunks_and_an_early_end_are_seen() {
    let mut answer: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
    let reply = read(&mut answer, false).await;
    assert_eq!(
        (reply.interim, reply.body.as_ref()),
        (vec![100], &b"abcd"[..])
    );
    let mut answer: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";
    assert_eq!(read(&mut answer, false).await.ending, Ending::Closed);
}
