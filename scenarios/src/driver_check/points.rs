//! The points of the contract, each with a process of its own.

use std::time::Duration;

use otelbox_mock_collector::{Protocol, Signal};

use super::conversation::Conversation;
use super::receiver::{Receiver, Seen};
use super::{Outcome, PointVerdict};
use crate::driver::{
    Answer, Capability, Hello, Items, Measurement, PROTOCOL_VERSION, Request, StartRequest,
};
use crate::scenario::{CallResult, ITEMS_COUNTER, Instrument, Number, check::LogLevel};
use crate::sut::ProcessCommand;

/// How many items are emitted at a time.
const ITEMS: u64 = 3;

/// A version of the protocol that there is not.
const NO_VERSION: u32 = 4711;

/// An export that nobody asked for comes within this time, or is not seen.
const AFTERMATH: Duration = Duration::from_millis(200);

/// What stands against a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    Driver(String),
    Sdk(String),
    Either(String),
    NotApplicable(String),
    NotRun(String),
}

impl Broken {
    pub(super) fn into_verdict(self) -> (PointVerdict, Option<String>) {
        let (verdict, seen) = match self {
            Self::Driver(seen) => (PointVerdict::DriverAtFault, seen),
            Self::Sdk(seen) => (PointVerdict::SdkAtFault, seen),
            Self::Either(seen) => (PointVerdict::DriverOrSdk, seen),
            Self::NotApplicable(seen) => (PointVerdict::NotApplicable, seen),
            Self::NotRun(seen) => (PointVerdict::NotRun, seen),
        };
        (verdict, Some(seen))
    }
}

/// It says who it is, and nothing before or after.
pub(super) async fn greeting(command: &ProcessCommand) -> Result<Hello, Broken> {
    let mut driver = Conversation::start(command, [].into())?;
    let hello = driver.greet().await?;
    driver.nothing_more().await?;
    for (key, value) in [
        ("sdk", &hello.sdk),
        ("version", &hello.version),
        ("language", &hello.language),
    ] {
        if value.trim().is_empty() {
            return Err(Broken::Driver(format!("{key} is empty")));
        }
    }
    Ok(hello)
}

pub(super) fn claims(hello: &Hello) -> Outcome {
    let claimed = &hello.capabilities;
    if super::signals(hello).next().is_none() {
        return Err(Broken::Driver(
            "no signal among its capabilities".to_owned(),
        ));
    }
    if super::protocols(hello).next().is_none() {
        return Err(Broken::Driver(
            "no protocol among its capabilities".to_owned(),
        ));
    }
    for (position, capability) in claimed.iter().enumerate() {
        if claimed[..position].contains(capability) {
            return Err(Broken::Driver(format!("{capability} is claimed twice")));
        }
    }
    Ok(Some(format!("{} claimed", claimed.len())))
}

pub(super) async fn other_version(command: &ProcessCommand) -> Outcome {
    let mut driver = Conversation::start(command, [].into())?;
    let request = Request::Hello {
        protocol: NO_VERSION,
    };
    let refusal = driver.ask(&request).await.map_err(|broken| match broken {
        // A hello is no answer, and says that it does speak version 4711.
        Broken::Driver(seen) => Broken::Driver(format!(
            "asked for version {NO_VERSION} of the protocol ({PROTOCOL_VERSION} is the one there is): {seen}"
        )),
        other => other,
    })?;
    is_refusal(&refusal, "hello")?;
    driver.greet().await?;
    Ok(refusal.message)
}

pub(super) async fn refuses(command: &ProcessCommand, text: &str) -> Outcome {
    let mut driver = Conversation::start(command, [].into())?;
    driver.greet().await?;
    let answer = driver.ask_text(text, text).await?;
    is_refusal(&answer, text)?;
    driver.nothing_more().await?;
    driver.greet().await?;
    Ok(answer.message)
}

pub(super) async fn delivers(
    command: &ProcessCommand,
    hello: &Hello,
    signal: Signal,
    protocol: Protocol,
) -> Outcome {
    let receiver = Receiver::start().await?;
    let mut driver = Conversation::started(command, hello, signal, protocol, &receiver).await?;
    driver.emit(signal, 0).await?;
    let early = receiver.seen();
    let flushed = driver.flush().await?;
    let seen = receiver.seen();
    let down = driver.shut_down().await?;
    driver.nothing_more().await?;
    if early.requests > 0 && !forwards(hello) {
        return Err(Broken::Either(
            "it exported before it was asked to flush, with an interval of an hour".to_owned(),
        ));
    }
    for (call, answer) in [("force_flush", &flushed), ("shutdown", &down)] {
        if !answer.ok {
            return Err(Broken::Sdk(format!(
                "{call} returned {}{} although the receiver takes everything",
                answer.result.map_or("nothing", CallResult::name),
                words(answer)
            )));
        }
    }
    arrived(&seen, signal, 0)?;
    let after = receiver.seen();
    if after.items.len() > seen.items.len() {
        return Err(Broken::Sdk(format!(
            "items came again with the shutdown: {:?}",
            after.items
        )));
    }
    Ok(Some(format!(
        "{} in {}",
        counted(seen.requests, "request"),
        counted(
            usize::try_from(seen.connections).unwrap_or(usize::MAX),
            "connection"
        )
    )))
}

