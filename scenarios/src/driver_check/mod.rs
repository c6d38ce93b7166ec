//! Does a driver keep the contract of `drivers/PROTOCOL.md`? And where something is wrong: is it the driver, or its SDK?
//!
//! Everything is asked of the program itself, line by line, against a receiver that takes whatever comes: whoever fails here
//! fails without any fault of a network. What only an SDK can get wrong (data that were flushed and are not right) is told
//! apart from what only a driver can (an answer that is none).

mod conversation;
mod points;
mod receiver;
mod report;

use crate::driver::{Capability, Hello};
use crate::scenario::{Protocol, Signal};
use crate::sut::ProcessCommand;

pub use report::{DriverPoint, DriverReport, PointVerdict};

use self::points::Broken;

/// Asks everything of the driver that `command` starts; `tell` hears of each point as soon as it is known.
///
/// Each point has a process of its own, one after another. An answer may take as long as [`ProcessCommand::patience`].
pub async fn check_driver(
    command: &ProcessCommand,
    tell: &mut dyn FnMut(&DriverPoint),
) -> DriverReport {
    let mut report = DriverReport::default();
    let mut add = |report: &mut DriverReport, name: String, requirement: &'static str, outcome| {
        let point = DriverPoint::new(name, requirement, outcome);
        tell(&point);
        report.points.push(point);
    };
    let hello = points::greeting(command).await;
    let greeted = hello.as_ref().ok().cloned();
    add(
        &mut report,
        "hello".to_owned(),
        GREETS,
        hello.map(|hello| Some(told(&hello))),
    );
    let Some(hello) = greeted else {
        return report;
    };
    report.sdk = Some(format!("{} {}", hello.sdk, hello.version));
    let outcome = points::claims(&hello);
    add(&mut report, "capabilities".to_owned(), CLAIMS, outcome);
    let outcome = points::other_version(command).await;
    add(
        &mut report,
        "other version".to_owned(),
        OTHER_VERSION,
        outcome,
    );
    let outcome = points::refuses(command, r#"{"op":"no_such_request"}"#).await;
    add(&mut report, "unknown request".to_owned(), UNKNOWN, outcome);
    let outcome = points::refuses(command, r#"{"op":"hello","protocol":1,"no_such_key":1}"#).await;
    add(&mut report, "unknown key".to_owned(), UNKNOWN, outcome);
    let outcome = points::refuses(command, r#"{"op":"force_flush"}"#).await;
    add(
        &mut report,
        "flush before start".to_owned(),
        BEFORE_START,
        outcome,
    );
    for signal in signals(&hello) {
        for protocol in protocols(&hello) {
            let name = format!("{signal} over {protocol}");
            let outcome = points::delivers(command, &hello, signal, protocol).await;
            add(&mut report, name, DELIVERS, outcome);
        }
    }
    if let (Some(signal), Some(protocol)) = (signals(&hello).next(), protocols(&hello).next()) {
        let outcome = points::second_start(command, &hello, signal, protocol).await;
        add(
            &mut report,
            "second start".to_owned(),
            SECOND_START,
            outcome,
        );
        let outcome = points::tells(command, &hello, signal, protocol).await;
        add(&mut report, "diagnostics".to_owned(), TELLS, outcome);
        let outcome = points::ends(command, &hello, signal, protocol).await;
        add(&mut report, "end of input".to_owned(), ENDS, outcome);
        let outcome = points::resets(command, &hello, signal, protocol).await;
        add(&mut report, "reset".to_owned(), RESETS, outcome);
    }
    report
}

const GREETS: &str =
    "the first request is answered by one line with sdk, version, language and capabilities";
const CLAIMS: &str = "it claims a signal and a protocol at least, and nothing twice";
const OTHER_VERSION: &str = "a version of the protocol that it does not speak is refused";
const UNKNOWN: &str = "what the protocol does not name is answered with ok: false and a reason, and the conversation goes on";
const BEFORE_START: &str = "a request that cannot be carried out is answered with ok: false and a reason, and the conversation goes on";
const DELIVERS: &str = "what was emitted arrives where OTEL_EXPORTER_OTLP_ENDPOINT says, once, when force_flush has returned";
const SECOND_START: &str = "a second start without a reset is refused";
const TELLS: &str = "what the SDK tells its user of a refused export is seen: in the result of a call, or on standard error with its level";
const ENDS: &str =
    "it ends with exit code 0 when its input ends, and exports nothing on its own account";
const RESETS: &str = "after a reset, the next start finds the SDK as new, and nothing goes where the start before pointed";

fn told(hello: &Hello) -> String {
    format!("{} {} ({})", hello.sdk, hello.version, hello.language)
}

fn signals(hello: &Hello) -> impl Iterator<Item = Signal> + use<> {
    let claimed = hello.capabilities.clone();
    [
        (Signal::Metrics, Capability::Metrics),
        (Signal::Traces, Capability::Traces),
        (Signal::Logs, Capability::Logs),
    ]
    .into_iter()
    .filter(move |(_, capability)| claimed.contains(capability))
    .map(|(signal, _)| signal)
}

fn protocols(hello: &Hello) -> impl Iterator<Item = Protocol> + use<> {
    let claimed = hello.capabilities.clone();
    [
        (Protocol::Grpc, Capability::Grpc),
        (Protocol::HttpProtobuf, Capability::HttpProtobuf),
        (Protocol::HttpJson, Capability::HttpJson),
    ]
    .into_iter()
    .filter(move |(_, capability)| claimed.contains(capability))
    .map(|(protocol, _)| protocol)
}

/// What came of a point: a remark where it is kept, or who does not keep it.
type Outcome = Result<Option<String>, Broken>;
