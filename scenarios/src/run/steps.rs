//! Doing the steps of a cell.

use std::time::Duration;

use otelbox_mock_collector::{MockCollector, Signal, fault::Fault};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::certificates::CertificateFiles;
use super::inside::Inside;
use super::recording::{Emission, EmissionKind, EmittedItems, RunEnd, StepRecord};
use crate::{
    driver::{Items, Measurement, ObservableState},
    plan::Cell,
    scenario::{
        AttributeValue, Call, CollectorState, Emit, ITEMS_COUNTER, InstrumentKind, Number, Observe,
        Record, Rotation, Step, TextDuration, WaitFor,
    },
    sut::{CallOutcome, LogBook, Sut, SutError, explained, with_limit},
};

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// What the steps of a cell have come to.
pub(super) struct Done {
    pub(super) steps: Vec<StepRecord>,
    pub(super) emissions: Vec<Emission>,
    pub(super) items: Vec<EmittedItems>,
    pub(super) end: RunEnd,
}

/// Where steps are done.
pub(super) struct Stage<'a> {
    pub(super) cell: &'a Cell,
    pub(super) collector: &'a MockCollector,
    pub(super) certificates: Option<&'a CertificateFiles>,
    /// The start of the SUT.
    pub(super) start: Instant,
    /// Absent after `exit`.
    pub(super) sut: Option<Box<dyn Sut>>,
    /// How much time passes at least before a call since the call before, or since the start.
    pub(super) pause: Duration,
    /// How long a call of the SUT may take beyond its own limit before it counts as hanging.
    pub(super) patience: Duration,
    /// What the SUT says.
    pub(super) log: LogBook,
    /// The number of the next span or log record.
    pub(super) next_item: u64,
    /// Whether `shutdown` has been called: what is emitted after it is not offered.
    pub(super) is_shut_down: bool,
    /// What is seen from inside, where the cell asks for it.
    pub(super) inside: Option<Inside>,
}

