//! A proxy of bytes: what it passes it does not look at, and faults on connections act.

use otelbox_mock_collector::fault::{
    Direction, EndBy, Matcher, accept_then_close, close_after, millis, refuse, slice,
};
use otelbox_mock_collector::{ConnectionEvent, Forward, MockCollector, Port, ServerTls, Signal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{nobody, start, tcp_at};
use crate::support::{Http1Client, Http2Client, Receiver};

async fn to_tcp(address: std::net::SocketAddr) -> Receiver {
    start(MockCollector::builder().forward(Forward::to(tcp_at(address)))).await
}

/// What was passed on a connection: bytes to the upstream and back.
async fn passed(receiver: &Receiver, connection: u64) -> (u64, u64) {
    let is_relayed = |event: &ConnectionEvent| matches!(event, ConnectionEvent::Relayed { .. });
    receiver
        .event(|record| record.connection == connection && is_relayed(&record.event))
        .await;
    let records = receiver.collector.journal().connections();
    let found = records.iter().find_map(|record| match record.event {
        ConnectionEvent::Relayed {
            to_upstream_bytes,
            to_client_bytes,
            ..
        } if record.connection == connection => Some((to_upstream_bytes, to_client_bytes)),
        _ => None,
    });
    found.expect("it was found above")
}

#[tokio::test]
async fn tls_is_passed_as_it_is() {
    let upstream = start(MockCollector::builder().tls(ServerTls::new())).await;
    let certificates = upstream.collector.certificates().expect("it speaks TLS");
    let [grpc, http] = [
        upstream.collector.grpc_addr(),
        upstream.collector.http_addr(),
    ]
    .map(|address| tcp_at(address.expect("TCP")));
    let proxy = start(MockCollector::builder().forward(Forward::to(grpc).http(http))).await;
    // The handshake is with the upstream: its authority is trusted, and the proxy has no certificate.
    let stream = crate::tls::secured_by(&proxy, Port::Grpc, &certificates.ca, "h2").await;
    let client = Http2Client::new(stream).await;
    let answer = client.export(2).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("0"));
    let stream = crate::tls::secured_by(&proxy, Port::Http, &certificates.ca, "http/1.1").await;
    let mut client = Http1Client::new(stream);
    assert_eq!(client.export(3).await.expect("an answer").status, 200);
    assert_eq!(
        upstream.collector.ledger().signal(Signal::Metrics).accepted,
        5
    );
    drop(client);
    let (to_upstream, to_client) = passed(&proxy, 2).await;
    assert!(
        to_upstream > 100 && to_client > 100,
        "{to_upstream} {to_client}"
    );
    // Nobody looked at a request.
    assert_eq!(proxy.collector.journal().exchanges().len(), 0);
}

#[tokio::test]
async fn bytes_are_counted_and_the_end_of_one_direction_leaves_the_other_open() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let proxy = to_tcp(listener.local_addr().expect("an address")).await;
    let mut client = proxy.connect(Port::Grpc).await.expect("it listens");
    let (mut upstream, _) = listener.accept().await.expect("a connection");
    let question: Vec<u8> = (0..300_000_u32)
        .map(|number| number.to_le_bytes()[0])
        .collect();
    let writing = async {
        client.write_all(&question).await.expect("it is read");
        client.shutdown().await.expect("a FIN");
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.expect("an answer");
        answer
    };
    let answering = async {
        let mut asked = Vec::new();
        upstream
            .read_to_end(&mut asked)
            .await
            .expect("the question");
        // Only now: its own direction is open still.
        upstream.write_all(b"the answer").await.expect("it is read");
        drop(upstream);
        asked
    };
    let (answer, asked) = tokio::join!(writing, answering);
    assert!(asked == question, "{} bytes arrived", asked.len());
    assert_eq!(answer, b"the answer");
    assert_eq!(passed(&proxy, 1).await, (300_000, 10));
}

