//! The arguments, as they are parsed and as `--help` shows them.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use otelbox_mock_collector::{Protocol, Signal, Upstream};

use super::ready::ReadyUrl;
use crate::scenario::TextDuration;
use crate::shard::{InvalidShard, Shard};

/// Find out what an OpenTelemetry exporter really does when its Collector misbehaves.
///
/// Without a command, the whole catalogue is run on the built-in SDK in virtual time: no network, no container.
#[derive(Debug, Parser)]
#[command(
    name = "otelbox",
    version,
    max_term_width = 100,
    after_help = "Exit codes:\n  0    nothing failed\n  1    a MUST failed; for diff: the runs differ\n  2    bad usage, or a file with a mistake\n  3    only SHOULDs failed, and --strict was given\n  4    something could not be run, or stayed inconclusive\n  5    nothing was selected, or nothing could be judged\n  130  interrupted\n\nExamples:\n  otelbox\n  otelbox run 'retry/*' --protocol grpc\n  otelbox explain OTLP-RTY-005"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Run(Run),
    Replay(Replay),
    Diff(Diff),
    Merge(Merge),
    List(List),
    Explain(Explain),
    Selftest(Selftest),
    Explore(Explore),
    Serve(Box<Serve>),
    Ready(Ready),
    Doctor(Doctor),
    Schema(Schema),
    #[command(hide = true)]
    Driver(Driver),
}

/// Be a system under test: answer the runner's requests on standard input, line by line. The runner starts this itself.
#[derive(Debug, Args)]
pub(super) struct Driver {
    /// Which one.
    pub(super) name: String,
    /// The program of `otel-collector`.
    #[arg(long)]
    pub(super) collector: Option<PathBuf>,
    /// Be that program itself, with these arguments, until the driver that started it ends.
    #[cfg(target_os = "linux")]
    #[arg(long = "become", requires = "collector")]
    pub(super) is_collector: bool,
    /// Its arguments.
    #[cfg(target_os = "linux")]
    #[arg(last = true)]
    pub(super) arguments: Vec<OsString>,
}

/// Run scenarios against a system under test, and judge each of their rules.
///
/// Verdicts go to standard output, progress to standard error.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  otelbox run\n  otelbox run 'retry/*' outage --protocol grpc\n  otelbox run OTLP-RTY-005 --sut opentelemetry-rust\n  otelbox run my-scenario.yaml --format json\n  otelbox run --report target/otelbox --strict\n  otelbox run --shard 2/4 --report shard-2\n  otelbox run --sut ./my-driver --check-driver\n  otelbox run -- ./my-service --its --flags\n  otelbox run program/outage --signal traces --protocol grpc --attach\n\nAny program can stand after `--`: it is started for each cell with OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL and the variables of the scenario (and no other OTEL_* variables: `-- env OTEL_SERVICE_NAME=x ./my-service` adds some), and ended with SIGTERM. Without a SELECTOR it is put through the topic `program`, by grpc and http/protobuf."
)]
pub(super) struct Run {
    /// What to run: a path of a file or directory, else ids of scenarios (`*` and `?` match anything, a topic stands
    /// for all of its scenarios), else a rule. Default: the whole catalogue.
    #[arg(value_name = "SELECTOR")]
    pub(super) selectors: Vec<String>,
    /// The system under test: a name (`otelbox list suts`), or the path of a driver.
    #[arg(long, value_name = "NAME|PATH", default_value = "otelbox-sdk", conflicts_with_all = ["command", "attach"])]
    pub(super) sut: String,
    /// Only this signal (may be given several times).
    #[arg(long, value_parser = parsed::<Signal>)]
    pub(super) signal: Vec<Signal>,
    /// Only this protocol: grpc, http/protobuf, http/json, remote-write/1.0, remote-write/2.0, zipkin/json or zipkin/protobuf (may
    /// be given several times).
    #[arg(long, value_parser = parsed::<Protocol>)]
    pub(super) protocol: Vec<Protocol>,
    /// Which rules matter: core leaves out what judges no rule of the core profile (`otelbox list rules`).
    #[arg(long, value_enum, default_value_t)]
    pub(super) profile: Profile,
    /// The clock. Default: virtual time where scenario and system under test can, else real time.
    #[arg(long, value_enum)]
    pub(super) time: Option<Clock>,
    /// Cells at a time. Default: by the number of cores.
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// Run everything so many times.
    #[arg(long, value_name = "N", default_value = "1")]
    pub(super) repeat: NonZeroU32,
    /// Run one of N shares that take about equally long; `otelbox merge` puts their reports together. `auto/N` takes the
    /// share that the variable `JOB_COMPLETION_INDEX` of a Kubernetes Indexed Job says, whose first is 0.
    #[arg(long, value_name = "I/N|auto/N")]
    pub(super) shard: Option<ShardArgument>,
    /// The seed of jitter and of faults with a probability.
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// Failed SHOULDs make the exit code 3.
    #[arg(long)]
    pub(super) strict: bool,
    /// A directory that gets report.json, report.html, report.txt, summary.md, junit.xml and, while the run goes, the
    /// recording run.jsonl.
    #[arg(long, value_name = "DIR")]
    pub(super) report: Option<PathBuf>,
    /// A file of known failures in place of those that are known of the system under test, in the same form
    /// (`otelbox explain NAME` shows them).
    #[arg(long, value_name = "FILE")]
    pub(super) known_failures: Option<PathBuf>,
    /// Run no scenario: check whether the driver of --sut keeps its contract (drivers/PROTOCOL.md), and tell its mistakes
    /// from those of the SDK behind it. The format is human or json.
    #[arg(long, conflicts_with_all = ["selectors", "signal", "protocol", "profile", "time", "repeat", "shard", "strict", "report", "attach", "command"])]
    pub(super) check_driver: bool,
    /// Start nothing: print the environment for a program that is started elsewhere (in a debugger, in a container), and
    /// wait for it. For one cell.
    #[arg(long, conflicts_with = "command")]
    pub(super) attach: bool,
    /// How long a program may take to its first export.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = parsed::<TextDuration>)]
    pub(super) patience: TextDuration,
    /// What to print to standard output.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: ReportFormat,
    /// A program to be started as it is, with its arguments, in place of a system under test that has a driver.
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}