impl Stage<'_> {
    /// Does all steps, up to the first that cannot be done.
    pub(super) async fn play(&mut self) -> Done {
        let mut done = Done {
            steps: Vec::new(),
            emissions: self.first_observations(),
            items: Vec::new(),
            end: RunEnd::Completed,
        };
        let cell = self.cell;
        let mut collected = Duration::ZERO;
        for (index, step) in cell.steps.iter().enumerate() {
            let is_call = matches!(step, Step::ForceFlush(_) | Step::Shutdown(_));
            let left = self
                .pause
                .saturating_sub(self.start.elapsed().saturating_sub(collected));
            if is_call && !left.is_zero() {
                sleep(left).await;
            }
            let at = self.start.elapsed();
            let result = self.step(step, &mut done).await;
            let ended_at = self.start.elapsed();
            self.look_inside();
            if is_call {
                collected = ended_at;
            }
            match result {
                Ok(outcome) => done.steps.push(StepRecord {
                    index,
                    at,
                    ended_at,
                    outcome,
                }),
                Err(end) => {
                    done.end = end;
                    break;
                }
            }
        }
        self.note_fired();
        done
    }

    /// Notes what the SDK tells of itself, after each step.
    fn look_inside(&mut self) {
        let Some(inside) = &mut self.inside else {
            return;
        };
        if let Some(counters) = self.sut.as_ref().and_then(|sut| sut.counters()) {
            inside.most_queued = inside.most_queued.max(counters.queued_items);
            inside.counters = Some(counters);
        }
    }

    /// Notes how often the faults that are in place have fired, before they are replaced and at the end.
    fn note_fired(&mut self) {
        if let Some(inside) = &mut self.inside {
            for status in self.collector.faults() {
                inside.note_fired(&status.fault.then, self.cell.id.protocol, status.fired);
            }
        }
    }

    fn first_observations(&self) -> Vec<Emission> {
        self.cell
            .instruments
            .iter()
            .flat_map(|instrument| {
                instrument.observe.iter().map(|observed| Emission {
                    at: Duration::ZERO,
                    instrument: instrument.name.clone(),
                    kind: instrument.kind,
                    value: Some(observed.value),
                    times: 1,
                    attributes: observed.attributes.clone(),
                })
            })
            .collect()
    }

    async fn step(&mut self, step: &Step, done: &mut Done) -> Result<Option<CallOutcome>, RunEnd> {
        let emissions = &mut done.emissions;
        match step {
            Step::Emit(emit) if self.cell.id.signal == Signal::Metrics => {
                self.count(emit, emissions).await?;
            }
            Step::Emit(emit) => self.emit(emit, &mut done.items).await?,
            Step::Record(record) => self.record(record, emissions).await?,
            Step::Observe(observe) => self.observe(observe, emissions).await?,
            Step::Wait(time) => sleep(time.get()).await,
            Step::WaitUntil(time) => sleep_until(self.start + time.get()).await,
            Step::WaitFor(condition) => {
                if !wait_for(self.collector, self.cell.id.signal, condition).await {
                    return Err(RunEnd::Inconclusive(in_vain(condition)));
                }
            }
            Step::Export(_) => {
                return guarded(self.patience, "export", self.sut()?.export())
                    .await
                    .map(Some);
            }
            Step::ForceFlush(call) => return self.call(call, "force_flush").await.map(Some),
            Step::Shutdown(call) => {
                self.is_shut_down = true;
                return self.call(call, "shutdown").await.map(Some);
            }
            Step::Exit => {
                self.log.close();
                if let Some(sut) = self.sut.take() {
                    sut.exit().await;
                }
            }
            Step::Collector(state) => bring(self.collector, *state).await?,
            Step::Faults(faults) => {
                self.note_fired();
                install(self.collector, faults, self.start)?;
            }
            Step::RotateCertificates(rotation) => {
                rotate(self.collector, self.certificates, *rotation)?;
            }
            Step::Terminate(_) => {
                return Err(RunEnd::NotApplicable(
                    "a driver is not ended by a signal".to_owned(),
                ));
            }
        }
        Ok(None)
    }

    fn sut(&mut self) -> Result<&mut dyn Sut, RunEnd> {
        match &mut self.sut {
            Some(sut) => Ok(sut.as_mut()),
            None => Err(RunEnd::Broken(
                "a step needs the system under test, which has exited".to_owned(),
            )),
        }
    }

    /// Spans or log records.
    async fn emit(&mut self, emit: &Emit, items: &mut Vec<EmittedItems>) -> Result<(), RunEnd> {
        let at = self.start.elapsed();
        let first = self.next_item;
        self.next_item = first.saturating_add(emit.items);
        let request = Items {
            items: emit.items,
            first_item: first,
            attributes: emit.attributes.clone(),
            unsampled: emit.unsampled,
            span: emit.span.clone(),
            in_span: emit.in_span,
        };
        guarded(self.patience, "emit", self.sut()?.emit(&request)).await?;
        items.push(EmittedItems {
            at,
            numbers: first..self.next_item,
            kind: if self.is_shut_down {
                EmissionKind::AfterShutdown
            } else if emit.unsampled {
                EmissionKind::Unsampled
            } else {
                EmissionKind::Offered
            },
        });
        Ok(())
    }

    /// Items as increments of a counter.
    async fn count(&mut self, emit: &Emit, emissions: &mut Vec<Emission>) -> Result<(), RunEnd> {
        let measurement = Measurement {
            instrument: ITEMS_COUNTER.to_owned(),
            value: Number::Integer(1),
            times: emit.items,
            attributes: emit.attributes.clone(),
        };
        self.measure(&measurement, emissions).await
    }

    async fn record(
        &mut self,
        record: &Record,
        emissions: &mut Vec<Emission>,
    ) -> Result<(), RunEnd> {
        let plain = Measurement {
            instrument: record.instrument.clone(),
            value: record.value,
            times: record.times,
            attributes: record.attributes.clone(),
        };
        let Some(spread) = &record.spread else {
            return self.measure(&plain, emissions).await;
        };
        for value in 0..spread.over {
            let mut attributes = plain.attributes.clone();
            attributes.insert(
                spread.attribute.clone(),
                AttributeValue::Integer(i64::from(value)),
            );
            self.measure(
                &Measurement {
                    attributes,
                    ..plain.clone()
                },
                emissions,
            )
            .await?;
        }
        Ok(())
    }

    async fn measure(
        &mut self,
        measurement: &Measurement,
        emissions: &mut Vec<Emission>,
    ) -> Result<(), RunEnd> {
        let at = self.start.elapsed();
        let kind = self.kind_of(&measurement.instrument)?;
        guarded(self.patience, "record", self.sut()?.record(measurement)).await?;
        emissions.push(Emission {
            at,
            instrument: measurement.instrument.clone(),
            kind,
            value: Some(measurement.value),
            times: measurement.times,
            attributes: measurement.attributes.clone(),
        });
        Ok(())
    }

    async fn observe(
        &mut self,
        observe: &Observe,
        emissions: &mut Vec<Emission>,
    ) -> Result<(), RunEnd> {
        let at = self.start.elapsed();
        let kind = self.kind_of(&observe.instrument)?;
        let state = ObservableState {
            instrument: observe.instrument.clone(),
            value: observe.value,
            attributes: observe.attributes.clone(),
            panic: observe.panic,
            block_ms: observe.block.map_or(0, |block| {
                u64::try_from(block.get().as_millis()).unwrap_or(u64::MAX)
            }),
        };
        guarded(self.patience, "observe", self.sut()?.observe(&state)).await?;
        emissions.push(Emission {
            at,
            instrument: state.instrument,
            kind,
            value: state.value,
            times: 1,
            attributes: state.attributes,
        });
        Ok(())
    }

    fn kind_of(&self, name: &str) -> Result<InstrumentKind, RunEnd> {
        let instrument = self
            .cell
            .instruments
            .iter()
            .find(|instrument| instrument.name == name);
        instrument
            .map(|instrument| instrument.kind)
            .ok_or_else(|| RunEnd::Broken(format!("the scenario has no instrument `{name}`")))
    }

    async fn call(&mut self, call: &Call, name: &'static str) -> Result<CallOutcome, RunEnd> {
        let limit = call.timeout.map(TextDuration::get);
        let patience = with_limit(self.patience, limit.unwrap_or_default());
        let sut = self.sut()?;
        let called = if name == "shutdown" {
            sut.shutdown(limit)
        } else {
            sut.force_flush(limit)
        };
        let outcome = guarded(patience, name, called).await?;
        Ok(CallOutcome {
            message: outcome.message.map(|text| self.log.renamed(text)),
            ..outcome
        })
    }
}