pub(super) async fn second_start(
    command: &ProcessCommand,
    hello: &Hello,
    signal: Signal,
    protocol: Protocol,
) -> Outcome {
    let receiver = Receiver::start().await?;
    let mut driver = Conversation::started(command, hello, signal, protocol, &receiver).await?;
    let again = start(hello, signal, protocol, &receiver);
    let answer = driver.ask(&again).await?;
    is_refusal(&answer, "a second start")?;
    driver.emit(signal, 0).await?;
    driver.flush().await?;
    arrived(&receiver.seen(), signal, 0)?;
    Ok(answer.message)
}

pub(super) async fn tells(
    command: &ProcessCommand,
    hello: &Hello,
    signal: Signal,
    protocol: Protocol,
) -> Outcome {
    let receiver =
        Receiver::with_faults("[{ then: { status: { grpc: INVALID_ARGUMENT, http: 400 } } }]")
            .await?;
    let mut driver = Conversation::started(command, hello, signal, protocol, &receiver).await?;
    driver.emit(signal, 0).await?;
    let flushed = driver.flush().await?;
    driver.shut_down().await?;
    let log = driver.log();
    if receiver.seen().requests == 0 {
        return Err(Broken::Either("nothing was exported".to_owned()));
    }
    if let Some(line) = log.iter().find(|line| line.level >= LogLevel::Warn) {
        return Ok(Some(line.text.clone()));
    }
    if !flushed.ok {
        return Ok(Some(format!("the flush failed{}", words(&flushed))));
    }
    Err(Broken::Either(match log.first() {
        None => "nothing on standard error, and the flush did not fail".to_owned(),
        Some(line) => format!(
            "no line with WARN, WARNING or ERROR among {}, and the flush did not fail; the first: {}",
            counted(log.len(), "line"),
            line.text
        ),
    }))
}

pub(super) async fn ends(
    command: &ProcessCommand,
    hello: &Hello,
    signal: Signal,
    protocol: Protocol,
) -> Outcome {
    let receiver = Receiver::start().await?;
    let mut driver = Conversation::started(command, hello, signal, protocol, &receiver).await?;
    driver.emit(signal, 0).await?;
    let mut allowed = 0;
    if forwards(hello) {
        driver.flush().await?;
        allowed = receiver.seen().requests;
    }
    let status = driver.end().await?;
    if !status.success() {
        return Err(Broken::Driver(format!("it ended with {status}")));
    }
    tokio::time::sleep(AFTERMATH).await;
    let late = receiver.seen().requests.saturating_sub(allowed);
    if late > 0 {
        return Err(Broken::Driver(format!(
            "{} after its input had ended: something of the SDK runs at exit",
            counted(late, "request")
        )));
    }
    Ok(None)
}

pub(super) async fn resets(
    command: &ProcessCommand,
    hello: &Hello,
    signal: Signal,
    protocol: Protocol,
) -> Outcome {
    if !hello.capabilities.contains(&Capability::Reset) {
        return Err(Broken::NotApplicable("it does not claim reset".to_owned()));
    }
    let (first, second) = (Receiver::start().await?, Receiver::start().await?);
    let mut driver = Conversation::started(command, hello, signal, protocol, &first).await?;
    driver.emit(signal, 0).await?;
    driver.flush().await?;
    let before = driver.resets();
    driver.is_done(&Request::Reset).await?;
    tokio::time::sleep(AFTERMATH).await;
    if driver.resets() == before {
        return Err(Broken::Driver(
            "it did not write `otelbox: reset` to standard error".to_owned(),
        ));
    }
    let left = first.seen();
    driver
        .is_done(&start(hello, signal, protocol, &second))
        .await?;
    driver.emit(signal, ITEMS).await?;
    driver.flush().await?;
    if first.seen() != left {
        return Err(Broken::Driver(
            "data went to the receiver of the start before the reset".to_owned(),
        ));
    }
    arrived(&second.seen(), signal, ITEMS)?;
    Ok(None)
}

/// Whether what is emitted is sent on at once, with no interval or delay in between.
fn forwards(hello: &Hello) -> bool {
    hello.capabilities.contains(&Capability::Forwards)
}

impl Conversation {
    /// A driver that has been greeted, and has started an SDK that exports to `receiver`.
    async fn started(
        command: &ProcessCommand,
        hello: &Hello,
        signal: Signal,
        protocol: Protocol,
        receiver: &Receiver,
    ) -> Result<Self, Broken> {
        let mut driver = Self::start(command, receiver.env(protocol))?;
        driver.greet().await?;
        driver
            .is_done(&start(hello, signal, protocol, receiver))
            .await?;
        Ok(driver)
    }

    async fn flush(&mut self) -> Result<Answer, Broken> {
        self.call(&Request::ForceFlush { timeout_ms: None }).await
    }

