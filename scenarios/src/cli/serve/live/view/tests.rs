use std::sync::Arc;
use std::time::Duration;

use otelbox_mock_collector::fault::{
    Action, LiveFaults, Switch, grpc, hang, lose_acknowledgement, partial_success,
};
use otelbox_mock_collector::journal::{ConnectionEvent, End, ExchangeHandle, Journal, Port};
use otelbox_mock_collector::plan::FaultPlan;
use otelbox_mock_collector::{Protocol, Signal};
use parking_lot::Mutex;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;
use tokio::time::advance;
use tonic::Code;

use super::super::audience::LiveAudience;
use super::super::evidence::{begin_with, grpc_answer, http_answer, journal, logs};
use super::super::keys::Look;
use super::super::setup::Setup;
use super::super::state::State;
use super::*;
use crate::cli::serve::follower::Follower;

const UNAVAILABLE: u32 = 14;

/// A receiver without a wire, and its view.
struct Scene {
    journal: Journal,
    faults: LiveFaults,
    state: Arc<Mutex<State>>,
    follower: Follower<'static>,
    /// Attempts that do not end.
    open: Vec<ExchangeHandle>,
}

impl Scene {
    fn new() -> Self {
        let setup = Setup::default()
            .with("grpc", "http://127.0.0.1:4317")
            .with("http", "http://127.0.0.1:4318")
            .with("faults", "faults.yaml")
            .with("journal", "journal.jsonl")
            .with("seed", "0");
        let fault = "{ when: { attempt: 1 }, then: { grpc: UNAVAILABLE, http: 503 }, times: 2 }";
        let fault = serde_saphyr::from_str(fault).expect("a fault");
        let journal = journal();
        let state = Arc::new(Mutex::new(State::new(setup)));
        let audience = LiveAudience(Arc::clone(&state));
        Self {
            follower: Follower::new(journal.clone(), vec![Box::new(audience)]),
            journal,
            faults: LiveFaults::new(FaultPlan::try_new([fault], 0).expect("a plan")),
            state,
            open: Vec::new(),
        }
    }

    fn begin(
        &self,
        protocol: Protocol,
        text: &str,
        fault: Option<(&str, Action)>,
    ) -> ExchangeHandle {
        begin_with(&self.journal, Signal::Logs, protocol, &logs(text), fault)
    }

    /// A bit of everything.
    async fn busy() -> Self {
        let mut scene = Self::new();
        let unavailable = || Some(("fault-1", grpc(Code::Unavailable).into()));
        let later = || advance(Duration::from_millis(1_250));
        later().await;
        let first = scene.begin(Protocol::Grpc, "one", unavailable());
        advance(Duration::from_millis(2)).await;
        first.complete(
            Some(grpc_answer(UNAVAILABLE, Some("come again"))),
            End::Answered,
        );
        later().await;
        let again = scene.begin(Protocol::Grpc, "one", None);
        again.complete(Some(grpc_answer(0, None)), End::Answered);
        later().await;
        let partial = Some(("partial_success", partial_success(1, "no")));
        let some = scene.begin(Protocol::HttpProtobuf, "two", partial);
        some.complete(Some(http_answer(200)), End::Answered);
        let event = ConnectionEvent::PlainText("GET /\u{1b}[2J".to_owned());
        scene.journal.connection(4, Port::Http, event);
        later().await;
        let lost = Some(("lost_acknowledgement", lose_acknowledgement()));
        scene
            .begin(Protocol::HttpProtobuf, "three", lost)
            .complete(None, End::ClosedByCollector);
        scene
            .begin(Protocol::HttpJson, "four", None)
            .complete(Some(http_answer(400)), End::Answered);
        later().await;
        let hanging = scene.begin(Protocol::Grpc, "five", Some(("hang", hang())));
        scene.open.push(hanging);
        scene.faults.toggle(Switch::Hang).expect("a switch");
        later().await;
        scene
    }

    /// So many accepted attempts.
    fn many(attempts: usize) -> Self {
        let scene = Self::new();
        for number in 0..attempts {
            scene
                .begin(Protocol::Grpc, &number.to_string(), None)
                .complete(Some(grpc_answer(0, None)), End::Answered);
        }
        scene
    }

    fn look(&mut self, look: Look) {
        let mut state = self.state.lock();
        if let Some(to_open) = state.look(look) {
            state.open(to_open.page());
        }
    }

    fn buffer(&mut self, width: u16, height: u16, colours: Colours) -> Buffer {
        self.follower.follow().expect("heard");
        let mut state = self.state.lock();
        state.tick(self.journal.elapsed(), &self.faults);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
        let mut room = Room::default();
        terminal
            .draw(|frame| room = draw(frame, &state, colours))
            .expect("drawn");
        state.drawn(room);
        terminal.backend().buffer().clone()
    }

    fn text(&mut self, width: u16, height: u16) -> String {
        text(&self.buffer(width, height, Colours::Off))
    }
}

fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let rows = buffer.content.chunks(width.max(1));
    let mut text = String::new();
    for row in rows {
        let row: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

#[tokio::test(start_paused = true)]
async fn the_usual_terminal() {
    insta::assert_snapshot!(Scene::busy().await.text(80, 24));
}

#[tokio::test(start_paused = true)]
async fn a_large_terminal() {
    insta::assert_snapshot!(Scene::busy().await.text(120, 40));
}

#[tokio::test(start_paused = true)]
async fn a_small_terminal() {
    insta::assert_snapshot!(Scene::busy().await.text(40, 10));
}

#[tokio::test(start_paused = true)]
async fn nothing_has_come() {
    insta::assert_snapshot!(Scene::new().text(80, 24));
}

#[tokio::test(start_paused = true)]
async fn many_attempts() {
    let mut scene = Scene::many(250);
    scene.text(80, 24);
    scene.look(Look::PageUp);
    insta::assert_snapshot!(scene.text(80, 24));
}

#[tokio::test(start_paused = true)]
async fn the_list_is_held() {
    let mut scene = Scene::many(3);
    scene.text(80, 24);
    scene.look(Look::Hold);
    let late = scene.begin(Protocol::Grpc, "late", None);
    scene.open.push(late);
    let seen = scene.text(80, 24);
    assert!(seen.contains("held, 1 new"), "{seen}");
    assert!(!seen.contains("4.1"), "{seen}");
    assert!(
        seen.contains("logs              4         4"),
        "all is counted: {seen}"
    );
    scene.look(Look::Hold);
    let seen = scene.text(80, 24);
    assert!(seen.contains("following") && seen.contains("4.1"), "{seen}");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_in_full() {
    let mut scene = Scene::busy().await;
    scene.text(80, 24);
    scene.look(Look::Home);
    scene.look(Look::Open);
    let top = scene.text(80, 24);
    scene.look(Look::End);
    insta::assert_snapshot!(format!("{top}\n(End)\n{}", scene.text(80, 24)));
    scene.look(Look::Back);
    assert!(scene.text(80, 24).contains("attempts"));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_ends_while_it_is_looked_at() {
    let mut scene = Scene::new();
    let open = scene.begin(Protocol::Grpc, "late", None);
    scene.text(80, 24);
    scene.look(Look::Open);
    let seen = scene.text(80, 24);
    assert!(seen.contains("waiting: it has not ended"), "{seen}");
    assert!(scene.state.lock().to_open_again().is_none());
    open.complete(Some(grpc_answer(0, None)), End::Answered);
    let again = scene.state.lock().to_open_again().expect("it has ended");
    scene.state.lock().open(again.page());
    let seen = scene.text(80, 24);
    assert!(seen.contains("answered: everything was taken"), "{seen}");
    assert!(scene.state.lock().to_open_again().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_help() {
    let mut scene = Scene::new();
    scene.look(Look::Help);
    insta::assert_snapshot!(scene.text(80, 32));
    scene.look(Look::Help);
    assert!(scene.text(80, 24).contains("nothing has come yet"));
}

#[tokio::test(start_paused = true)]
async fn colours_tell_outcomes_apart_and_faults() {
    let mut scene = Scene::busy().await;
    let buffer = scene.buffer(80, 24, Colours::On);
    let rows: Vec<String> = text(&buffer).lines().map(str::to_owned).collect();
    let colour_of = |needle: &str, answer: &str| {
        let found = rows
            .iter()
            .position(|row| row.contains(needle) && row.contains(answer));
        let y = found.unwrap_or_else(|| panic!("{needle} {answer} in {rows:#?}"));
        let x = rows[y].find(answer).expect("it is there");
        buffer[(u16::try_from(x).unwrap(), u16::try_from(y).unwrap())].fg
    };
    assert_eq!(colour_of("1.1", "UNAVAILABLE"), Color::Red);
    assert_eq!(colour_of("1.2", "OK"), Color::Green);
    assert_eq!(colour_of("2.1", "200"), Color::Yellow);
    assert_eq!(colour_of("3.1", "connection closed"), Color::Magenta);
    assert_eq!(colour_of("4.1", "[hang]"), Color::Yellow);
    assert_eq!(colour_of("[h hang]", "[h hang]"), Color::Yellow);
}

#[tokio::test(start_paused = true)]
async fn without_colours_there_is_not_one() {
    let mut scene = Scene::busy().await;
    let plain = scene.buffer(80, 24, Colours::Off);
    for cell in &plain.content {
        assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{cell:?}");
    }
    let coloured = scene.buffer(80, 24, Colours::On);
    assert_eq!(
        text(&plain),
        text(&coloured),
        "colours say nothing by themselves"
    );
}

#[tokio::test(start_paused = true)]
async fn what_comes_from_the_wire_is_shown_not_obeyed() {
    let mut scene = Scene::busy().await;
    let seen = scene.text(120, 40);
    assert!(
        seen.contains("plain text where TLS is spoken: GET /\u{fffd}[2J"),
        "{seen}"
    );
}

#[tokio::test(start_paused = true)]
async fn no_size_is_too_small() {
    let mut scene = Scene::busy().await;
    for page in [None, Some(Look::Open), Some(Look::Help)] {
        if let Some(look) = page {
            scene.look(look);
        }
        for width in [0, 1, 2, 3, 7, 20, 39, 40, 69, 81, 300] {
            for height in [0, 1, 2, 3, 5, 6, 7, 8, 11, 12, 19, 20, 21, 90] {
                scene.buffer(width, height, Colours::On);
                for look in [Look::Up, Look::PageDown, Look::Right, Look::End] {
                    scene.look(look);
                }
            }
        }
    }
}
