//! Requests over HTTP/1.0: one for each connection, with an answer that ends with it.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::GUARD;

/// The status and body of an answer; or why there is none, as long as nobody listens.
pub(crate) async fn ask(
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
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
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

/// The JSON of a successful answer to GET.
pub(crate) async fn json(address: SocketAddr, path: &str, headers: &str) -> Result<Value, String> {
    let (status, body) = ask(address, &format!("GET {path}"), headers, "").await?;
    if status != 200 {
        return Err(format!("GET {path}: {status} {body}"));
    }
    serde_json::from_str(&body).map_err(|error| format!("GET {path}: {error} in {body}"))
}