impl Command {
    /// What is done where no command is given: the whole catalogue on the built-in SDK, in virtual time.
    pub(super) fn without_arguments() -> Self {
        Self::Run(Run {
            selectors: Vec::new(),
            sut: "otelbox-sdk".to_owned(),
            signal: Vec::new(),
            protocol: Vec::new(),
            profile: Profile::Full,
            time: Some(Clock::Virtual),
            jobs: None,
            repeat: NonZeroU32::MIN,
            shard: None,
            seed: 0,
            strict: false,
            report: None,
            known_failures: None,
            check_driver: false,
            attach: false,
            patience: TextDuration::from_secs(30),
            format: ReportFormat::default(),
            command: Vec::new(),
        })
    }
}

/// A part of the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Profile {
    /// The rules of profile 1.
    Core,
    /// All rules.
    #[default]
    Full,
}

/// One share of several: given, or taken from the variable of a Kubernetes Indexed Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShardArgument {
    Given(Shard),
    Indexed { count: NonZeroU32 },
}

impl FromStr for ShardArgument {
    type Err = InvalidShard;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("auto/").map(str::parse) {
            Some(Ok(count)) => Ok(Self::Indexed { count }),
            Some(Err(_)) | None => text.parse().map(Self::Given),
        }
    }
}

fn parsed<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// Judge a recorded run again, without running anything.
///
/// The rules and known failures are those of this version. Where the recording was cut short, what is there is judged and
/// the exit code is 130.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  otelbox run --report target/otelbox\n  otelbox replay target/otelbox\n  otelbox replay target/otelbox/run.jsonl 'retry/*' --format json"
)]
pub(super) struct Replay {
    /// The recording run.jsonl, or the report directory that it is in.
    #[arg(value_name = "RUN")]
    pub(super) run: PathBuf,
    /// Which cells: ids of scenarios (`*` and `?` match anything), topics, or rules. Default: all.
    #[arg(value_name = "SELECTOR")]
    pub(super) selectors: Vec<String>,
    /// Failed SHOULDs make the exit code 3.
    #[arg(long)]
    pub(super) strict: bool,
    /// A directory that gets the reports; the recording stays where it is.
    #[arg(long, value_name = "DIR")]
    pub(super) report: Option<PathBuf>,
    /// What to print to standard output.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// Set two recorded runs side by side, usually of two systems under test.
///
/// Cells are matched by their ids. What is compared is the order of attempts and calls: which export and attempt, its items,
/// its answer, the waits of retries within a tolerance, and what calls returned. Each cell that differs is shown up to the
/// first difference. The exit code is 0 where nothing differs and 1 where something does.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  otelbox run retry --protocol grpc --time real --report ours\n  otelbox run retry --protocol grpc --sut opentelemetry-rust --report stock\n  otelbox diff ours stock\n  otelbox diff ours stock 'retry/*' --tolerance 20 --format json"
)]
pub(super) struct Diff {
    /// The one: a recording run.jsonl, or the report directory that it is in.
    #[arg(value_name = "A")]
    pub(super) one: PathBuf,
    /// The other.
    #[arg(value_name = "B")]
    pub(super) other: PathBuf,
    /// Which cells: ids of scenarios (`*` and `?` match anything), topics, or rules. Default: all.
    #[arg(value_name = "SELECTOR")]
    pub(super) selectors: Vec<String>,
    /// By how much the waits of retries may differ: percent of the longer one, but never less than 250 ms.
    #[arg(long, value_name = "PERCENT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(super) tolerance: u32,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: DataFormat,
}

