//! The container engine, by its command line, and what is left in it.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio, id};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

/// What begins the name of a Compose project of these tests; the id of the process follows.
pub(crate) const PROJECT: &str = "otelbox-test-";

/// The label of a container of these tests, with the id of the process; and of images, without.
pub(crate) const LABEL: &str = "otelbox.test";

const PROJECT_LABEL: &str = "com.docker.compose.project";

/// Commands that run, to be ended when the tests are interrupted.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Runs `docker` with arguments.
pub(crate) type Docker = fn(&[&str]) -> Result<String, String>;

/// Runs `docker` with these arguments.
pub(crate) fn docker(arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new("docker");
    command.args(arguments);
    run(&mut command)
}

/// Runs a command to its end; what it wrote to standard output, or, where it failed, all that it wrote.
pub(crate) fn run(command: &mut Command) -> Result<String, String> {
    // Held while it starts: whoever ends all commands has it, and then none starts any more.
    let mut commands = running();
    let child = started(command)?;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    commands.extend(pid);
    drop(commands);
    let said = ended(command, child);
    running().retain(|other| Some(*other) != pid);
    said
}

/// Runs `docker` although no command starts any more.
fn docker_at_the_end(arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new("docker");
    command.args(arguments);
    let child = started(&mut command)?;
    ended(&command, child)
}

fn started(command: &mut Command) -> Result<Child, String> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{command:?} does not start: {error}"))
}

fn ended(command: &Command, child: Child) -> Result<String, String> {
    let output = child.wait_with_output();
    let output = output.map_err(|error| format!("{command:?}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let stdout = text(&output.stdout);
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = text(&output.stderr);
    Err(format!("{command:?}: {}\n{stdout}{stderr}", output.status))
}

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what runs of these tests have left that no longer live.
pub(crate) fn clean_up_after_others() {
    remove(docker, |process| !is_alive(process));
}

/// From now on, Ctrl-C and SIGTERM remove what this run has in the engine, and end it.
pub(crate) fn clean_up_when_interrupted() {
    thread::spawn(|| {
        let runtime = Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime
            && runtime.block_on(interrupted()).is_ok()
        {
            end_all(&runtime);
            let _ = io::stderr()
                .write_all(b"interrupted; containers, networks and volumes are removed\n");
            std::process::exit(130);
        }
    });
}

/// Waits for Ctrl-C or SIGTERM.
async fn interrupted() -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Ends commands that run, and removes what they have started.
fn end_all(runtime: &Runtime) {
    // Held to the end: nothing starts from here on.
    let commands = running();
    for command in commands.iter() {
        // It may have ended meanwhile.
        let _ = kill_process(*command, Signal::KILL);
    }
    let is_own = |process| process == id();
    // The engine still does what it was asked to last: only when nothing has come for a second, nothing comes.
    let mut quiet = 0;
    while quiet < 5 {
        let found = things(docker_at_the_end);
        let found = found.iter().any(|thing| thing.is_of(is_own));
        quiet = if found { 0 } else { quiet + 1 };
        remove(docker_at_the_end, is_own);
        // Made within the runtime, whose timer it needs.
        runtime.block_on(async { sleep(Duration::from_millis(200)).await });
    }
    drop(commands);
}

/// Images whose place was taken by newer ones.
pub(crate) fn remove_untagged_images() {
    let label = format!("label={LABEL}");
    // Where there is no engine, there are none; where another container needs one, it stays.
    let _ = docker(&["image", "prune", "--force", "--filter", &label]);
}

/// A container, a network or a volume.
#[derive(Clone, Debug)]
pub(crate) struct Thing {
    kind: &'static str,
    id: String,
    /// What says whose it is.
    labels: Vec<String>,
}

impl Thing {
    /// Whether it is of this Compose project.
    pub(crate) fn is_of_project(&self, project: &str) -> bool {
        self.labels.iter().any(|label| label == project)
    }

    /// Whether a run of these tests has started it, that of a process which is chosen.
    pub(crate) fn is_of(&self, is_chosen: impl Fn(u32) -> bool) -> bool {
        let processes = self.labels.iter().filter_map(|label| process_of(label));
        processes.into_iter().any(is_chosen)
    }
}

/// All that is in the engine: containers first, since they hold the rest. Where there is no engine, nothing is.
pub(crate) fn things(docker: Docker) -> Vec<Thing> {
    let project = format!("{{{{.Label {PROJECT_LABEL:?}}}}}");
    let container = format!("{{{{.ID}}}} {project} {{{{.Label {LABEL:?}}}}}");
    let network = format!("{{{{.ID}}}} {project}");
    let volume = format!("{{{{.Name}}}} {project}");
    let lists = [
        (
            "container",
            vec!["container", "ls", "--all", "--format", &container],
        ),
        ("network", vec!["network", "ls", "--format", &network]),
        ("volume", vec!["volume", "ls", "--format", &volume]),
    ];
    let mut things = Vec::new();
    for (kind, list) in lists {
        for line in docker(&list).unwrap_or_default().lines() {
            let mut words = line.split_whitespace().map(str::to_owned);
            if let Some(id) = words.next() {
                let labels = words.collect();
                things.push(Thing { kind, id, labels });
            }
        }
    }
    things
}

/// Removes what runs of these tests have started, those of the processes that are chosen.
fn remove(docker: Docker, is_chosen: impl Fn(u32) -> bool) {
    for thing in things(docker)
        .iter()
        .filter(|thing| thing.is_of(&is_chosen))
    {
        // A network knows no force. What is gone already is gone.
        let _ = match thing.kind {
            "network" => docker(&["network", "rm", &thing.id]),
            kind => docker(&[kind, "rm", "--force", &thing.id]),
        };
    }
}

/// The process that a label names: its id, or a project with its id.
fn process_of(label: &str) -> Option<u32> {
    let label = label.strip_prefix(PROJECT).unwrap_or(label);
    label.split('-').next()?.parse().ok()
}

fn is_alive(process: u32) -> bool {
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid).is_ok())
}

/// The root of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
