//! What viewers are asked for: on the window's channel, and on those that it left.

use cometcam_server::access::Pairing;

use super::Studio;
use crate::state::{Guard, Guarded};
use crate::studio::guard::protect;

impl Studio {
    /// Has it ask viewers for what was chosen of this channel, and of those that the window left: there may be kept pictures of them.
    pub(super) fn heed_guards(&self) {
        let Some(served) = &self.served else { return };
        let access = served.server.access();
        for (channel, guarded) in self.choices.guards.iter() {
            protect(access, channel, guarded);
        }
        protect(access, &self.choices.channel, &Guarded::of(&self.choices.viewing));
    }

    /// A code is there from the beginning, if one is needed. One that somebody else has asked for is as good.
    pub(super) fn begin_pairing(&mut self) {
        let Some(served) = self.served.as_ref().filter(|_| self.choices.viewing.guard == Guard::Code) else { return };
        if !matches!(served.server.access().pairing(), Pairing::Open(_)) {
            self.crowd.code = Some(served.server.access().pair());
        }
    }

    /// The window's code is void. One that somebody else has asked for since stays: it may be meant for another channel.
    pub(super) fn end_pairing(&mut self) {
        let Some(access) = self.served.as_ref().map(|served| served.server.access()) else { return };
        if let Some(own) = self.crowd.code.take()
            && access.pairing() == Pairing::Open(own)
        {
            access.stop_pairing();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::studio;
    use super::*;
    use crate::state::{Command, Event, Fault, Guards, ViewersCommand, ViewingChange, WatchPassword};

    fn choose(change: ViewingChange) -> Command {
        Command::Viewers(ViewersCommand::Choose(change))
    }

    fn is_protected(studio: &Studio, channel: &str) -> bool {
        studio.served.as_ref().unwrap().server.access().is_protected(channel)
    }

    #[test]
    fn a_guard_holds_for_the_window_s_channel_from_its_choice_on_over_another_channel_and_folder() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, _events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.serve().unwrap();
        assert!(!is_protected(&studio, "front"));
        for guard in [Guard::Password, Guard::Code] {
            studio.carry_out(choose(ViewingChange::Guard(guard)), permit);
            assert!(is_protected(&studio, "front"), "{guard:?}, even before there is a password");
        }
        studio.carry_out(Command::SetChannel("yard".to_owned()), permit);
        assert!(is_protected(&studio, "yard") && is_protected(&studio, "front"), "there may be kept pictures of both");
        studio.carry_out(Command::SetData(data.path().join("other")), permit);
        assert!(is_protected(&studio, "yard") && is_protected(&studio, "front"), "of another server");
        studio.carry_out(choose(ViewingChange::Guard(Guard::Anyone)), permit);
        assert!(!is_protected(&studio, "yard") && is_protected(&studio, "front"));
    }

    #[test]
    fn what_guards_a_channel_holds_there_again_when_the_window_comes_back_and_at_the_next_start() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, _events) = studio(&data);
        let file = data.path().join("config.yaml");
        studio.settings_file = Some(file.clone());
        let permit = studio.pipeline.shared().air().permit();
        studio.serve().unwrap();
        let password = WatchPassword::new("hunter2").unwrap();
        studio.carry_out(choose(ViewingChange::Guard(Guard::Password)), permit);
        studio.carry_out(choose(ViewingChange::Password(password.clone())), permit);
        studio.carry_out(Command::SetChannel("yard".to_owned()), permit);
        assert_eq!(studio.choices.viewing.guard, Guard::Password, "nobody gets in by a new name");
        studio.carry_out(choose(ViewingChange::Guard(Guard::Code)), permit);
        studio.carry_out(Command::SetChannel("hall".to_owned()), permit);
        studio.carry_out(choose(ViewingChange::Guard(Guard::Anyone)), permit);
        let window = crate::settings::Settings::read(Some(&file)).unwrap().window;
        let remembered: Vec<_> = window.guards.iter().map(|(channel, guarded)| (channel, guarded.guard)).collect();
        assert_eq!(remembered, [("front", Guard::Password), ("yard", Guard::Code)]);
        let access = cometcam_server::server::Server::open;
        let other = tempfile::tempdir().unwrap();
        let options = cometcam_server::server::Options { data: Some(other.path().to_owned()), ..Default::default() };
        let entered = studio.runtime.handle().clone();
        let _entered = entered.enter();
        let next = access(options, None).unwrap();
        crate::studio::protect_all(next.access(), &window, ["hall"]);
        assert_eq!(["front", "yard", "hall"].map(|channel| next.access().is_protected(channel)), [true, true, false]);
        studio.carry_out(Command::SetChannel("front".to_owned()), permit);
        assert_eq!((studio.choices.viewing.guard, &studio.choices.viewing.password), (Guard::Password, &Some(password)));
        assert_eq!(["front", "yard", "hall"].map(|channel| is_protected(&studio, channel)), [true, true, false]);
    }

    #[test]
    fn a_guard_that_could_not_be_remembered_is_not_left_behind() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.carry_out(choose(ViewingChange::Guard(Guard::Code)), permit);
        for number in 0..Guards::MOST {
            studio.carry_out(Command::SetChannel(number.to_string()), permit);
        }
        studio.carry_out(Command::SetChannel("one more".to_owned()), permit);
        assert_eq!(studio.choices.channel, (Guards::MOST - 1).to_string());
        let fault = |event| if let Event::Fault(Some(Fault { sentence })) = event { Some(sentence) } else { None };
        assert!(events.try_iter().filter_map(fault).any(|sentence| sentence.contains("100 other channels")));
        studio.carry_out(Command::SetChannel("7".to_owned()), permit);
        assert_eq!(studio.choices.channel, "7", "one of those that are remembered");
        studio.carry_out(Command::GoLive, permit);
        assert!(studio.pipeline.shared().air().is_on());
    }

    #[test]
    fn a_channel_of_the_command_line_has_its_guard_for_itself() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, _events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        let guarded = |choices: &crate::state::Choices| {
            let guards = choices.guards.iter().map(|(channel, guarded)| (channel.to_owned(), guarded.guard));
            (choices.viewing.guard, guards.collect::<Vec<_>>())
        };
        studio.carry_out(choose(ViewingChange::Guard(Guard::Code)), permit);
        studio.choices.go_to("yard");
        studio.carry_out(Command::GoLive, permit);
        drop(studio.commands.try_send(Command::Stop));
        studio.notice_end();
        assert_eq!(guarded(&studio.lasting), (Guard::Code, vec![("yard".to_owned(), Guard::Code)]), "it may have kept pictures");
        studio.carry_out(choose(ViewingChange::Guard(Guard::Anyone)), permit);
        assert_eq!(guarded(&studio.lasting), (Guard::Code, Vec::new()), "that of the remembered channel stays");
        assert_eq!(["front", "yard"].map(|channel| is_protected(&studio, channel)), [true, false]);
    }

    #[test]
    fn a_code_of_somebody_else_outlives_the_window_s_choices_and_broadcast() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, _events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.serve().unwrap();
        let others = studio.served.as_ref().unwrap().server.access().pair();
        for guard in [Guard::Code, Guard::Anyone] {
            studio.carry_out(choose(ViewingChange::Guard(guard)), permit);
            let permit = studio.pipeline.shared().air().permit();
            studio.carry_out(Command::GoLive, permit);
            drop(studio.commands.try_send(Command::Stop));
            studio.notice_end();
            let now = studio.served.as_ref().unwrap().server.access().pairing();
            assert_eq!(now, Pairing::Open(others.clone()), "{guard:?}");
        }
    }

    #[test]
    fn nobody_goes_live_without_the_password_that_was_asked_for() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.carry_out(choose(ViewingChange::Guard(Guard::Password)), permit);
        studio.carry_out(Command::GoLive, permit);
        assert!(!studio.pipeline.shared().air().is_on());
        let fault = |event| if let Event::Fault(Some(Fault { sentence })) = event { Some(sentence) } else { None };
        assert!(events.try_iter().filter_map(fault).any(|sentence| sentence.contains("Type one")));
        studio.carry_out(choose(ViewingChange::Password(WatchPassword::new("hunter2").unwrap())), permit);
        studio.carry_out(Command::GoLive, permit);
        assert!(studio.pipeline.shared().air().is_on());
        studio.carry_out(choose(ViewingChange::Guard(Guard::Anyone)), permit);
        assert!(is_protected(&studio, "front"), "not while live");
    }

    #[test]
    fn a_code_is_there_while_live_and_another_one_at_a_press() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, _events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        let pairing = |studio: &Studio| studio.served.as_ref().unwrap().server.access().pairing();
        studio.carry_out(choose(ViewingChange::Guard(Guard::Code)), permit);
        studio.carry_out(Command::GoLive, permit);
        let first = pairing(&studio);
        assert!(matches!(first, Pairing::Open(_)), "{first:?}");
        studio.carry_out(Command::Viewers(ViewersCommand::NewCode), permit);
        assert_ne!(pairing(&studio), first);
        drop(studio.commands.try_send(Command::Stop));
        studio.notice_end();
        assert_eq!(pairing(&studio), Pairing::Off);
    }
}
