//! What the window shows ([`State`]), what happened ([`Event`]) and what the person wants ([`Command`]). Pure: no thread, no
//! socket, no camera and no egui; the studio does the work, and the window draws.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::frame::Size;
use crate::source::{Mode, SourceSpec};

/// Who can watch; the server listens accordingly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Browsers on this machine.
    ThisComputer,
    /// Everyone in this network who has the address.
    ThisNetwork,
}

/// Which pictures go to disk while live; all of them are in memory for a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Save {
    /// Each picture.
    Every,
    /// None.
    Off,
    /// At most one in so many milliseconds.
    EachMillis(u64),
}

/// Everything the person chose; remembered from one start to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Choices {
    /// Where pictures come from.
    pub source: SourceSpec,
    /// The size asked of the source.
    pub size: Size,
    /// Pictures a second, at most.
    pub fps: u32,
    /// From one picture to the next, where that was chosen and not a rate; wins over `fps`.
    pub every: Option<Duration>,
    /// The channel's name.
    pub channel: String,
    /// `None` until it was asked at the first Go live.
    pub audience: Option<Audience>,
    /// Where pictures are saved.
    pub data: PathBuf,
    /// Which of them.
    pub save: Save,
    /// Whether what was saved stays after the broadcast.
    pub keep: bool,
}

impl Choices {
    /// From one picture to the next, at least.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.every.unwrap_or_else(|| Duration::from_secs(1) / self.fps.max(1))
    }
}

/// A camera that can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraChoice {
    /// For people.
    pub name: String,
    /// What choosing it means.
    pub source: SourceSpec,
    /// The sizes it offers, largest first; empty if it did not tell.
    pub sizes: Vec<Size>,
}

/// Whether anybody can see the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnAir {
    /// Nothing is stored and nothing served.
    NotLive,
    /// Go live was pressed and is being carried out.
    Starting,
    /// Since this time, in milliseconds of the Unix epoch.
    Live {
        /// When it began.
        since_ms: u64,
    },
    /// Live, with the source held back.
    Paused {
        /// When the broadcast began.
        since_ms: u64,
    },
}

/// An address at which viewers reach the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// For the address bar and the QR code, e.g. `http://192.168.1.20:8060/`.
    pub url: String,
    /// Of the network adapter, in the system's words, e.g. `wlan0`; empty for this computer.
    pub adapter: String,
}

/// What is wrong, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What happened and what to do.
    pub sentence: String,
    /// When, in milliseconds of the Unix epoch.
    pub at_ms: u64,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The choices in force, at the start and after each change.
    Choices(Choices),
    /// The cameras there are.
    Cameras(Vec<CameraChoice>),
    /// The source is open and gives pictures.
    SourceOpen(Mode),
    /// The source gives no pictures.
    SourceFault(Fault),
    /// The broadcast's state changed.
    OnAir(OnAir),
    /// Where the server listens: the best address first.
    Addresses(Vec<Address>),
    /// Numbers of the moment; at most a few times a second.
    Numbers(Numbers),
    /// Something other than the source failed, or recovered (`None`).
    Fault(Option<Fault>),
    /// Something succeeded that the person asked for, e.g. where a picture was saved.
    Notice(String),
    /// The system asked the program to end: the window closes without a question.
    Closing,
}

/// Numbers of the moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Numbers {
    /// Viewers now.
    pub watching: usize,
    /// Frames published in this broadcast.
    pub published: u64,
    /// Frames dropped in this broadcast, at whatever stage.
    pub dropped: u64,
    /// Frames that could not be saved to disk in this broadcast.
    pub unsaved: u64,
    /// Pictures a second out of the source, measured.
    pub fps: f32,
    /// When the newest published picture was taken, in milliseconds of the Unix epoch.
    pub newest_ms: Option<u64>,
    /// From one published picture to the next, as viewers are told; 0 before the first.
    pub interval_ms: u64,
}

