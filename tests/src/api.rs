//! What servers are asked over their own APIs: HTTP/1.0, one request for each connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// How long one answer may take: no measure of speed, only a guard.
const GUARD: Duration = Duration::from_secs(120);

/// How often a question is asked again, and after what time.
const LOOK: Duration = Duration::from_millis(20);

/// The status and body of an answer.
///
/// # Errors
///
/// Why there is none, as long as nobody listens.
pub async fn ask(
    address: SocketAddr,
    request_line: &str,
    headers: &str,
    body: &str,
) -> Result<(u16, String), String> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let length = body.len();
        let request = format!(
            "{request_line} HTTP/1.0\r\nhost: {address}\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await?;
        read_answer(&mut stream).await
    };
    let answer = timeout(GUARD, exchange).await;
    let answer = answer
        .map_err(|_| format!("{address} has not answered {request_line} within {GUARD:?}"))?
        .map_err(|error| format!("{address} does not answer {request_line}: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| format!("{request_line}: no status in {head:?}"))?;
    Ok((status, body.to_owned()))
}

/// The answer, up to the end that it says it has, or that of the connection: some servers are seconds late to close one.
async fn read_answer(stream: &mut TcpStream) -> io::Result<String> {
    let mut answer = Vec::new();
    while !is_whole(&answer) {
        if stream.read_buf(&mut answer).await? == 0 {
            break;
        }
    }
    String::from_utf8(answer).map_err(io::Error::other)
}

/// Whether an answer says how long it is, and is that long.
fn is_whole(answer: &[u8]) -> bool {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(head)) = response.parse(answer) else {
        return false;
    };
    let mut headers = response.headers.iter();
    let length = headers.find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok());
    length.is_some_and(|length: usize| answer.len() - head >= length)
}

/// The JSON of a successful answer to GET.
///
/// # Errors
///
/// Why there is none: no answer, another status, no JSON.
pub async fn json(address: SocketAddr, path: &str, headers: &str) -> Result<Value, String> {
    let (status, body) = ask(address, &format!("GET {path}"), headers, "").await?;
    if status != 200 {
        return Err(format!("GET {path}: {status} {body}"));
    }
    serde_json::from_str(&body).map_err(|error| format!("GET {path}: {error} in {body}"))
}

/// Asks by GET until the answer holds what is `wanted`, and gives that.
///
/// # Panics
///
/// If that is not so within two minutes; with the last answer.
pub async fn json_until<T>(
    address: SocketAddr,
    path: &str,
    mut wanted: impl FnMut(&Value) -> Option<T>,
) -> T {
    let mut last = Err("it was not asked".to_owned());
    let asking = async {
        loop {
            last = json(address, path, "").await;
            if let Some(found) = last.as_ref().ok().and_then(&mut wanted) {
                return found;
            }
            sleep(LOOK).await;
        }
    };
    let found = timeout(GUARD, asking).await.ok();
    found.unwrap_or_else(|| panic!("{address}{path} does not answer what is wanted: {last:#?}"))
}
