//! The two that are asked: the real Collector and the mock.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use otelbox_mock_collector::{Accepted, MockCollector, Port, Signal, json};
use otelbox_tests::RealCollector;
use serde_json::Value;
use tokio::time::timeout;

use crate::content::{self, Content};
use crate::http1;
use crate::http2;
use crate::reply::{Ending, Fields, Reply};
use crate::requests::{self, LAST};
use crate::wire::{NAME_FIELD, Request, Wire};

/// How long an answer may take: only a guard.
const GUARD: Duration = Duration::from_secs(60);

/// What became of one request at one receiver.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// All that is compared.
    pub(crate) fields: Fields,
}

/// What became of one request at both.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) collector: Seen,
    pub(crate) mock: Seen,
}

/// What became of every request, by its name.
pub(crate) type Observed = BTreeMap<String, Pair>;

/// Sends every request to both, and the last one, and reads back what they have accepted.
pub(crate) async fn ask(
    table: &[Request],
    collector: &RealCollector,
    mock: &MockCollector,
) -> io::Result<Observed> {
    let mut replies = Vec::new();
    for request in table.iter().chain([&requests::last()]) {
        let at_collector = address(
            request.port,
            collector.grpc_address(),
            collector.http_address(),
        );
        let at_mock = address(
            request.port,
            mock.grpc_addr().ok_or(io::ErrorKind::NotConnected)?,
            mock.http_addr().ok_or(io::ErrorKind::NotConnected)?,
        );
        let asked = tokio::join!(exchange(request, at_collector), exchange(request, at_mock));
        replies.push((request.name.clone(), asked.0?, asked.1?));
        collector.check().map_err(io::Error::other)?;
    }
    let mut by_collector = exported_by(collector).await?;
    let mut by_mock = accepted_by(mock)?;
    let observed = replies
        .into_iter()
        .map(|(name, collector, mock)| {
            let pair = Pair {
                collector: Seen::new(&collector, by_collector.remove(&name)),
                mock: Seen::new(&mock, by_mock.remove(&name)),
            };
            (name, pair)
        })
        .filter(|(name, _)| name != LAST)
        .collect();
    // What is left was accepted for the sake of no request.
    match by_collector.keys().chain(by_mock.keys()).next() {
        Some(name) => Err(io::Error::other(format!("somebody has accepted {name:?}"))),
        None => Ok(observed),
    }
}

const fn address(port: Port, grpc: SocketAddr, http: SocketAddr) -> SocketAddr {
    match port {
        Port::Grpc => grpc,
        Port::Http => http,
    }
}

async fn exchange(request: &Request, address: SocketAddr) -> io::Result<Reply> {
    let exchange = async {
        match &request.wire {
            Wire::Raw {
                bytes,
                ends,
                is_head,
            } => http1::send(address, bytes, *ends, *is_head).await,
            Wire::Http2 { head, body, ends } => http2::send(address, head, body, *ends).await,
        }
    };
    match timeout(GUARD, exchange).await {
        Ok(reply) => reply,
        Err(_) => Ok(Reply::without_answer(Ending::NoAnswer)),
    }
}

/// What the Collector has exported when it has exported the last one, by the name that stands in it.
async fn exported_by(collector: &RealCollector) -> io::Result<BTreeMap<String, Content>> {
    let exported = collector
        .exported_when(|exported| {
            exported
                .of(Signal::Logs)
                .any(|payload| content::name(payload).as_deref() == Some(LAST))
        })
        .await;
    let mut contents = BTreeMap::new();
    for signal in Signal::ALL {
        for payload in exported.of(signal) {
            add(
                &mut contents,
                content::name(payload),
                signal,
                payload.clone(),
            )?;
        }
    }
    Ok(contents)
}

/// What the mock has accepted, by the name that the request has in its head.
fn accepted_by(mock: &MockCollector) -> io::Result<BTreeMap<String, Content>> {
    let mut contents = BTreeMap::new();
    for exchange in mock.journal().exchanges() {
        // Of an export without items there is nothing to pass on.
        if exchange.accepted() == Accepted::No || exchange.items().unwrap_or_default() == 0 {
            continue;
        }
        let Some(signal) = exchange.signal else {
            continue;
        };
        let name = exchange.request.headers.get(NAME_FIELD);
        let name = name.map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned());
        let payload = match signal {
            // Profiles are counted, and not decoded.
            Signal::Profiles => Value::from(exchange.items()),
            _ => json::encode(exchange.payload().map_err(io::Error::other)?),
        };
        add(&mut contents, name, signal, payload)?;
    }
    Ok(contents)
}

fn add(
    contents: &mut BTreeMap<String, Content>,
    name: Option<String>,
    signal: Signal,
    payload: Value,
) -> io::Result<()> {
    let name = name.ok_or_else(|| io::Error::other(format!("no name in {payload}")))?;
    let content = Content::new(signal, payload);
    match contents.insert(name.clone(), content) {
        Some(_) => Err(io::Error::other(format!("{name:?} was accepted twice"))),
        None => Ok(()),
    }
}

impl Seen {
    fn new(reply: &Reply, content: Option<Content>) -> Self {
        let mut fields = reply.fields();
        let content = content.map_or_else(|| "nothing".to_owned(), |content| content.to_string());
        fields.insert("accepted".to_owned(), content);
        Self { fields }
    }
}