/// What the person wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Begin a broadcast.
    GoLive,
    /// End it.
    Stop,
    /// Hold the source back while live; the viewers are told.
    Pause,
    /// Go on after a pause.
    Resume,
    /// Take pictures from there.
    SetSource(SourceSpec),
    /// Ask the source for this size.
    SetSize(Size),
    /// At most so many pictures a second.
    SetFps(u32),
    /// Publish to this channel (while not live).
    SetChannel(String),
    /// Who can watch; the server listens accordingly and keeps its port.
    SetAudience(Audience),
    /// Save pictures there (while not live).
    SetData(PathBuf),
    /// Which pictures go to disk.
    SetSave(Save),
    /// Whether what was saved stays after the broadcast.
    SetKeep(bool),
    /// Hold the newest picture for [`Command::SavePicture`]: what was seen when it was asked for.
    HoldPicture,
    /// Write the held picture to this file; the newest, if none is held.
    SavePicture(PathBuf),
    /// As [`Command::SavePicture`], in the place of what may be there: the person was asked.
    ReplacePicture(PathBuf),
    /// Look for cameras again.
    FindCameras,
    /// Let the person choose the folder for [`Command::SetData`] in the system's dialog.
    PickData,
    /// Let the person choose the folder of a [`SourceSpec::Images`] in the system's dialog.
    PickImages,
    /// Let the person choose the file for [`Command::SavePicture`] in the system's dialog.
    PickPicture,
    /// End the program, and the broadcast with it.
    Quit,
}

/// What the window draws. It changes by what happened and by what the person says; the views only read it.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// In force.
    pub choices: Choices,
    /// That can be chosen.
    pub cameras: Vec<CameraChoice>,
    /// What the source delivers, once it does.
    pub mode: Option<Mode>,
    /// Why the source gives no pictures.
    pub source_fault: Option<Fault>,
    /// Anything else that is wrong.
    pub fault: Option<Fault>,
    /// Whether anybody can see the pictures.
    pub on_air: OnAir,
    /// Whether Stop was sent, and the studio has yet to tell the end: what it tells until then is of before.
    pub stopped: bool,
    /// The best one first.
    pub addresses: Vec<Address>,
    /// Of the moment.
    pub numbers: Numbers,
    /// The last success, in words.
    pub notice: Option<String>,
    /// What the person is being asked.
    pub question: Option<Question>,
}

/// Asked before something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Who can watch: once, at the first Go live.
    WhoCanWatch,
    /// Whether to end the broadcast: the window was told to close while live.
    CloseWhileLive,
}

/// What the person says to a [`Question`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// These can watch: go live.
    Watch(Audience),
    /// End the broadcast and close.
    EndAndClose,
    /// Leave everything as it is.
    Never,
}

impl OnAir {
    /// Whether there is a broadcast, or soon will be.
    #[must_use]
    pub fn is_on(self) -> bool {
        self != Self::NotLive
    }
}

impl State {
    /// As it is before the first event.
    #[must_use]
    pub fn new(choices: Choices) -> Self {
        Self {
            choices,
            cameras: Vec::new(),
            mode: None,
            source_fault: None,
            fault: None,
            on_air: OnAir::NotLive,
            stopped: false,
            addresses: Vec::new(),
            numbers: Numbers::default(),
            notice: None,
            question: None,
        }
    }