    async fn shut_down(&mut self) -> Result<Answer, Broken> {
        self.call(&Request::Shutdown { timeout_ms: None }).await
    }

    /// Asks for something that has to work.
    async fn is_done(&mut self, request: &Request) -> Result<(), Broken> {
        let answer = self.ask(request).await?;
        if answer.ok {
            return Ok(());
        }
        let seen = format!("{} was refused{}", request.name(), words(&answer));
        Err(match answer.result {
            Some(_) => Broken::Sdk(seen),
            None => Broken::Driver(seen),
        })
    }

    /// Asks for a flush or a shutdown, whose answer has to say what came of it.
    async fn call(&mut self, request: &Request) -> Result<Answer, Broken> {
        let answer = self.ask(request).await?;
        let name = request.name();
        let Some(result) = answer.result else {
            return Err(Broken::Driver(format!(
                "its answer to {name} has no result{}",
                words(&answer)
            )));
        };
        if answer.ok != matches!(result, CallResult::Ok | CallResult::Untold) {
            return Err(Broken::Driver(format!(
                "its answer to {name} says ok: {} and result: {}",
                answer.ok,
                result.name()
            )));
        }
        if answer.elapsed_ms.is_none() {
            return Err(Broken::Driver(format!(
                "its answer to {name} has no elapsed_ms"
            )));
        }
        Ok(answer)
    }

    async fn emit(&mut self, signal: Signal, first: u64) -> Result<(), Broken> {
        let request = match signal {
            Signal::Metrics => Request::Record(Measurement {
                instrument: ITEMS_COUNTER.to_owned(),
                value: Number::Integer(1),
                times: ITEMS,
                attributes: [].into_iter().collect(),
            }),
            Signal::Traces | Signal::Logs | Signal::Profiles => Request::Emit(Items {
                items: ITEMS,
                first_item: first,
                attributes: [].into_iter().collect(),
                unsampled: false,
                span: None,
                in_span: false,
            }),
        };
        self.is_done(&request).await
    }
}

fn start(hello: &Hello, signal: Signal, protocol: Protocol, receiver: &Receiver) -> Request {
    let is_resettable = hello.capabilities.contains(&Capability::Reset);
    let instruments = match signal {
        Signal::Metrics => vec![Instrument::items_counter()],
        Signal::Traces | Signal::Logs | Signal::Profiles => Vec::new(),
    };
    Request::Start(Box::new(StartRequest {
        signal,
        env: is_resettable.then(|| receiver.env(protocol)),
        instruments,
        ..StartRequest::default()
    }))
}

fn is_refusal(answer: &Answer, what: &str) -> Result<(), Broken> {
    if answer.ok {
        return Err(Broken::Driver(format!("{what} was answered with ok: true")));
    }
    if answer.result.is_some() {
        return Err(Broken::Driver(format!(
            "{what} was answered with a result, as if the SDK had been asked"
        )));
    }
    if answer.message.as_deref().unwrap_or_default().is_empty() {
        return Err(Broken::Driver(format!(
            "{what} was refused without a reason"
        )));
    }
    Ok(())
}

/// Whether what was emitted is what came, once.
fn arrived(seen: &Seen, signal: Signal, first: u64) -> Result<(), Broken> {
    if let Some(strange) = seen.strange.first() {
        return Err(Broken::Sdk(format!(
            "a request that cannot be read: {strange}"
        )));
    }
    if let Some(other) = seen.signals.iter().find(|other| **other != signal) {
        return Err(Broken::Driver(format!(
            "{other} were exported as well, although only {signal} were set up"
        )));
    }
    if seen.connections == 0 {
        return Err(Broken::Either(
            "the flush returned, and nobody connected to the receiver: does the SDK read \
             OTEL_EXPORTER_OTLP_ENDPOINT, and is its exporter set up?"
                .to_owned(),
        ));
    }
    if seen.requests == 0 {
        return Err(Broken::Either(
            "the flush returned, and no request came over the connections".to_owned(),
        ));
    }
    let wanted: Vec<i64> = (first..first + ITEMS)
        .filter_map(|number| i64::try_from(number).ok())
        .collect();
    match signal {
        Signal::Metrics => match seen.counter {
            Some(value) if value.to_string() == ITEMS.to_string() => Ok(()),
            Some(value) => Err(Broken::Either(format!(
                "{ITEMS_COUNTER} arrived as {value} after {ITEMS} calls of add(1)"
            ))),
            None => Err(Broken::Either(format!("no sum {ITEMS_COUNTER} arrived"))),
        },
        Signal::Traces | Signal::Logs | Signal::Profiles => {
            let mut items = seen.items.clone();
            items.sort_unstable();
            if items == wanted {
                Ok(())
            } else {
                Err(Broken::Either(format!(
                    "items with otelbox.item {items:?} arrived, {wanted:?} were emitted"
                )))
            }
        }
    }
}

fn words(answer: &Answer) -> String {
    let message = answer.message.as_deref().unwrap_or_default();
    if message.is_empty() {
        String::new()
    } else {
        format!(" ({message})")
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