#[tokio::test]
async fn resets_are_passed_in_both_directions() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let proxy = to_tcp(address).await;
    let mut client = proxy.connect(Port::Http).await.expect("it listens");
    client.write_all(b"hello").await.expect("it is read");
    let (mut upstream, _) = listener.accept().await.expect("a connection");
    let mut read = [0; 5];
    upstream.read_exact(&mut read).await.expect("five bytes");
    upstream.set_zero_linger().expect("an option");
    drop(upstream);
    let error = client.read(&mut read).await.expect_err("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let text = proxy
        .event(|record| matches!(record.event, ConnectionEvent::UpstreamFailed(_)))
        .await;
    assert_eq!(text, "upstream reset the connection");
    assert_eq!(passed(&proxy, 1).await, (5, 0));

    let address = proxy.collector.http_addr().expect("TCP");
    let mut client = TcpStream::connect(address).await.expect("it listens");
    client.write_all(b"hello").await.expect("it is read");
    let (mut upstream, _) = listener.accept().await.expect("a connection");
    upstream.read_exact(&mut read).await.expect("five bytes");
    client.set_zero_linger().expect("an option");
    drop(client);
    let error = upstream.read(&mut read).await.expect_err("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let text = proxy
        .event(|record| {
            record.connection == 2 && matches!(record.event, ConnectionEvent::Reset { .. })
        })
        .await;
    assert_eq!(text, "reset by the client");
}

#[tokio::test]
async fn an_upstream_that_cannot_be_reached_resets_the_client_and_is_named() {
    let (_socket, address) = nobody();
    let proxy = to_tcp(address).await;
    let mut client = proxy.connect(Port::Grpc).await.expect("it listens");
    let mut read = [0; 5];
    let error = client.read(&mut read).await.expect_err("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let text = proxy
        .event(|record| matches!(record.event, ConnectionEvent::UpstreamFailed(_)))
        .await;
    assert!(
        text.starts_with("upstream cannot be reached: Connection refused"),
        "{text}"
    );
}

#[tokio::test]
async fn faults_on_connections_act() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let builder = MockCollector::builder()
        .forward(Forward::to(tcp_at(address)))
        .fault(Matcher::default().connection(1).then(accept_then_close()));
    let proxy = start(builder).await;
    let mut client = proxy.connect(Port::Grpc).await.expect("it listens");
    let mut read = Vec::new();
    client.read_to_end(&mut read).await.expect("the end");
    assert_eq!(read, b"");
    proxy
        .event(|record| matches!(record.event, ConnectionEvent::Closed { .. }))
        .await;

    // One that exists is ended where the whole receiver goes away, and the upstream learns of it.
    let mut client = proxy.connect(Port::Grpc).await.expect("it listens");
    let (mut upstream, _) = listener.accept().await.expect("a connection");
    client.write_all(b"x").await.expect("it is read");
    assert_eq!(upstream.read_u8().await.expect("a byte"), b'x');
    proxy
        .collector
        .set_faults([Matcher::default().then(refuse())])
        .expect("a fault");
    let mut read = Vec::new();
    client.read_to_end(&mut read).await.expect("the end");
    let error = upstream.read_u8().await.expect_err("it is over");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(passed(&proxy, 2).await, (1, 0));
}

#[tokio::test]
async fn faults_on_bytes_act_on_those_that_are_passed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let builder = MockCollector::builder()
        .forward(Forward::to(tcp_at(address)))
        .fault(Matcher::default().then(slice(3, millis(1))))
        .fault(
            Matcher::default()
                .connection(1)
                .then(close_after(8, Direction::Sent, EndBy::Reset)),
        )
        .fault(Matcher::default().connection(2).then(close_after(
            4,
            Direction::Received,
            EndBy::Close,
        )));
    let proxy = start(builder).await;
    let mut client = proxy.connect(Port::Grpc).await.expect("it listens");
    let (mut upstream, _) = listener.accept().await.expect("a connection");
    upstream.write_all(b"ten bytes.").await.expect("it is read");
    let mut read = [0; 8];
    client.read_exact(&mut read).await.expect("eight bytes");
    assert_eq!(&read, b"ten byte");
    let error = client.read(&mut read).await.expect_err("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let error = upstream.read(&mut read).await.expect_err("it is over");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);

    let mut client = proxy.connect(Port::Grpc).await.expect("it listens");
    let (mut upstream, _) = listener.accept().await.expect("a connection");
    client.write_all(b"ten bytes.").await.expect("it is read");
    assert_eq!(client.read(&mut read).await.expect("the end"), 0);
    let mut arrived = Vec::new();
    let ended = upstream.read_to_end(&mut arrived).await;
    assert!(
        ended.is_err() && arrived.len() <= 4,
        "{ended:?} {arrived:?}"
    );
    let (to_upstream, to_client) = passed(&proxy, 2).await;
    assert!(
        to_upstream <= 4 && to_client == 0,
        "{to_upstream} {to_client}"
    );
}
