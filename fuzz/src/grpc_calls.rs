//! The body of a gRPC call.

use bytes::Bytes;
use http::Request;
use otelbox_mock_collector::journal::End;
use otelbox_mock_collector::payload::Encoding;
use otelbox_mock_collector::{MockCollector, Payload, Port, Protocol, Signal};
use tokio::time::timeout;

use super::receiver::{LONG, with_receiver};

/// What a receiver answers to a call.
const OK: &str = "0";

/// A call with any body, in one piece or in two, with or without compression.
///
/// The first byte chooses signal, compression and where the body is cut; the rest is the body.
///
/// # Panics
///
/// Where a call has no answer with a status, where it is taken although it is no export or not taken although it is one,
/// or where the journal has something else.
pub fn grpc_calls(bytes: &[u8]) {
    let Some((&choice, body)) = bytes.split_first() else {
        return;
    };
    let signal = Signal::ALL[usize::from(choice & 3)];
    let encoding = if choice & 4 == 0 {
        Encoding::Identity
    } else {
        Encoding::Gzip
    };
    let cut = usize::from(choice >> 3).min(body.len());
    with_receiver(async |collector| {
        let (first, second) = body.split_at(cut);
        let pieces = [first, second].map(Bytes::copy_from_slice);
        let status = timeout(LONG, call(collector, signal, encoding, pieces))
            .await
            .expect("an answer in time");
        let exchanges = collector.journal().exchanges();
        let [exchange] = exchanges.as_slice() else {
            panic!("one call: {}", collector.journal().timeline());
        };
        let completion = exchange.completion().expect("it is over");
        assert_eq!(completion.end, End::Answered);
        let items = message(encoding, body)
            .and_then(|message| Payload::decode(signal, Protocol::Grpc, &message).ok())
            .map(|payload| payload.items());
        assert_eq!(items.is_some(), status == OK, "{status}");
        assert_eq!(items, exchange.items().filter(|_| status == OK));
        assert_eq!(exchange.is_acknowledged(), status == OK);
    });
}

/// The status of a call.
async fn call(
    collector: &MockCollector,
    signal: Signal,
    encoding: Encoding,
    pieces: [Bytes; 2],
) -> String {
    let connected = collector.connector().connect(Port::Grpc).await;
    let stream = connected.expect("the receiver listens");
    let (sender, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    let connection = tokio::spawn(connection);
    let request = Request::post(format!("http://otelbox{}", signal.grpc_path()))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-encoding", encoding.to_string())
        .body(())
        .expect("a request");
    let mut sender = sender.ready().await.expect("a connection");
    let (answer, mut stream) = sender.send_request(request, false).expect("a stream");
    let [first, second] = pieces;
    // A call may be over before it is sent; then the answer tells.
    let _ = stream.send_data(first, false);
    tokio::task::yield_now().await;
    let _ = stream.send_data(second, true);
    let answer = answer.await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let (head, mut body) = answer.into_parts();
    while let Some(data) = body.data().await {
        data.expect("the answer goes on");
    }
    let trailers = body.trailers().await.expect("the answer ends");
    connection.abort();
    let fields = trailers.unwrap_or(head.headers);
    let status = fields.get("grpc-status").expect("a status");
    status.to_str().expect("text").to_owned()
}

/// The one message of a body, read in another way than the receiver does.
fn message(encoding: Encoding, body: &[u8]) -> Option<Bytes> {
    let (prefix, message) = body.split_first_chunk::<5>()?;
    let [flag, length @ ..] = prefix;
    let is_whole = usize::try_from(u32::from_be_bytes(*length)).ok()? == message.len();
    let message = Bytes::copy_from_slice(message);
    match (is_whole, flag, encoding) {
        (true, 0, _) => Some(message).filter(|message| message.len() <= 4096),
        (true, 1, Encoding::Gzip) if message.len() <= 4096 => {
            Encoding::Gzip.decompress(&message, 4096).ok()
        }
        _ => None,
    }
}
