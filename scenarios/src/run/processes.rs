//! The driver processes of a run. Where the driver allows it, one process serves several cells, one after another.

use parking_lot::Mutex;

use super::{recording::RunEnd, request::SutEnvironment};
use crate::{
    driver::{Capability, Hello, MIDPOINT, RANDOM_VARIABLE},
    plan::Cell,
    rules::RuleCatalog,
    scenario::{ProcessMode, RandomMode, Step},
    sut::{Ear, LogBook, ProcessCommand, ProcessSut, Sut, SutError, explained},
};

/// A process that a cell can have.
pub(super) struct Driver {
    pub(super) sut: Box<dyn Sut>,
    /// The number of the process.
    pub(super) id: Option<u32>,
    /// Whether it has served another cell.
    pub(super) is_used: bool,
    ear: Ear,
}

/// The processes of one SUT.
pub(super) struct Processes {
    command: ProcessCommand,
    /// Processes that have been reset, those with jitter in the middle of its range apart.
    idle: Mutex<Idle>,
    /// Whether the driver says that it can be reset.
    can_reset: bool,
    /// So many idle processes are kept at most.
    most_idle: usize,
}

#[derive(Default)]
struct Idle {
    midpoint: Vec<Driver>,
    seeded: Vec<Driver>,
}

impl Idle {
    fn len(&self) -> usize {
        self.midpoint.len() + self.seeded.len()
    }

    fn of(&mut self, random: RandomMode) -> &mut Vec<Driver> {
        match random {
            RandomMode::Midpoint => &mut self.midpoint,
            RandomMode::Seeded => &mut self.seeded,
        }
    }
}

impl Processes {
    /// Starts the first process, to see what it is. More than `most_idle` are not kept for later cells.
    pub(super) async fn start(
        command: &ProcessCommand,
        most_idle: usize,
    ) -> Result<(Self, Hello), SutError> {
        let mut processes = Self {
            command: command.clone(),
            idle: Mutex::default(),
            can_reset: false,
            most_idle,
        };
        let first = processes
            .spawn(
                &SutEnvironment::new(),
                RandomMode::Seeded,
                LogBook::default(),
            )
            .await?;
        let hello = first.sut.hello();
        processes.can_reset = hello.capabilities.contains(&Capability::Reset);
        if processes.can_reset {
            processes.idle.lock().seeded.push(first);
        } else {
            first.sut.exit().await;
        }
        Ok((processes, hello))
    }

    /// A process for `cell`: one that has been reset where that is allowed and there is one, else a new one.
    pub(super) async fn take(
        &self,
        cell: &Cell,
        variables: &SutEnvironment,
        may_be_used: bool,
        log: &LogBook,
    ) -> Result<Driver, RunEnd> {
        if !may_be_used || !self.can_reset {
            let spawned = self.spawn(variables, cell.random, log.clone()).await;
            return spawned.map_err(|error| RunEnd::Broken(explained(&error)));
        }
        loop {
            let idle = self.idle.lock().of(cell.random).pop();
            let Some(driver) = idle else {
                break;
            };
            if driver.ear.attend(log.clone()) {
                return Ok(driver);
            }
            // It has ended, or is not as still as one that has been reset.
            driver.sut.abandon().await;
        }
        let nothing = SutEnvironment::new();
        let spawned = self.spawn(&nothing, cell.random, log.clone()).await;
        spawned.map_err(|error| RunEnd::Broken(explained(&error)))
    }

    /// Has `driver` reset, so that another cell can have it; ends it where it cannot be, and where enough others wait: a
    /// cell that is run again in a fresh process leaves one more.
    pub(super) async fn give_back(&self, mut driver: Driver, random: RandomMode) {
        let is_wanted = self.idle.lock().len() < self.most_idle;
        if is_wanted && driver.sut.reset().await.is_ok() {
            driver.is_used = true;
            let left = self.keep(driver, random);
            if let Some(driver) = left {
                driver.sut.abandon().await;
            }
        } else {
            driver.sut.abandon().await;
        }
    }

    /// Keeps `driver` for later; gives it back where there are enough.
    fn keep(&self, driver: Driver, random: RandomMode) -> Option<Driver> {
        let mut idle = self.idle.lock();
        if idle.len() >= self.most_idle {
            return Some(driver);
        }
        idle.of(random).push(driver);
        None
    }

    /// Whether a driver of this SUT can be given back.
    pub(super) const fn can_reset(&self) -> bool {
        self.can_reset
    }

    async fn spawn(
        &self,
        variables: &SutEnvironment,
        random: RandomMode,
        log: LogBook,
    ) -> Result<Driver, SutError> {
        let mut command = self.command.clone();
        command.env.extend(variables.clone());
        if random == RandomMode::Midpoint {
            command
                .env
                .insert(RANDOM_VARIABLE.to_owned(), MIDPOINT.to_owned());
        }
        let sut = ProcessSut::spawn(&command, log).await?;
        Ok(Driver {
            id: sut.id(),
            is_used: false,
            ear: sut.ear().clone(),
            sut: Box::new(sut),
        })
    }
}

/// Whether `cell` gets a process of its own, whatever the driver can do: see [`ProcessMode`].
pub(super) fn needs_its_own(cell: &Cell, sut: &str, rules: &RuleCatalog) -> bool {
    // A line that is missing may have been told to another cell, once and for all. That fails, and is seen in a fresh process;
    // what else a check says about lines would be wrong without failing.
    let wants_silence = cell.expect.iter().any(|expectation| {
        let rule = rules.rule(&expectation.rule);
        expectation.wants_silence() && rule.is_none_or(|rule| rule.is_about(sut))
    });
    let is_rough = |step: &Step| match step {
        Step::Exit => true,
        Step::Observe(observe) => observe.panic || observe.block.is_some(),
        _ => false,
    };
    cell.process == ProcessMode::Fresh
        || cell.may_refuse_to_start
        || cell.receiver.tls.is_some()
        || cell.env.keys().any(|name| !name.starts_with("OTEL_"))
        || wants_silence
        || cell
            .expect
            .iter()
            .any(|expectation| expectation.memory.is_some())
        || cell.steps.iter().any(is_rough)
}