/// Put recorded runs together: shards of one system under test become one report, other systems columns beside it.
///
/// Everything is judged again, by the rules and known failures of this version. Shards that are missing, there twice, or of
/// another run are errors that name them. The exit code is that of the worst.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  otelbox run --shard 1/2 --report shard-1\n  otelbox run --shard 2/2 --report shard-2\n  otelbox merge shard-1 shard-2 --report whole\n  otelbox merge rust python --format html > matrix.html"
)]
pub(super) struct Merge {
    /// The recordings run.jsonl, or the report directories that they are in.
    #[arg(value_name = "RUN", required = true)]
    pub(super) runs: Vec<PathBuf>,
    /// Failed SHOULDs make the exit code 3.
    #[arg(long)]
    pub(super) strict: bool,
    /// A directory that gets the reports; those that are about one system under test are in a directory for each where
    /// there are several.
    #[arg(long, value_name = "DIR")]
    pub(super) report: Option<PathBuf>,
    /// Only what is about all systems under test, and without the course of cells in which nothing failed: a page small
    /// enough to be kept beside the code.
    #[arg(long, requires = "report")]
    pub(super) brief: bool,
    /// What to print to standard output. JSON is a list where there are several systems under test.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: ReportFormat,
}

/// The clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Clock {
    /// A paused clock and in-memory connections.
    Virtual,
    /// The machine's clock and sockets.
    Real,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object (`otelbox schema report`).
    Json,
    /// XML for CI servers, in the form of junit.xml.
    Junit,
    /// Markdown for the summary of a CI job, as GitHub shows it.
    Markdown,
    /// A page for a browser, in one file that needs nothing else.
    Html,
}

/// Show what there is: scenarios, rules, faults or systems under test.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  otelbox list scenarios\n  otelbox list rules --format json")]
pub(super) struct List {
    /// What to list.
    pub(super) what: Listed,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: DataFormat,
}

/// What `list` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Listed {
    /// The scenarios of the catalogue.
    Scenarios,
    /// The rules: testable sentences of the specification, and our own promises.
    Rules,
    /// The actions of faults.
    Faults,
    /// The systems under test that have a name.
    Suts,
}

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum DataFormat {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
}

/// Show one thing in full: a rule, a scenario, a fault or a system under test.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  otelbox explain OTLP-RTY-005\n  otelbox explain retry/unavailable-then-ok\n  otelbox explain partial_success"
)]
pub(super) struct Explain {
    /// The id of a rule or scenario, or the name of a fault action or system under test.
    pub(super) id: String,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: DataFormat,
}

/// Prove that the rules can fail: run the crooked clients, each the built-in SDK with one thing wrong.
///
/// Each of them gets the whole catalogue in virtual time. It has to fail its rule, for its reason, and no rule that is
/// not written down with it. The exit code is 1 where one of them does not.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  otelbox selftest\n  otelbox selftest never-retries no-jitter\n  otelbox selftest --format json"
)]
pub(super) struct Selftest {
    /// The crooked clients to run, by name. Default: all.
    #[arg(value_name = "CLIENT")]
    pub(super) clients: Vec<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: DataFormat,
}

