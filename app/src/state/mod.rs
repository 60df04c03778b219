//! What the window shows ([`State`]), what happened ([`Event`]) and what the person wants ([`Command`]). Pure: no thread, no
//! socket, no camera and no egui; the studio does the work, and the window draws.

mod choices;
mod command;
mod event;
mod receipt;
mod viewing;

pub use self::choices::{Audience, Choices};
pub use self::command::{Command, DisplaysCommand, ReceiptCommand, ViewersCommand};
pub use self::event::{Address, Awake, CameraChoice, Entry, Event, Fault, Numbers, OnAir, Viewers};
pub use self::receipt::{Fate, Receipt};
pub use self::viewing::{Guard, Viewing, ViewingChange, WatchPassword};

use cometcam_server::http::Display;

use crate::login::AtLogin;
use crate::source::{Knob, Mode, SourceSpec};

/// What the window draws. It changes by what happened and by what the person says; the views only read it.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// In force.
    pub choices: Choices,
    /// That can be chosen.
    pub cameras: Vec<CameraChoice>,
    /// What the source delivers, once it does.
    pub mode: Option<Mode>,
    /// What can be set of a camera, and of which; told last.
    pub knobs: Option<(SourceSpec, Vec<Knob>)>,
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
    /// Who watches.
    pub viewers: Viewers,
    /// Why the first viewer was not announced as it should be.
    pub unannounced: Option<String>,
    /// Who was let in, and how more may come.
    pub entry: Entry,
    /// That are known, by name.
    pub displays: Vec<Display>,
    /// What the broadcast was that is over.
    pub receipt: Option<Receipt>,
    /// The last success, in words.
    pub notice: Option<String>,
    /// Whether the computer stays awake.
    pub awake: Awake,
    /// What happens at the next login.
    pub at_login: AtLogin,
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

impl State {
    /// As it is before the first event.
    #[must_use]
    pub fn new(choices: Choices) -> Self {
        Self {
            choices,
            cameras: Vec::new(),
            mode: None,
            knobs: None,
            source_fault: None,
            fault: None,
            on_air: OnAir::NotLive,
            stopped: false,
            addresses: Vec::new(),
            numbers: Numbers::default(),
            viewers: Viewers::default(),
            unannounced: None,
            entry: Entry::default(),
            displays: Vec::new(),
            receipt: None,
            notice: None,
            awake: Awake::NotAsked,
            at_login: AtLogin::Off,
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
            Event::Knobs(camera, knobs) => self.knobs = Some((camera, knobs)),
            Event::OnAir(on_air) => self.apply_on_air(on_air),
            Event::Addresses(addresses) => self.addresses = addresses,
            Event::Numbers(numbers) => self.numbers = numbers,
            Event::Fault(fault) => self.fault = fault,
            Event::Viewers(viewers) => self.viewers = viewers,
            Event::Unannounced(sentence) => self.unannounced = Some(sentence),
            Event::Entry(entry) => self.entry = entry,
            Event::Displays(displays) => self.displays = displays,
            Event::Receipt(receipt) => self.receipt = receipt,
            Event::Notice(notice) => self.notice = Some(notice),
            Event::Awake(awake) => self.awake = awake,
            Event::AtLogin(at_login) => self.at_login = at_login,
            Event::Diagnostics(_) => {
                self.notice = Some("The diagnostics were copied. Paste them where you ask for help.".to_owned());
            }
            // The window's own business.
            Event::Raise => {}
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

    /// What can be set of the camera that is open; nothing of most sources.
    #[must_use]
    pub fn open_knobs(&self) -> &[Knob] {
        match (&self.mode, &self.knobs) {
            (Some(mode), Some((camera, knobs))) if mode.spec == *camera => knobs,
            _ => &[],
        }
    }

    /// Takes in that `command` was sent to the studio. A Stop has ended the broadcast by then, though the studio's thread may be
    /// busy with something else.
    pub fn sent(&mut self, command: &Command) {
        match command {
            Command::Stop if self.on_air.is_on() => {
                self.apply_on_air(OnAir::NotLive);
                self.stopped = true;
            }
            // Whatever is told now may be of the next broadcast: rather live for a moment too long than live and not said.
            Command::GoLive => self.stopped = false,
            _ => {}
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
            self.viewers = Viewers::default();
            if on_air.is_on() {
                self.unannounced = None;
                // Of another broadcast.
                self.receipt = None;
            }
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

    /// Takes away what is wrong; the person has read it, which is to be said to the studio. It comes back if it happens again.
    #[must_use]
    pub fn dismiss_fault(&mut self) -> Option<Command> {
        self.fault.take().map(|fault| Command::DismissFault(fault.sentence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{PixelFormat, Size};
    use crate::retouch::Retouch;
    use crate::save::Save;
    use crate::source::KnobSettings;

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
            viewing: Viewing::default(),
            picture: Retouch::default(),
            controls: KnobSettings::default(),
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
        Fault { sentence: "The camera was unplugged. Plug it in again.".to_owned() }
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
    fn a_broadcast_that_was_asked_for_after_a_stop_is_shown_even_if_the_end_was_never_told() {
        let mut state = state(Some(Audience::ThisComputer), LIVE);
        state.sent(&Command::Stop);
        state.sent(&Command::GoLive);
        state.apply(Event::OnAir(LIVE));
        assert_eq!(state.on_air, LIVE);
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
    fn what_can_be_set_is_of_the_camera_that_is_open() {
        let mut state = state(None, OnAir::NotLive);
        let kind = crate::source::KnobKind::Switch;
        let knob =
            Knob { name: "focus_auto".to_owned(), label: "Focus, Auto".to_owned(), kind, value: 1, default: 1, inactive: false };
        state.apply(Event::Knobs(SourceSpec::FirstCamera, vec![knob]));
        assert!(state.open_knobs().is_empty(), "none is open");
        state.apply(Event::SourceOpen(mode()));
        assert_eq!(state.open_knobs().len(), 1);
        state.apply(Event::SourceOpen(Mode { spec: SourceSpec::TestPattern, ..mode() }));
        assert!(state.open_knobs().is_empty(), "another one is");
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