    /// Takes in what happened.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Choices(choices) => self.apply_choices(choices),
            Event::Cameras(cameras) => self.cameras = cameras,
            Event::SourceOpen(mode) => {
                self.mode = Some(mode);
                self.source_fault = None;
            }
            Event::SourceFault(fault) => {
                self.mode = None;
                self.source_fault = Some(fault);
            }
            Event::OnAir(on_air) => self.apply_on_air(on_air),
            Event::Addresses(addresses) => self.addresses = addresses,
            Event::Numbers(numbers) => self.numbers = numbers,
            Event::Fault(fault) => self.fault = fault,
            Event::Notice(notice) => self.notice = Some(notice),
            // The window's own business.
            Event::Closing => self.question = None,
        }
    }

    fn apply_choices(&mut self, choices: Choices) {
        if choices.source != self.choices.source {
            // What is known is about the other source.
            self.mode = None;
            self.source_fault = None;
        }
        self.choices = choices;
    }

    /// Takes in that `command` was sent to the studio. A Stop has ended the broadcast by then, though the studio's thread may be
    /// busy with something else.
    pub fn sent(&mut self, command: &Command) {
        if *command == Command::Stop && self.on_air.is_on() {
            self.apply_on_air(OnAir::NotLive);
            self.stopped = true;
        }
    }

    fn apply_on_air(&mut self, on_air: OnAir) {
        if self.stopped && on_air.is_on() {
            return;
        }
        self.stopped = false;
        if on_air.is_on() != self.on_air.is_on() {
            // The numbers count from the beginning of a broadcast, and a question about the former state is moot.
            self.numbers = Numbers { fps: self.numbers.fps, ..Numbers::default() };
            self.question = None;
        }
        self.on_air = on_air;
    }

    /// Asks what has to be asked before `command` is carried out. What is returned goes on to the studio; `None` was either
    /// turned into a [`Question`] or is nothing to do in this state.
    #[must_use]
    pub fn intercept(&mut self, command: Command) -> Option<Command> {
        self.notice = None;
        let question = match command {
            Command::GoLive if self.on_air.is_on() => return None,
            Command::Stop if !self.on_air.is_on() => return None,
            Command::GoLive if self.choices.audience.is_none() => Question::WhoCanWatch,
            Command::Quit if self.on_air.is_on() => Question::CloseWhileLive,
            _ => return Some(command),
        };
        self.question = Some(question);
        None
    }

    /// Takes the answer to the open question. What is returned goes on to the studio, in this order, and the next only if the
    /// one before could be handed over.
    #[must_use]
    pub fn answer(&mut self, answer: Answer) -> Vec<Command> {
        match (self.question.take(), answer) {
            (Some(Question::WhoCanWatch), Answer::Watch(audience)) => vec![Command::SetAudience(audience), Command::GoLive],
            (Some(Question::CloseWhileLive), Answer::EndAndClose) => vec![Command::Quit],
            _ => Vec::new(),
        }
    }

    /// Takes the last success away; the person has read it.
    pub fn dismiss_notice(&mut self) {
        self.notice = None;
    }

    /// Takes away what is wrong; the person has read it. It comes back if it happens again.
    pub fn dismiss_fault(&mut self) {
        self.fault = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::PixelFormat;

    const LIVE: OnAir = OnAir::Live { since_ms: 1_000 };

    fn state(audience: Option<Audience>, on_air: OnAir) -> State {
        let choices = Choices {
            source: SourceSpec::FirstCamera,
            size: Size::new(1280, 720),
            fps: 15,
            every: None,
            channel: "front".to_owned(),
            audience,
            data: "/data".into(),
            save: Save::EachMillis(1_000),
            keep: false,
        };
        State { on_air, ..State::new(choices) }
    }

    fn mode() -> Mode {
        Mode {
            name: "Logitech C920".to_owned(),
            size: Size::new(1280, 720),
            fps: 30.0,
            format: PixelFormat::Jpeg,
            spec: SourceSpec::FirstCamera,
        }
    }

    fn fault() -> Fault {
        Fault { sentence: "The camera was unplugged. Plug it in again.".to_owned(), at_ms: 5 }
    }

    #[test]
    fn the_first_go_live_asks_who_can_watch() {
        let mut state = state(None, OnAir::NotLive);
        assert_eq!(state.intercept(Command::GoLive), None);
        assert_eq!(state.question, Some(Question::WhoCanWatch));
        let commands = state.answer(Answer::Watch(Audience::ThisNetwork));
        assert_eq!(commands, [Command::SetAudience(Audience::ThisNetwork), Command::GoLive]);
        assert_eq!(state.question, None);
    }

    #[test]
    fn nobody_goes_live_without_an_answer() {
        let mut state = state(None, OnAir::NotLive);
        assert_eq!(state.intercept(Command::GoLive), None);
        assert_eq!(state.answer(Answer::Never), []);
        assert_eq!(state.answer(Answer::Watch(Audience::ThisNetwork)), [], "the question was taken back");
    }

    #[test]
    fn a_later_go_live_is_not_asked_about() {
        let mut state = state(Some(Audience::ThisComputer), OnAir::NotLive);
        assert_eq!(state.intercept(Command::GoLive), Some(Command::GoLive));
        assert_eq!(state.question, None);
    }

    #[test]
    fn going_live_twice_and_stopping_twice_do_nothing() {
        for on_air in [OnAir::Starting, LIVE, OnAir::Paused { since_ms: 1_000 }] {
            let mut state = state(Some(Audience::ThisComputer), on_air);
            assert_eq!(state.intercept(Command::GoLive), None);
            assert_eq!(state.intercept(Command::Stop), Some(Command::Stop));
        }
        assert_eq!(state(Some(Audience::ThisComputer), OnAir::NotLive).intercept(Command::Stop), None);
    }

    #[test]
    fn a_stop_that_was_sent_has_ended_the_broadcast() {
        for on_air in [OnAir::Starting, LIVE, OnAir::Paused { since_ms: 1_000 }] {
            let mut state = state(Some(Audience::ThisComputer), on_air);
            state.sent(&Command::Stop);
            assert_eq!(state.on_air, OnAir::NotLive);
            state.apply(Event::OnAir(LIVE));
            assert_eq!(state.on_air, OnAir::NotLive, "it was told before the stop was heard");
            state.apply(Event::OnAir(OnAir::NotLive));
            state.apply(Event::OnAir(LIVE));
            assert_eq!(state.on_air, LIVE, "another broadcast");
        }
    }

    #[test]
    fn a_stop_of_nothing_leaves_the_next_broadcast_alone() {
        let mut state = state(Some(Audience::ThisComputer), OnAir::NotLive);
        state.sent(&Command::Stop);
        state.apply(Event::OnAir(LIVE));
        assert_eq!(state.on_air, LIVE);
    }

    #[test]
    fn closing_while_live_is_asked_about() {
        let mut state = state(Some(Audience::ThisComputer), LIVE);
        assert_eq!(state.intercept(Command::Quit), None);
        assert_eq!(state.intercept(Command::Quit), None, "a second press on the window's cross is no answer");
        assert_eq!(state.question, Some(Question::CloseWhileLive));
        assert_eq!(state.answer(Answer::EndAndClose), [Command::Quit]);
    }

    #[test]
    fn staying_live_leaves_everything_as_it_is() {
        let mut state = state(Some(Audience::ThisComputer), LIVE);
        let before = state.clone();
        assert_eq!(state.intercept(Command::Quit), None);
        assert_eq!(state.answer(Answer::Never), []);
        assert_eq!(state, before);
    }

    #[test]
    fn closing_while_not_live_is_not_asked_about() {
        assert_eq!(state(None, OnAir::NotLive).intercept(Command::Quit), Some(Command::Quit));
    }

    #[test]
    fn a_question_is_moot_when_the_broadcast_ends_by_itself() {
        let mut state = state(Some(Audience::ThisComputer), LIVE);
        assert_eq!(state.intercept(Command::Quit), None);
        state.apply(Event::OnAir(OnAir::NotLive));
        assert_eq!(state.question, None);
    }

    #[test]
    fn a_source_that_opens_is_well_and_one_that_fails_delivers_nothing() {
        let mut state = state(None, OnAir::NotLive);
        state.apply(Event::SourceOpen(mode()));
        state.apply(Event::SourceFault(fault()));
        assert_eq!((state.mode.as_ref(), state.source_fault.as_ref()), (None, Some(&fault())));
        state.apply(Event::SourceOpen(mode()));
        assert_eq!((state.mode.as_ref(), state.source_fault.as_ref()), (Some(&mode()), None));
    }

    #[test]
    fn another_source_begins_with_nothing_known() {
        let mut state = state(None, OnAir::NotLive);
        state.apply(Event::SourceFault(fault()));
        state.apply(Event::Choices(Choices { source: SourceSpec::TestPattern, ..state.choices.clone() }));
        assert_eq!((state.mode, state.source_fault), (None, None));
    }

    #[test]
    fn another_choice_leaves_the_source_as_it_is() {
        let mut state = state(None, OnAir::NotLive);
        state.apply(Event::SourceOpen(mode()));
        state.apply(Event::Choices(Choices { channel: "yard".to_owned(), ..state.choices.clone() }));
        assert_eq!(state.mode, Some(mode()));
    }

    #[test]
    fn the_numbers_of_a_broadcast_begin_anew_and_go_on_over_a_pause() {
        let mut state = state(None, OnAir::NotLive);
        state.apply(Event::OnAir(OnAir::Starting));
        let numbers = Numbers { watching: 3, published: 9, ..Numbers::default() };
        state.apply(Event::Numbers(numbers));
        state.apply(Event::OnAir(LIVE));
        state.apply(Event::OnAir(OnAir::Paused { since_ms: 1_000 }));
        assert_eq!(state.numbers, numbers);
        state.apply(Event::OnAir(OnAir::NotLive));
        assert_eq!(state.numbers, Numbers::default());
    }

    #[test]
    fn the_next_command_takes_the_notice_away() {
        let mut state = state(None, OnAir::NotLive);
        state.apply(Event::Notice("Saved.".to_owned()));
        assert_eq!(state.intercept(Command::FindCameras), Some(Command::FindCameras));
        assert_eq!(state.notice, None);
    }
}
