//! What becomes of the containers of a run that does not come to its end.

use std::env;
use std::process::Stdio;

use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;
use tokio::time::timeout;

use crate::engine::{clean_up_after_others, docker, things};
use crate::images::{ALL, Image, Images};
use crate::{GUARD, block_on, trial, until};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("interrupted_run_leaves_nothing", ALL, interrupted),
        trial(
            "killed_run_is_cleaned_up_by_the_next",
            &[Image::Collector],
            killed,
        ),
    ]
}

/// How much there is in the engine of this process.
fn count(process: u32) -> usize {
    let things = things(docker).into_iter();
    things
        .filter(|thing| thing.is_of(|of| of == process))
        .count()
}

/// Runs a test in another process, with the same images, sends it a signal as soon as it has a container, and waits for its
/// end; its id, and its exit code.
async fn cut_short(test: &str, images: &Images, signal: Signal) -> (u32, Option<i32>) {
    let mut child = Command::new(env::current_exe().expect("a program"))
        .args(["--exact", test])
        .envs(images.variables())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let process = child.id().expect("it runs");
    until("the other process has containers", async || {
        match count(process) {
            0 => Err("there is nothing".to_owned()),
            some => Ok(some),
        }
    })
    .await;
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("an id"), signal).expect("signalled");
    let status = timeout(GUARD, child.wait()).await.expect("it ends");
    (process, status.expect("a status").code())
}

fn interrupted(images: &Images) {
    block_on(async {
        let test = "engine::demo_plays_its_scripted_outage";
        let (process, code) = cut_short(test, images, Signal::INT).await;
        assert_eq!(code, Some(130));
        assert_eq!(count(process), 0);
    });
}

fn killed(images: &Images) {
    block_on(async {
        let test = "engine::collector_that_dies_in_mid_run";
        let (process, code) = cut_short(test, images, Signal::KILL).await;
        assert_eq!(code, None);
        assert!(count(process) > 0, "who is killed leaves something");
        clean_up_after_others();
        assert_eq!(count(process), 0);
    });
}