/// Replaces certificates.
pub(super) fn rotate(
    collector: &MockCollector,
    certificates: Option<&CertificateFiles>,
    rotation: Rotation,
) -> Result<(), RunEnd> {
    let broken = |error: &dyn std::error::Error| {
        RunEnd::Broken(format!(
            "certificates cannot be replaced: {}",
            explained(error)
        ))
    };
    if matches!(rotation, Rotation::Receiver | Rotation::Both) {
        let rotated = collector.rotate_certificates();
        rotated.map_err(|error| broken(&error))?;
    }
    let Some(files) = certificates else {
        return Ok(());
    };
    match (rotation, collector.certificates()) {
        (Rotation::Files | Rotation::Both, Some(certificates)) => files.write(&certificates),
        (Rotation::BrokenFiles, _) => files.cut_in_half(),
        _ => Ok(()),
    }
    .map_err(|error| broken(&error))
}

/// What was waited for without an end.
fn in_vain(condition: &WaitFor) -> String {
    format!(
        "waited {} in vain for {}",
        condition.within,
        serde_json::to_string(condition).unwrap_or_default()
    )
}

/// Waits until the journal holds what `condition` says; returns whether it does.
pub(super) async fn wait_for(
    collector: &MockCollector,
    signal: Signal,
    condition: &WaitFor,
) -> bool {
    let limit = Instant::now() + condition.within.get();
    let before = if condition.anew {
        Counts::of(collector, signal, condition)
    } else {
        Counts::default()
    };
    loop {
        if Counts::of(collector, signal, condition).holds(condition, &before) {
            return true;
        }
        let left = limit.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        sleep(LOOK.min(left)).await;
    }
}

