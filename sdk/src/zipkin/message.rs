//! The messages of `zipkin.proto`, as far as they are written.

use std::collections::BTreeMap;

/// `ListOfSpans`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ListOfSpans {
    #[prost(message, repeated, tag = "1")]
    pub(super) spans: Vec<Span>,
}

/// `Span`. Its flags `debug` and `shared` are never set: nothing in a span of OpenTelemetry says so.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Span {
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub(super) trace_id: Vec<u8>,
    /// 8 bytes, or none.
    #[prost(bytes = "vec", tag = "2")]
    pub(super) parent_id: Vec<u8>,
    /// 8 bytes.
    #[prost(bytes = "vec", tag = "3")]
    pub(super) id: Vec<u8>,
    #[prost(enumeration = "Kind", tag = "4")]
    pub(super) kind: i32,
    #[prost(string, tag = "5")]
    pub(super) name: String,
    /// In microseconds.
    #[prost(fixed64, tag = "6")]
    pub(super) timestamp: u64,
    /// In microseconds, at least one.
    #[prost(uint64, tag = "7")]
    pub(super) duration: u64,
    #[prost(message, optional, tag = "8")]
    pub(super) local_endpoint: Option<Endpoint>,
    #[prost(message, optional, tag = "9")]
    pub(super) remote_endpoint: Option<Endpoint>,
    #[prost(message, repeated, tag = "10")]
    pub(super) annotations: Vec<Annotation>,
    #[prost(btree_map = "string, string", tag = "11")]
    pub(super) tags: BTreeMap<String, String>,
}

/// `Span.Kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum Kind {
    Unspecified = 0,
    Client = 1,
    Server = 2,
    Producer = 3,
    Consumer = 4,
}

/// `Endpoint`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Endpoint {
    #[prost(string, tag = "1")]
    pub(super) service_name: String,
    /// 4 bytes, or none.
    #[prost(bytes = "vec", tag = "2")]
    pub(super) ipv4: Vec<u8>,
    /// 16 bytes, or none.
    #[prost(bytes = "vec", tag = "3")]
    pub(super) ipv6: Vec<u8>,
    /// Zero is none.
    #[prost(int32, tag = "4")]
    pub(super) port: i32,
}

/// `Annotation`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Annotation {
    /// In microseconds.
    #[prost(fixed64, tag = "1")]
    pub(super) timestamp: u64,
    #[prost(string, tag = "2")]
    pub(super) value: String,
}