/// Run random scenarios on the built-in SDK in virtual time, and judge what holds in every run.
///
/// Configurations, faults and steps are drawn from a seed: the same seed gives the same cases, however many run at a time.
/// The first case that breaks a rule is made smaller, and written as a scenario that `otelbox run` judges in the same way.
/// Progress goes to standard error, the summary to standard output: what did not hold, and how often each fault fired.
///
/// The exit code is 0 where everything held, 1 where something did not, 4 where a case could not be run to its end, 5 where no
/// chosen signal is sent over a chosen protocol, and 130 after Ctrl-C, with a summary of what was done until then.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  otelbox explore\n  otelbox explore --cases 100000 --seed 7 --out found\n  otelbox explore --signal metrics --protocol grpc --format json\n  otelbox run found/explore-seed-7-case-1234-obx-inv-005.yaml"
)]
pub(super) struct Explore {
    /// How many cases.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) cases: u64,
    /// Which cases: each seed has its own.
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// Cases at a time. Default: one for each core.
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// Only this signal (may be given several times).
    #[arg(long, value_parser = parsed::<Signal>)]
    pub(super) signal: Vec<Signal>,
    /// Only this protocol: grpc, http/protobuf, http/json, remote-write/1.0, remote-write/2.0, zipkin/json or zipkin/protobuf (may
    /// be given several times).
    #[arg(long, value_parser = parsed::<Protocol>)]
    pub(super) protocol: Vec<Protocol>,
    /// A directory that gets a scenario file for each rule that did not hold. Default: they are printed.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// How to print the summary.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: DataFormat,
}

/// Run the receiver by itself: it accepts, misbehaves as its faults say, and shows what arrives.
///
/// On a terminal it is a view with a key for each of the common faults; `?` says which. Otherwise, and with --plain, one
/// line per finished attempt goes to standard output. Ctrl-C (or SIGTERM) ends it, as do `q` in the view and POST /v1/stop
/// of the control API, and the ledger is printed. Nothing else does: where the journal file or standard output cannot be
/// written, that is told, what is lost is counted, and the receiver goes on.
///
/// With --forward it stands in front of a real Collector. A fault that refuses a request, lets it hang or resets it comes in
/// place of forwarding, a delay before it; one that takes the payload (`take`, `partial_success`, ...) comes after it, where
/// the Collector has accepted. Where the Collector does not answer, clients get gRPC UNAVAILABLE or HTTP 502. The ledger
/// counts what the Collector accepted.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes:\n  0    it was left by `q` in the view or stopped over the control API, and the journal file, if there is one, is whole\n  130  the same, by Ctrl-C or SIGTERM\n  2    bad usage, a fault file with a mistake, or a certificate that cannot be used\n  4    it could not start: a port is in use, the journal file cannot be made; or lines of the journal file are lost\n\nMemory: the journal keeps about 64 MiB of requests. Those that are on their way come on top, each with up to 64 MiB as sent, and up to as much decompressed.\n\nExamples:\n  otelbox serve\n  otelbox serve --faults faults.yaml --journal journal.jsonl\n  otelbox serve --control\n  otelbox serve --tls --tls-ca-out ca.pem\n  otelbox serve --tls-cert server.pem --tls-key server-key.pem --tls-client-ca clients.pem\n  otelbox serve --grpc 127.0.0.1:14317 --http 127.0.0.1:14318 --forward http://127.0.0.1:4317 --faults faults.yaml\n  otelbox serve --forward https://otlp.example.com --forward-ca ca.pem\n  otelbox serve --grpc 127.0.0.1:14317 --http 127.0.0.1:14318 --forward tcp://127.0.0.1:4317\n\nfaults.yaml:\n  - when: { attempt: 1 }\n    then: { grpc: UNAVAILABLE, http: 503 }"
)]
pub(super) struct Serve {
    /// The address for OTLP/gRPC; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4317")]
    pub(super) grpc: SocketAddr,
    /// The address for OTLP/HTTP; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4318")]
    pub(super) http: SocketAddr,
    /// A YAML file with a list of faults, as scenarios have them under `faults`.
    #[arg(long, value_name = "FILE")]
    pub(super) faults: Option<PathBuf>,
    /// A file that gets one JSON object per finished attempt and connection event. It is overwritten. Every line is whole,
    /// whatever becomes of the process, but perhaps the last; where lines are lost, a line says how many.
    #[arg(long, value_name = "FILE")]
    pub(super) journal: Option<PathBuf>,
    /// The seed of faults with a probability.
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// Forward to a real Collector: what faults leave alone goes there, and its answer goes back as it came. http:// and
    /// https:// for requests; tcp:// passes bytes, TLS included, and takes faults on connections only. Default: the
    /// receiver answers for itself.
    #[arg(long, value_name = "URL", value_parser = parsed::<Upstream>)]
    pub(super) forward: Option<Upstream>,
    /// Where OTLP/HTTP is forwarded to. Default: where --forward says, but for port 4317, which becomes 4318.
    #[arg(long, value_name = "URL", value_parser = parsed::<Upstream>, requires = "forward")]
    pub(super) forward_http: Option<Upstream>,
    /// A PEM file with the authorities to trust over https://. Default: those that the system trusts.
    #[arg(long, value_name = "FILE", requires = "forward")]
    pub(super) forward_ca: Option<PathBuf>,
    /// Speak TLS on both ports, with a certificate for localhost, 127.0.0.1 and `::1` that is made at the start. Default:
    /// plain text.
    #[arg(long, group = "secured", conflicts_with = "tls_cert")]
    pub(super) tls: bool,
    /// A PEM file that gets the authority of the certificate that --tls makes: what clients have to trust. It is overwritten.
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(super) tls_ca_out: Option<PathBuf>,
    /// Speak TLS on both ports, with the certificate in this PEM file; those of the authorities above it may follow.
    #[arg(long, value_name = "FILE", group = "secured", requires = "tls_key")]
    pub(super) tls_cert: Option<PathBuf>,
    /// A PEM file with the key of that certificate, not encrypted.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(super) tls_key: Option<PathBuf>,
    /// Take only clients that show a certificate of the authorities in this PEM file.
    #[arg(long, value_name = "FILE", requires = "secured")]
    pub(super) tls_client_ca: Option<PathBuf>,
    /// Print lines, also on a terminal. TERM=dumb does the same.
    #[arg(long)]
    pub(super) plain: bool,
    /// Open the control API and its page: at this address, or at 127.0.0.1:4320 if none is given; port 0 takes a free one.
    /// What is not of the loopback interface needs a token. Default: it is closed.
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:4320")]
    pub(super) control: Option<SocketAddr>,
    /// The secret that clients of the control API have to send as `Authorization: Bearer`. In the variable it is not in the
    /// list of processes.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "OTELBOX_CONTROL_TOKEN",
        hide_env_values = true
    )]
    pub(super) control_token: Option<Secret>,
}

