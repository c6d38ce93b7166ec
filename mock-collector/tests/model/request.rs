//! A request as a decision sees it.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use otelbox_mock_collector::facts::{BodyFacts, Facts};
use otelbox_mock_collector::payload::Resources;
use otelbox_mock_collector::{Protocol, Signal};

/// A request with all that a matcher may look at.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) signal: Option<Signal>,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) connection: u64,
    pub(crate) at: Duration,
    pub(crate) nth: u64,
    pub(crate) export: u64,
    pub(crate) attempt: u32,
    pub(crate) items: u64,
    pub(crate) bytes: u64,
    pub(crate) resources: Resources,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            signal: Some(Signal::Metrics),
            protocol: Some(Protocol::Grpc),
            path: Signal::Metrics.grpc_path().to_owned(),
            headers: HeaderMap::new(),
            connection: 1,
            at: Duration::ZERO,
            nth: 1,
            export: 1,
            attempt: 1,
            items: 1,
            bytes: 100,
            resources: Resources::none(),
        }
    }
}

impl Request {
    pub(crate) fn head(&self) -> Facts<'_> {
        Facts {
            signal: self.signal,
            protocol: self.protocol,
            path: &self.path,
            headers: &self.headers,
            connection: self.connection,
            at: self.at,
            request: self.nth,
            body: None,
        }
    }

    pub(crate) fn whole(&self) -> Facts<'_> {
        let body = BodyFacts {
            export: self.signal.map(|_| self.export),
            attempt: self.attempt,
            items: self.items,
            bytes: self.bytes,
            resources: &self.resources,
        };
        Facts {
            body: Some(body),
            ..self.head()
        }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.append(name, HeaderValue::from_static(value));
        self
    }
}
