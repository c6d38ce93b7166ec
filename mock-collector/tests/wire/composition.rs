//! Actions that are put together, on the wire: what comes in which order, and when.

use otelbox_mock_collector::fault::{
    Action, Allowance, Delay, DelayAt, Uniform, Wait, accept, always, grpc, hang, hold, http,
    millis, on_attempt, secs, sequence, status, take, unknown_fields,
};
use otelbox_mock_collector::journal::{Accepted, End};
use otelbox_mock_collector::{MockCollector, Signal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout};
use tonic::Code;

use crate::support::{
    Http2Client, METRICS_CALL, PROTOBUF, Transport, call, frame, metrics, on_both_transports, post,
};

fn unavailable() -> Action {
    status(grpc(Code::Unavailable), http(503))
}

on_both_transports!(
    what_is_taken_and_refused_is_a_repetition_when_it_comes_again,
    async |transport: Transport| {
        let fault = on_attempt(1).then(take(unavailable()));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let mut client = receiver.http().await;
        assert_eq!(client.export(2).await.expect("an answer").status, 503);
        assert_eq!(client.export(2).await.expect("an answer").status, 200);
        let client = receiver.grpc().await;
        let refused = client.export(3).await.expect("an answer");
        assert_eq!(refused.grpc_status(), Some("14"));
        let taken = client.export(3).await.expect("an answer");
        assert_eq!(taken.grpc_status(), Some("0"));

        let exchanges = receiver.after(4).await.exchanges();
        let seen: Vec<_> = exchanges
            .iter()
            .map(|exchange| {
                (
                    exchange.attempt,
                    exchange.accepted(),
                    exchange.is_acknowledged(),
                )
            })
            .collect();
        let (refused, taken) = ((1, Accepted::All, false), (2, Accepted::All, true));
        assert_eq!(seen, [refused, taken, refused, taken]);
        let ledger = receiver.collector.ledger();
        let metrics = ledger.signal(Signal::Metrics);
        assert_eq!(
            (metrics.exports, metrics.accepted, metrics.repeated),
            (2, 5, 5),
            "all of it was accepted a second time"
        );
    }
);

on_both_transports!(
    what_is_taken_is_taken_even_if_nobody_answers,
    async |transport: Transport| {
        let fault = always().then(take(hang()));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let client = receiver.grpc().await;
        assert!(timeout(millis(100), client.export(1)).await.is_err());
        let exchange = receiver.only_exchange().await;
        assert_eq!(
            exchange.completion().expect("complete").end,
            End::ClientCancelled
        );
        assert_eq!(exchange.accepted(), Accepted::All);
    }
);

on_both_transports!(
    what_cannot_be_decoded_is_not_taken,
    async |transport: Transport| {
        let fault = always().then(take(http(503)));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let request = post("/v1/metrics", &[PROTOBUF], &[0xff]);
        let answer = receiver.http().await.send(&request).await;
        assert_eq!(answer.expect("an answer").status, 503);
        assert_eq!(receiver.only_exchange().await.accepted(), Accepted::No);
    }
);

#[tokio::test(start_paused = true)]
async fn modifiers_come_in_the_order_of_the_list() {
    // [{ interim: 103 }, { delay: 2s }, { interim: 102 }, { delay: 3s }, { http: 503 }]
    let action = Action::from(http(503))
        .after(secs(3))
        .after_interim(102)
        .after(secs(2))
        .after_interim(103);
    let receiver = Transport::Memory
        .start(MockCollector::builder().fault(always().then(action)))
        .await;
    let started = Instant::now();
    let mut client = receiver.http().await;
    assert_eq!(client.export(1).await.expect("interim").status, 103);
    assert_eq!(started.elapsed(), secs(0));
    assert_eq!(client.answer().await.expect("interim").status, 102);
    assert_eq!(started.elapsed(), secs(2));
    assert_eq!(client.answer().await.expect("an answer").status, 503);
    assert_eq!(started.elapsed(), secs(5));
}

