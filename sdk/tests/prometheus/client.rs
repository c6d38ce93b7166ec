//! Raw requests.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use opentelemetry_sdk::Resource;
use otelbox_sdk::{Environment, MeterProvider, PrometheusReader, PrometheusReaderBuilder};

/// A reader on any port that is free.
pub(crate) fn reader() -> PrometheusReaderBuilder {
    PrometheusReader::builder()
        .with_env(&Environment::empty())
        .with_host("127.0.0.1")
        .with_port(0)
}

/// A provider with this reader, and where that listens.
pub(crate) fn provider(reader: PrometheusReaderBuilder) -> (MeterProvider, SocketAddr) {
    let reader = reader.build().expect("a reader");
    let address = reader.address();
    let resource = Resource::builder_empty().with_service_name("shop").build();
    let provider = MeterProvider::builder()
        .with_resource(resource)
        .with_reader(reader)
        .build();
    (provider.expect("a provider"), address)
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(known, _)| known == name)?;
        Some(value)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}

/// The answer to a request that says that it is the last of its connection.
pub(crate) fn ask(address: SocketAddr, method: &str, path: &str, headers: &str) -> Answer {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an answer");
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.expect("the end of a head");
    let head = std::str::from_utf8(&bytes[..end]).expect("text");
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let header = |line: &str| {
        let (name, value) = line.split_once(':').expect("a header");
        (name.to_ascii_lowercase(), value.trim().to_owned())
    };
    Answer {
        status: status
            .and_then(|status| status.parse().ok())
            .expect("a status"),
        headers: lines.map(header).collect(),
        body: bytes[end + 4..].to_vec(),
    }
}

pub(crate) fn get(address: SocketAddr, headers: &str) -> Answer {
    ask(address, "GET", "/metrics", headers)
}