/// What the journal holds of one signal.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    attempts: u64,
    exports: u64,
    accepted: u64,
    connections: u64,
}

impl Counts {
    /// What is asked for in `wanted`; payloads are decoded only where their items count.
    fn of(collector: &MockCollector, signal: Signal, wanted: &WaitFor) -> Self {
        let journal = collector.journal();
        let exchanges = journal.exchanges();
        let ours = || {
            exchanges
                .iter()
                .filter(|exchange| exchange.signal == Some(signal))
        };
        Self {
            attempts: ours().filter(|exchange| exchange.export.is_some()).count() as u64,
            exports: ours()
                .filter_map(|exchange| exchange.export)
                .max()
                .unwrap_or(0),
            accepted: match wanted.accepted {
                Some(_) => ours().map(|exchange| exchange.accepted_items()).sum(),
                None => 0,
            },
            connections: journal.connection_count(),
        }
    }

    /// Whether all that is wanted has come since `before`.
    fn holds(&self, wanted: &WaitFor, before: &Self) -> bool {
        [
            (wanted.attempts, self.attempts, before.attempts),
            (wanted.exports, self.exports, before.exports),
            (wanted.accepted, self.accepted, before.accepted),
            (wanted.connections, self.connections, before.connections),
        ]
        .into_iter()
        .all(|(wanted, now, before)| wanted.is_none_or(|wanted| now >= before + wanted))
    }
}

/// Brings the receiver up or down.
pub(super) async fn bring(collector: &MockCollector, state: CollectorState) -> Result<(), RunEnd> {
    match state {
        CollectorState::Down => {
            collector.take_down().await;
            Ok(())
        }
        CollectorState::Up => collector.bring_up().await.map_err(|error| {
            RunEnd::Broken(format!("the collector does not come up again: {error}"))
        }),
    }
}

/// Puts `faults` in place; their windows count from the start of the SUT.
pub(super) fn install(
    collector: &MockCollector,
    faults: &[Fault],
    start: Instant,
) -> Result<(), RunEnd> {
    let offset = start.saturating_duration_since(collector.journal().started());
    let shifted = faults.iter().cloned().map(|mut fault| {
        if let Some(window) = &mut fault.when.window {
            window.from = window.from.map(|from| from + offset);
            window.to = window.to.map(|to| to + offset);
        }
        fault
    });
    collector
        .set_faults(shifted)
        .map_err(|error| RunEnd::Broken(format!("a fault cannot be meant: {error}")))
}

/// A call of the SUT that does not hang for ever.
async fn guarded<T>(
    patience: Duration,
    name: &str,
    call: impl Future<Output = Result<T, SutError>>,
) -> Result<T, RunEnd> {
    match timeout(patience, call).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(end_of(name, &error)),
        Err(_) => Err(RunEnd::Hung {
            call: name.to_owned(),
            reason: format!(
                "{name} did not return within {}",
                humantime::format_duration(patience)
            ),
        }),
    }
}

/// What a failed call of the SUT, which had said hello before, makes of the cell.
pub(super) fn end_of(call: &str, error: &SutError) -> RunEnd {
    let reason = explained(error);
    match error {
        SutError::Ended { .. } => RunEnd::Crashed(reason),
        SutError::Silent { .. } => RunEnd::Hung {
            call: call.to_owned(),
            reason,
        },
        SutError::Start(reason) => RunEnd::DidNotStart(reason.clone()),
        SutError::Refused(_)
        | SutError::Spawn { .. }
        | SutError::SpawnProgram { .. }
        | SutError::Pipe { .. }
        | SutError::Nonsense { .. } => RunEnd::Broken(reason),
    }
}
