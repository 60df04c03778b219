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
        guards: Guards::default(),
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
    state.apply(Event::Choices(Box::new(Choices { source: SourceSpec::TestPattern, ..state.choices.clone() })));
    assert_eq!((state.mode, state.source_fault), (None, None));
}

#[test]
fn another_choice_leaves_the_source_as_it_is() {
    let mut state = state(None, OnAir::NotLive);
    state.apply(Event::SourceOpen(mode()));
    state.apply(Event::Choices(Box::new(Choices { channel: "yard".to_owned(), ..state.choices.clone() })));
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

#[test]
fn a_display_that_is_back_or_forgotten_is_no_more_said_to_be_dark() {
    let display = |name: &str, dark| Display {
        name: name.to_owned(),
        address: None,
        channels: Vec::new(),
        shows: None,
        last_ms: 0,
        dark,
        version: None,
        uptime_s: None,
        wake: None,
        device: String::new(),
    };
    let mut state = state(None, OnAir::NotLive);
    state.apply(Event::Displays(["Lobby", "Yard", "Hall"].map(|name| display(name, true)).into()));
    state.apply(Event::Dark(vec!["Lobby".to_owned(), "Yard".to_owned()]));
    state.apply(Event::Dark(vec!["Yard".to_owned(), "Hall".to_owned()]));
    assert_eq!(state.dark, ["Lobby", "Yard", "Hall"]);
    state.apply(Event::Displays(vec![display("Lobby", false), display("Yard", true)]));
    assert_eq!(state.dark, ["Yard"]);
    state.dismiss_dark();
    state.apply(Event::Displays(vec![display("Yard", true)]));
    assert_eq!(state.dark, Vec::<String>::new(), "it was read");
}
