//! Files that are replaced while the exporter lives.

use std::path::Path;
use std::sync::Arc;

use otelbox_sdk::{
    ClientIdentity, ExportOutcome, OtlpMetricExporter, PemSource, Protocol, SystemClock,
};

use crate::log::Log;
use crate::receiver::{Receiver, export_with};
use crate::tls::{Authority, over_tls};

const PROTOCOL: Protocol = Protocol::HttpProtobuf;

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("written");
}

fn write_identity(folder: &Path, clients: &Authority) {
    let signed = clients.sign("checkout");
    write(folder, "client.pem", &signed.certificate.pem());
    write(folder, "key.pem", &signed.key.serialize_pem());
}

/// An exporter whose authority, certificate and key are files in `folder`.
fn from_files(receiver: &Receiver, folder: &Path) -> OtlpMetricExporter {
    let file = |name: &str| PemSource::File(folder.join(name));
    over_tls(receiver)
        .with_clock(Arc::new(SystemClock))
        .with_ca_certificate(file("ca.pem"))
        .with_client_identity(ClientIdentity {
            certificate: file("client.pem"),
            key: file("key.pem"),
        })
        .build()
        .expect("usable files")
}

async fn delivered(exporter: &OtlpMetricExporter) -> bool {
    // The next export has a connection of its own.
    exporter.client().disconnect();
    let outcome = export_with(exporter).await;
    matches!(outcome, ExportOutcome::Delivered { .. })
}

#[tokio::test(start_paused = true)]
async fn new_files_are_used_for_the_next_connection() {
    let log = Log::default();
    let _guard = log.start();
    let folder = tempfile::tempdir().expect("a folder");
    let (servers, clients) = (Authority::new(), Authority::new());
    let receiver = Receiver::new(PROTOCOL, []);
    let receiver = receiver.over_tls(servers.acceptor("collector", PROTOCOL, Some(&clients)));
    write(folder.path(), "ca.pem", &servers.0.pem());
    write_identity(folder.path(), &clients);
    let exporter = from_files(&receiver, folder.path());
    assert!(delivered(&exporter).await);
    assert!(delivered(&exporter).await);
    assert!(log.lines("what is new").is_empty());

    let (servers, clients) = (Authority::new(), Authority::new());
    let receiver = receiver.over_tls(servers.acceptor("collector", PROTOCOL, Some(&clients)));
    assert!(!delivered(&exporter).await, "the files are behind");
    write(folder.path(), "ca.pem", &servers.0.pem());
    write_identity(folder.path(), &clients);
    assert!(delivered(&exporter).await, "{}", log.text());
    let taken = log.lines("is used from this connection on");
    assert_eq!(taken.len(), 2, "authority and identity: {taken:#?}");
    drop(receiver);
}

#[tokio::test(start_paused = true)]
async fn files_that_cannot_be_used_change_nothing_and_are_reported_once() {
    let log = Log::default();
    let _guard = log.start();
    let folder = tempfile::tempdir().expect("a folder");
    let (servers, clients) = (Authority::new(), Authority::new());
    let acceptor = servers.acceptor("collector", PROTOCOL, Some(&clients));
    let receiver = Receiver::new(PROTOCOL, []).over_tls(acceptor);
    write(folder.path(), "ca.pem", &servers.0.pem());
    write_identity(folder.path(), &clients);
    let exporter = from_files(&receiver, folder.path());
    assert!(delivered(&exporter).await);

    let key = std::fs::read_to_string(folder.path().join("key.pem")).expect("a key");
    let other = clients.sign("checkout");
    write(folder.path(), "client.pem", &other.certificate.pem());
    assert!(delivered(&exporter).await, "the old pair");
    assert!(delivered(&exporter).await, "the old pair");
    let told = log.lines("using what was there before");
    let [line] = told.as_slice() else {
        panic!("once: {told:#?}")
    };
    assert!(
        line.contains("client.pem") && line.contains("key.pem") && line.starts_with("WARN"),
        "{line}"
    );
    assert!(!log.text().contains(&key), "a key is no text for a log");

    write(folder.path(), "key.pem", &other.key.serialize_pem());
    assert!(delivered(&exporter).await);
    assert_eq!(log.lines("is used from this connection on").len(), 1);

    std::fs::remove_file(folder.path().join("ca.pem")).expect("removed");
    assert!(delivered(&exporter).await, "the old authority");
    let told = log.lines("using what was there before");
    assert!(told.len() == 2 && told[1].contains("ca.pem"), "{told:#?}");
}