/// A text that nothing prints.
#[derive(Clone)]
pub(super) struct Secret(pub(super) String);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Ask whether a receiver that runs elsewhere is ready: for health checks of containers, and for scripts.
///
/// Ready is what answers a GET with a status of success. Nothing is printed then.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes:\n  0    all of them are ready\n  2    bad usage\n  4    one of them is not\n\nExamples:\n  otelbox ready\n  otelbox ready --within 30s\n  otelbox ready http://127.0.0.1:4320/ready http://otel-collector:13133/"
)]
pub(super) struct Ready {
    /// What to ask, in this order. Default: a control API on this machine.
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:4320/ready", value_parser = parsed::<ReadyUrl>)]
    pub(super) urls: Vec<ReadyUrl>,
    /// How long to go on asking what is not ready yet. Default: each is asked once.
    #[arg(long, value_name = "DURATION", default_value = "0s", hide_default_value = true, value_parser = parsed::<TextDuration>)]
    pub(super) within: TextDuration,
}

/// Find out which systems under test and real servers can be run on this machine, and install them.
///
/// Each is looked at: whether it is installed and its driver answers, or which programs it needs first. What is
/// installed comes from the ordinary package registries, at pinned versions, and goes into the directory that
/// `OTELBOX_CACHE` names, by default one in the cache directory of the user.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes:\n  0    all is said, or installed\n  2    there is no such system under test or server\n  4    something is broken, or could not be installed\n  130  interrupted; nothing is left of what was being installed\n\nExamples:\n  otelbox doctor\n  otelbox doctor --install opentelemetry-python opentelemetry-go\n  otelbox doctor --install all\n  otelbox doctor --install zipkin"
)]
pub(super) struct Doctor {
    /// Install these systems under test and servers (`all`: all systems under test that this machine can; `servers`: all servers
    /// likewise), then look at them.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub(super) install: Vec<String>,
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: DataFormat,
}

/// Print a JSON Schema.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  otelbox schema scenario > scenario.schema.json")]
pub(super) struct Schema {
    /// Of what.
    pub(super) what: SchemaOf,
}

/// What there are schemas of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaOf {
    /// Scenario files.
    Scenario,
    /// The JSON report.
    Report,
    /// The facts of several systems under test, side by side (`facts.json`).
    Facts,
    /// The lines between runner and driver.
    Driver,
}
