//! Over HTTP/2 nothing changes on the way: heads, data and trailers are compared frame by frame.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::raw_http2::{Answer, Call, Event, Frames, RawHttp2, fields, ok, trailers_only};
use super::{start, to_address};
use crate::support::{Http2Answer, METRICS_CALL, call, frame, metrics, read_answer};

#[derive(Clone, Debug)]
struct Case {
    path: String,
    metadata: HeaderMap,
    body: Vec<u8>,
    request_trailers: Option<HeaderMap>,
    status: StatusCode,
    headers: HeaderMap,
    data: Vec<Bytes>,
    trailers: Option<HeaderMap>,
}

fn any_metadata() -> impl Strategy<Value = HeaderMap> {
    let text = ("x-[a-c][a-z0-9-]{0,3}", "[!-~]{1,12}");
    let binary = ("x-[a-c]{1,2}-bin", "[A-Za-z0-9+/]{2,8}={0,2}");
    vec(prop_oneof![text, binary], 0..8).prop_map(|fields| {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                HeaderValue::from_str(&value).expect("a value"),
            );
        }
        headers
    })
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (0_u64..5).prop_map(|points| frame(0, &metrics(points)).to_vec()),
        // A flag that says that it is compressed, and nothing that is.
        vec(any::<u8>(), 0..100).prop_map(|message| frame(1, &message).to_vec()),
        (vec(any::<u8>(), 0..50), vec(any::<u8>(), 0..50)).prop_map(|(one, other)| [
            frame(0, &one),
            frame(0, &other)
        ]
        .concat()),
        Just(Vec::new()),
        // No frame, and no beginning of one that would announce more than the limit.
        vec(any::<u8>(), 0..5),
    ]
}

fn any_case() -> impl Strategy<Value = Case> {
    let path = prop_oneof![
        Just(METRICS_CALL.to_owned()),
        Just("/grpc.health.v1.Health/Check".to_owned()),
        Just("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo".to_owned()),
        Just("/v1/metrics?a=b".to_owned()),
    ];
    let timeout = proptest::option::of("[1-9][0-9]{0,3}[HMS]");
    let encoding = proptest::option::of(proptest::sample::select(vec!["gzip", "zstd", "identity"]));
    let request_trailers = proptest::option::weighted(0.2, any_metadata());
    let request = (
        path,
        any_metadata(),
        any_body(),
        timeout,
        encoding,
        request_trailers,
    );
    let status = proptest::sample::select(vec![200_u16, 200, 200, 404, 503]);
    let data = vec(vec(any::<u8>(), 1..100), 0..3);
    let code = proptest::option::of("0|1?[1-9]");
    let answer = (
        status,
        any_metadata(),
        data,
        proptest::option::of(any_metadata()),
        code,
    );
    (request, answer).prop_map(|(request, answer)| {
        let (path, mut metadata, body, timeout, encoding, request_trailers) = request;
        metadata.insert("content-type", HeaderValue::from_static("application/grpc"));
        metadata.insert("te", HeaderValue::from_static("trailers"));
        if let Some(timeout) = timeout {
            metadata.insert("grpc-timeout", timeout.parse().expect("a value"));
        }
        if let Some(encoding) = encoding {
            metadata.insert("grpc-encoding", HeaderValue::from_static(encoding));
        }
        let (status, mut headers, data, mut trailers, code) = answer;
        headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        if let Some(code) = code {
            let fields = trailers.as_mut().unwrap_or(&mut headers);
            fields.insert("grpc-status", code.parse().expect("a value"));
        }
        Case {
            path,
            metadata,
            body,
            request_trailers,
            status: StatusCode::from_u16(status).expect("a status"),
            headers,
            data: data.into_iter().map(Bytes::from).collect(),
            trailers,
        }
    })
}

async fn send(case: &Case, client: &crate::support::Http2Client) -> Http2Answer {
    let mut request = Request::post(format!("http://otelbox{}", case.path))
        .body(())
        .expect("a request");
    *request.headers_mut() = case.metadata.clone();
    let mut sender = client.sender.clone().ready().await.expect("a connection");
    let (response, mut stream) = sender.send_request(request, false).expect("a stream");
    let body = Bytes::from(case.body.clone());
    stream
        .send_data(body, case.request_trailers.is_none())
        .expect("it is open");
    if let Some(trailers) = case.request_trailers.clone() {
        stream.send_trailers(trailers).expect("it is open");
    }
    read_answer(response).await.expect("an answer")
}