on_both_transports!(
    a_held_answer_comes_when_its_fault_is_removed,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let held = receiver
            .collector
            .add_fault(always().then(unavailable().held()))
            .expect("a fault");
        let mut http = receiver.http().await;
        let client = receiver.grpc().await;
        let let_go = async {
            // Both have been decided on when they are in the journal; neither is answered.
            while receiver.collector.journal().exchanges().len() < 2 {
                sleep(millis(1)).await;
            }
            sleep(millis(50)).await;
            let journal = receiver.collector.journal();
            let exchanges = journal.exchanges();
            assert!(exchanges.iter().all(|it| it.completion().is_none()));
            drop(held);
        };
        let (over_http, over_grpc, ()) = tokio::join!(http.export(1), client.export(2), let_go);
        assert_eq!(over_http.expect("an answer").status, 503);
        let over_grpc = over_grpc.expect("an answer");
        assert_eq!(over_grpc.grpc_status(), Some("14"));
        assert_eq!(http.export(1).await.expect("an answer").status, 200);
    }
);

#[tokio::test(start_paused = true)]
async fn a_held_answer_comes_when_all_faults_are_replaced() {
    let receiver = Transport::Memory
        .start(MockCollector::builder().fault(always().then(hold())))
        .await;
    let mut client = receiver.http().await;
    let replace = async {
        sleep(secs(20)).await;
        // The new fault holds as well, and has the same number: what the old one held is let go nonetheless.
        let replaced = receiver.collector.set_faults([always().then(hold())]);
        replaced.expect("possible");
    };
    let started = Instant::now();
    // Without a limit, a virtual clock with nothing to wait for would stand still.
    let answer = timeout(secs(999), client.export(1));
    let (answer, ()) = tokio::join!(answer, replace);
    assert_eq!(answer.expect("in time").expect("an answer").status, 200);
    assert_eq!(started.elapsed(), secs(20));
    assert!(timeout(secs(99), client.export(2)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_held_answer_comes_when_another_fault_takes_the_place_of_its_own() {
    let receiver = Transport::Memory
        .start(MockCollector::builder().fault(always().then(hold())))
        .await;
    let mut client = receiver.http().await;
    let replace = async {
        sleep(secs(20)).await;
        let ordinal = receiver.collector.faults()[0].ordinal;
        let faults = receiver.collector.live_faults();
        assert_eq!(faults.replace(ordinal, always().then(hold())), Ok(true));
    };
    let started = Instant::now();
    let answer = timeout(secs(999), client.export(1));
    let (answer, ()) = tokio::join!(answer, replace);
    assert_eq!(answer.expect("in time").expect("an answer").status, 200);
    assert_eq!(started.elapsed(), secs(20));
    assert!(timeout(secs(99), client.export(2)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_held_answer_comes_when_the_time_of_its_fault_is_over() {
    let receiver = Transport::Memory
        .start(MockCollector::builder().fault(always().then(http(503))))
        .await;
    sleep(secs(100)).await;
    receiver
        .collector
        .set_faults([always()
            .then(Action::from(grpc(Code::Aborted)).after(secs(5)).held())
            .lasting(secs(30))])
        .expect("possible");
    let client = receiver.grpc().await;
    let started = Instant::now();
    let answer = client.export(1).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("10"));
    assert_eq!(started.elapsed(), secs(35), "and then the wait");
}

on_both_transports!(
    a_client_that_does_not_wait_for_a_held_answer_is_noticed,
    async |transport: Transport| {
        let fault = always().then(hold());
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let client = receiver.grpc().await;
        assert!(timeout(millis(100), client.export(1)).await.is_err());
        let exchange = receiver.only_exchange().await;
        assert_eq!(
            exchange.completion().expect("complete").end,
            End::ClientCancelled
        );
        assert_eq!(exchange.accepted(), Accepted::No);
    }
);

/// When the head, the first byte of the body and the trailers of an answer to a gRPC call came.
async fn times(client: &Http2Client) -> [std::time::Duration; 3] {
    let started = Instant::now();
    let mut sender = client.sender.clone().ready().await.expect("a connection");
    let (response, mut stream) = sender
        .send_request(call(METRICS_CALL), false)
        .expect("a stream");
    stream
        .send_data(frame(0, &metrics(1)), true)
        .expect("a stream");
    let (_, mut body) = response.await.expect("a head").into_parts();
    let head = started.elapsed();
    let data = body.data().await.expect("DATA").expect("DATA");
    assert!(data.len() >= 5, "{data:?}");
    let first = started.elapsed();
    let trailers = body.trailers().await.expect("trailers");
    assert!(trailers.expect("trailers").contains_key("grpc-status"));
    [head, first, started.elapsed()]
}

#[tokio::test(start_paused = true)]
async fn waits_within_an_answer_come_between_its_frames() {
    let action = unknown_fields()
        .pausing(DelayAt::BeforeTrailers, secs(3))
        .pausing(DelayAt::BeforeBody, secs(2))
        .after(secs(1));
    let faults = [
        on_attempt(1).then(action),
        on_attempt(2).then(accept().pausing(DelayAt::BeforeTrailers, secs(4))),
    ];
    let receiver = Transport::Memory
        .start(MockCollector::builder().faults(faults))
        .await;
    let client = receiver.grpc().await;
    assert_eq!(times(&client).await, [secs(1), secs(3), secs(6)]);
    let exchange = receiver.only_exchange().await;
    assert!(exchange.is_acknowledged());
    assert_eq!(exchange.completion().expect("complete").at, secs(6));
}

on_both_transports!(
    a_wait_before_the_trailers_is_never_shorter,
    async |transport: Transport| {
        let action = accept()
            .pausing(DelayAt::BeforeTrailers, millis(200))
            .pausing(DelayAt::BeforeBody, millis(100));
        let receiver = transport
            .start(MockCollector::builder().fault(always().then(action)))
            .await;
        let [head, data, trailers] = times(&receiver.grpc().await).await;
        assert!(head < data && data < trailers);
        assert!(data >= millis(100) && trailers >= millis(300));
    }
);

#[tokio::test(start_paused = true)]
async fn over_http_the_head_comes_before_the_wait_and_the_body_after_it() {
    for (action, status) in [
        (accept(), "200"),
        (http(503).into(), "503"),
        (http(202).into(), "202"),
    ] {
        let action = action.pausing(DelayAt::BeforeBody, secs(2));
        let receiver = Transport::Memory
            .start(MockCollector::builder().fault(always().then(action)))
            .await;
        let mut client = receiver.http().await;
        let started = Instant::now();
        let request = post("/v1/metrics", &[PROTOBUF], &metrics(1));
        client.stream.write_all(&request).await.expect("sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.stream.read_u8().await.expect("a head"));
        }
        assert_eq!(started.elapsed(), secs(0));
        let head = String::from_utf8(head).expect("text");
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        client.stream.read_u8().await.expect("a body");
        assert_eq!(started.elapsed(), secs(2), "{head}");
    }
}

on_both_transports!(
    whoever_leaves_within_an_answer_got_what_was_sent_by_then,
    async |transport: Transport| {
        let faults = [
            on_attempt(1).then(unknown_fields().pausing(DelayAt::BeforeBody, secs(3600))),
            on_attempt(2).then(accept().pausing(DelayAt::BeforeTrailers, secs(3600))),
        ];
        let receiver = transport
            .start(MockCollector::builder().faults(faults))
            .await;
        let client = receiver.grpc().await;
        assert!(timeout(millis(200), times(&client)).await.is_err());
        assert!(timeout(millis(200), times(&client)).await.is_err());
        let mut client = receiver.http().await;
        assert!(timeout(millis(200), client.export(2)).await.is_err());
        drop(client);

        let exchanges = receiver.after(3).await.exchanges();
        let sent: Vec<_> = exchanges
            .iter()
            .map(|exchange| {
                assert!(!exchange.is_acknowledged());
                let completion = exchange.completion().expect("complete");
                let answer = completion.answer.as_ref().expect("a head at least");
                (answer.body.len(), answer.trailers.len(), completion.end)
            })
            .collect();
        assert_eq!(
            sent,
            [
                (0, 0, End::ClientCancelled),
                (5 + 2, 0, End::ClientCancelled),
                (0, 0, End::ClientGone)
            ]
        );
    }
);

#[tokio::test(start_paused = true)]
async fn a_drawn_wait_is_in_the_journal_before_it_is_over() {
    let wait = Uniform {
        from: secs(1),
        to: secs(9),
    };
    let faults = || [always().then(accept().after(wait))];
    let mut runs = Vec::new();
    for _ in 0..2 {
        let receiver = Transport::Memory
            .start(MockCollector::builder().faults(faults()).seed(42))
            .await;
        let mut took = Vec::new();
        for points in 1..=5 {
            let started = Instant::now();
            let client = receiver.grpc().await;
            client.export(points).await.expect("an answer");
            took.push(started.elapsed());
        }
        let exchanges = receiver.after(5).await.exchanges();
        let decided: Vec<_> = exchanges
            .iter()
            .map(|exchange| match &exchange.decision.action {
                Action::Delay(Delay {
                    wait: Wait::For(wait),
                    ..
                }) => *wait,
                other => panic!("{other:?}"),
            })
            .collect();
        // tokio's clock has whole milliseconds.
        for (took, decided) in took.iter().zip(&decided) {
            assert!(
                took >= decided && *took < *decided + millis(2),
                "{took:?} {decided:?}"
            );
        }
        assert!(decided.iter().any(|wait| *wait != decided[0]));
        runs.push(decided);
    }
    assert_eq!(runs[0], runs[1], "the same seed draws the same");
}

on_both_transports!(
    a_sequence_is_answered_one_by_one,
    async |transport: Transport| {
        let steps = [http(503).into(), http(429).retry_after("1").into()];
        let fault = always().then(sequence(steps, http(202)));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let mut client = receiver.http().await;
        for status in [503, 429, 202, 202] {
            assert_eq!(client.export(1).await.expect("an answer").status, status);
        }
    }
);

#[tokio::test(start_paused = true)]
async fn a_rate_limit_refuses_what_is_beyond_it() {
    let fault = always()
        .beyond_every(Allowance::Items(5), secs(10))
        .then(status(
            grpc(Code::ResourceExhausted).retry_info(secs(1)),
            http(429),
        ));
    let receiver = Transport::Memory
        .start(MockCollector::builder().fault(fault))
        .await;
    let client = receiver.grpc().await;
    let mut statuses = Vec::new();
    for (points, at) in [(3, 0), (3, 1), (2, 2), (1, 9), (5, 10)] {
        sleep(secs(at).saturating_sub(receiver.collector.journal().elapsed())).await;
        let answer = client.export(points).await.expect("an answer");
        statuses.push(answer.grpc_status().map(ToOwned::to_owned));
    }
    assert_eq!(
        statuses,
        ["0", "8", "0", "8", "0"].map(|status| Some(status.to_owned()))
    );
    let ledger = receiver.collector.ledger();
    assert_eq!(ledger.signal(Signal::Metrics).accepted, 3 + 2 + 5);
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_is_added_later_lasts_from_then_on() {
    let receiver = Transport::Memory.start(MockCollector::builder()).await;
    let mut client = receiver.http().await;
    sleep(secs(100)).await;
    let fault = always().then(http(503)).lasting(secs(30));
    receiver
        .collector
        .add_fault(fault)
        .expect("possible")
        .keep();
    assert_eq!(receiver.collector.faults()[0].ends_at, Some(secs(130)));
    assert_eq!(client.export(1).await.expect("an answer").status, 503);
    sleep(secs(29)).await;
    assert_eq!(client.export(1).await.expect("an answer").status, 503);
    sleep(secs(1)).await;
    assert_eq!(client.export(1).await.expect("an answer").status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_with_the_time_of_its_fault() {
    use otelbox_mock_collector::Port;
    use otelbox_mock_collector::fault::refuse;

    let receiver = Transport::Memory
        .start(MockCollector::builder().fault(always().then(refuse()).lasting(secs(30))))
        .await;
    assert!(receiver.connect(Port::Http).await.is_err());
    sleep(secs(30)).await;
    let answer = receiver.http().await.export(1).await;
    assert_eq!(answer.expect("an answer").status, 200);
}
