//! What the window shows ([`State`]), what happened ([`Event`]) and what the person wants ([`Command`]). Pure: no thread, no
//! socket, no camera and no egui; the studio does the work, and the window draws.

mod choices;
mod command;
mod event;
mod guards;
mod question;
mod receipt;
mod viewing;

pub use self::choices::{Audience, Choices};
pub use self::command::{Command, DisplaysCommand, ReceiptCommand, ViewersCommand};
pub use self::event::{Address, Awake, CameraChoice, Entry, Event, Fault, Numbers, OnAir, Sharing, Viewers};
pub use self::guards::{Guarded, Guards};
pub use self::question::{Answer, Question};
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
    /// Those that went dark, by name, until the person has read it.
    pub dark: Vec<String>,
    /// What viewers have of the network.
    pub sharing: Sharing,
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
            dark: Vec::new(),
            sharing: Sharing::default(),
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
            Event::Choices(choices) => self.apply_choices(*choices),
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
            Event::Displays(displays) => self.apply_displays(displays),
            Event::Dark(names) => self.apply_dark(names),
            Event::Sharing(sharing) => self.sharing = sharing,
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

    /// A display that is back, or forgotten, is no more told of.
    fn apply_displays(&mut self, displays: Vec<Display>) {
        self.displays = displays;
        let displays = &self.displays;
        self.dark.retain(|name| displays.iter().any(|display| display.dark && display.name == *name));
    }

    fn apply_dark(&mut self, names: Vec<String>) {
        self.dark.retain(|told| !names.contains(told));
        self.dark.extend(names);
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

    /// Takes the last success away; the person has read it.
    pub fn dismiss_notice(&mut self) {
        self.notice = None;
    }

    /// Takes away that displays are dark; the person has read it.
    pub fn dismiss_dark(&mut self) {
        self.dark.clear();
    }

    /// Takes away what is wrong; the person has read it, which is to be said to the studio. It comes back if it happens again.
    #[must_use]
    pub fn dismiss_fault(&mut self) -> Option<Command> {
        self.fault.take().map(|fault| Command::DismissFault(fault.sentence))
    }
}

#[cfg(test)]
mod tests;
