//! A span as Zipkin has it.

use std::collections::BTreeMap;

use prost::Message;

/// Spans, in no order that means anything.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ListOfSpans {
    /// The spans.
    #[prost(message, repeated, tag = "1")]
    pub spans: Vec<Span>,
}

/// A span.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Span {
    /// 8 or 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub trace_id: Vec<u8>,
    /// 8 bytes; empty for a root.
    #[prost(bytes = "vec", tag = "2")]
    pub parent_id: Vec<u8>,
    /// 8 bytes.
    #[prost(bytes = "vec", tag = "3")]
    pub id: Vec<u8>,
    /// A [`Kind`]; 0 where it is not said.
    #[prost(int32, tag = "4")]
    pub kind: i32,
    /// Its name; empty where it is not said.
    #[prost(string, tag = "5")]
    pub name: String,
    /// When it began, in microseconds since the Unix epoch; 0 where it is not said.
    #[prost(fixed64, tag = "6")]
    pub timestamp: u64,
    /// How long it took, in microseconds; 0 where it is not said.
    #[prost(uint64, tag = "7")]
    pub duration: u64,
    /// Who recorded it.
    #[prost(message, optional, tag = "8")]
    pub local_endpoint: Option<Endpoint>,
    /// The other side.
    #[prost(message, optional, tag = "9")]
    pub remote_endpoint: Option<Endpoint>,
    /// What happened meanwhile.
    #[prost(message, repeated, tag = "10")]
    pub annotations: Vec<Annotation>,
    /// What else is said of it.
    #[prost(btree_map = "string, string", tag = "11")]
    pub tags: BTreeMap<String, String>,
    /// Whether it is to be kept, whatever the sampling says.
    #[prost(bool, tag = "12")]
    pub debug: bool,
    /// Whether another tracer began it.
    #[prost(bool, tag = "13")]
    pub shared: bool,
}

/// A side of a connection.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Endpoint {
    /// The name of the service; empty where it is not known.
    #[prost(string, tag = "1")]
    pub service_name: String,
    /// 4 bytes; empty where it is not known.
    #[prost(bytes = "vec", tag = "2")]
    pub ipv4: Vec<u8>,
    /// 16 bytes; empty where it is not known.
    #[prost(bytes = "vec", tag = "3")]
    pub ipv6: Vec<u8>,
    /// Its port; 0 where it is not known.
    #[prost(int32, tag = "4")]
    pub port: i32,
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Annotation {
    /// When, in microseconds since the Unix epoch.
    #[prost(fixed64, tag = "1")]
    pub timestamp: u64,
    /// What.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// The kind of a span; what is none of these has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The side that asks.
    Client,
    /// The side that answers.
    Server,
    /// The side that sends a message.
    Producer,
    /// The side that receives one.
    Consumer,
}

impl Kind {
    /// Every kind, in the order of their numbers, which begin at 1.
    pub const ALL: [Self; 4] = [Self::Client, Self::Server, Self::Producer, Self::Consumer];

    /// The kind with this number in protobuf.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The kind with this name in JSON.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its number in protobuf.
    pub const fn number(self) -> i32 {
        match self {
            Self::Client => 1,
            Self::Server => 2,
            Self::Producer => 3,
            Self::Consumer => 4,
        }
    }

    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "CLIENT",
            Self::Server => "SERVER",
            Self::Producer => "PRODUCER",
            Self::Consumer => "CONSUMER",
        }
    }
}