#[test]
fn calls_and_answers_arrive_as_they_were_sent() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (receiver, client, upstream) = runtime.block_on(async {
        let upstream = RawHttp2::start(Answer::Silence).await;
        let receiver = start(to_address(upstream.address)).await;
        let client = receiver.grpc().await;
        (receiver, client, upstream)
    });
    let upstream = tokio::sync::Mutex::new(upstream);
    let config = Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let check = |case: Case| {
        runtime.block_on(async {
            let mut upstream = upstream.lock().await;
            let frames = Frames {
                status: case.status,
                headers: case.headers.clone(),
                data: case.data.clone(),
                trailers: case.trailers.clone(),
            };
            upstream.answers(frames.into());
            let answer = send(&case, &client).await;
            let arrived = upstream.call().await;
            let address = upstream.address;
            let expected = Call {
                method: http::Method::POST,
                uri: format!("http://{address}{}", case.path)
                    .parse()
                    .expect("a URI"),
                headers: case.metadata.clone(),
                data: case.body.clone(),
                // Trailers without a field are an empty frame that says nothing more than the end of the stream.
                trailers: case.request_trailers.clone(),
            };
            let empty =
                |trailers: &Option<HeaderMap>| trailers.clone().filter(|fields| !fields.is_empty());
            prop_assert_eq!(empty(&arrived.trailers), empty(&expected.trailers));
            prop_assert_eq!(
                (arrived.method, arrived.uri, arrived.headers, arrived.data),
                (
                    expected.method,
                    expected.uri,
                    expected.headers,
                    expected.data
                )
            );
            prop_assert_eq!(answer.status, case.status);
            prop_assert_eq!(answer.headers, case.headers);
            prop_assert_eq!(answer.data, case.data.concat());
            prop_assert_eq!(empty(&answer.trailers), empty(&case.trailers));
            prop_assert_eq!(
                answer.trailers_only,
                case.data.is_empty() && case.trailers.is_none()
            );
            Ok(())
        })
    };
    TestRunner::new(config)
        .run(&any_case(), check)
        .unwrap_or_else(|error| panic!("{error}"));
    runtime.block_on(receiver.collector.stop());
}

#[tokio::test]
async fn http_2_on_the_port_for_http_is_http_2_at_the_upstream() {
    let answer = Frames {
        status: StatusCode::OK,
        headers: fields(&[
            ("content-type", "application/x-protobuf"),
            ("x-by", "upstream"),
        ]),
        data: Vec::new(),
        trailers: None,
    };
    let mut upstream = RawHttp2::start(answer.into()).await;
    let receiver = start(to_address(upstream.address)).await;
    let stream = receiver
        .connect(otelbox_mock_collector::Port::Http)
        .await
        .expect("it listens");
    let client = crate::support::Http2Client::new(stream).await;
    let request = Request::post("http://otelbox/v1/metrics")
        .header("content-type", "application/x-protobuf")
        .body(())
        .expect("a request");
    let answer = client
        .send(request, metrics(2).into())
        .await
        .expect("an answer");
    // Not even a date is added.
    let expected = fields(&[
        ("content-type", "application/x-protobuf"),
        ("x-by", "upstream"),
    ]);
    assert_eq!(answer.headers, expected);
    assert_eq!(upstream.call().await.data, metrics(2));
    let ledger = receiver.collector.ledger();
    let entry = ledger.signal(otelbox_mock_collector::Signal::Metrics);
    assert_eq!((entry.offered, entry.accepted), (2, 2));
}

#[tokio::test]
async fn streams_of_one_client_share_an_upstream_connection_and_do_not_wait_for_each_other() {
    let mut upstream = RawHttp2::start(Answer::Silence).await;
    let receiver = start(to_address(upstream.address)).await;
    let client = receiver.grpc().await;
    let mut sender = client.sender.clone();
    let (waits, mut stream) = sender
        .send_request(call(METRICS_CALL), false)
        .expect("a stream");
    stream
        .send_data(frame(0, &metrics(1)), true)
        .expect("it is open");
    assert!(matches!(upstream.event().await, Event::Connected));
    upstream.call().await;
    // While the first call waits, the second is answered.
    upstream.answers(ok());
    let answer = client.export(2).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("0"));
    assert!(matches!(upstream.event().await, Event::Call(_)));
    drop((waits, stream));
    assert!(matches!(
        upstream.event().await,
        Event::Cancelled(h2::Reason::CANCEL)
    ));
    upstream.answers(trailers_only("8"));
    let answer = client.export(3).await.expect("an answer");
    assert!(answer.trailers_only);
    assert_eq!(
        (answer.grpc_status(), answer.grpc_message()),
        (Some("8"), "not%20today")
    );
    let exchange = receiver.after(3).await.exchanges()[2].clone();
    let sent = exchange
        .completion()
        .and_then(|completion| completion.answer.clone());
    assert_eq!(
        sent.and_then(|answer| answer.message.clone()).as_deref(),
        Some("not today")
    );
    // All on the same connection, which ends with the client's.
    let events = upstream.unasked();
    assert!(
        !events.iter().any(|event| matches!(event, Event::Connected)),
        "{events:?}"
    );
    drop(client);
    drop(sender);
    assert!(matches!(upstream.event().await, Event::Gone));
}
