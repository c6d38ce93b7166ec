//! Limits on what is sent and on what is read.

use otelbox_sdk::Protocol::{Grpc, HttpProtobuf};
use otelbox_sdk::{
    AnswerError, AttemptError, Compression, Deadline, ExportOutcome, Exporter, FailureReason,
    Protocol,
};

use crate::receiver::{Receiver, Reply, batch, export};

const FOUR_MIB: usize = 4 * 1024 * 1024;

#[tokio::test(start_paused = true)]
async fn a_request_above_the_limit_is_not_made_however_well_it_compresses() {
    for protocol in Protocol::ALL {
        let receiver = Receiver::new(protocol, []);
        let exporter = receiver
            .exporter()
            .with_compression(Compression::Gzip)
            .with_max_request_bytes(1_000)
            .build()
            .expect("an exporter");
        let ExportOutcome::Failed(failure) = exporter.export(&batch(100), Deadline::none()).await
        else {
            panic!("{protocol}: it is too large")
        };
        assert!(
            matches!(failure.reason, FailureReason::TooLarge { bytes, limit_bytes: 1_000 } if bytes > 1_000),
            "{protocol}: {failure:?}"
        );
        assert_eq!(receiver.dials(), [], "{protocol}");
        assert_eq!(exporter.statistics().dropped_items, 100, "{protocol}");
        let next = exporter.export(&batch(1), Deadline::none()).await;
        assert_eq!(next, ExportOutcome::Delivered { attempts: 1 }, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_above_the_limit_ends_the_export() {
    for (protocol, reply) in [
        (Grpc, Reply::Endless),
        (HttpProtobuf, Reply::Ok(vec![0; FOUR_MIB + 1])),
    ] {
        let receiver = Receiver::always(protocol, reply);
        let ExportOutcome::Failed(failure) = export(receiver.exporter()).await else {
            panic!("{protocol}: it is too large")
        };
        let limit_bytes = FOUR_MIB;
        let expected = AttemptError::Answer(AnswerError::TooLarge { limit_bytes });
        assert_eq!(failure.last_status, Some(expected), "{protocol}");
        assert_eq!(receiver.seen().len(), 1, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_becomes_too_large_by_decompression_ends_the_export() {
    use std::io::Write;
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    bomb.write_all(&vec![0; FOUR_MIB + 1]).expect("in memory");
    let bomb = bomb.finish().expect("in memory");
    let headers = vec![
        ("content-type", "application/x-protobuf".to_owned()),
        ("content-encoding", "gzip".to_owned()),
    ];
    let receiver = Receiver::always(HttpProtobuf, Reply::Http(200, headers, bomb));
    let ExportOutcome::Failed(failure) = export(receiver.exporter()).await else {
        panic!("it is too large")
    };
    assert_eq!(failure.reason, FailureReason::UnusableAnswer);
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_for_nothing() {
    let receiver = Receiver::new(Grpc, []);
    let exporter = receiver.exporter().build().expect("an exporter");
    let outcome = exporter.export(&batch(0), Deadline::none()).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 0 });
    assert_eq!(receiver.dials(), []);
}
