//! The numbers of the moment, and what the disk does not do: told when they are news.

use super::Studio;
use crate::state::Event;
use crate::studio::faults::About;

impl Studio {
    pub(super) fn tell_numbers(&mut self) {
        let on_air = self.live_since.map(|_| (self.choices.channel.as_str(), self.crowd.unsaved()));
        let numbers = self.meter.read(&self.pipeline, self.served.as_ref(), on_air);
        if numbers != self.meter.told {
            self.meter.told = numbers;
            self.outbox.send(Event::Numbers(numbers));
        }
        match self.meter.disk_fault(self.served.as_ref()) {
            Some(Some(fault)) => self.faults.tell(About::Disk, fault),
            Some(None) => self.faults.clear(About::Disk),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{studio, wait_until};
    use super::*;
    use crate::save::Save;
    use crate::state::Command;

    #[test]
    fn the_disk_s_failure_is_told_while_it_lasts() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.serve().unwrap();
        let live = data.path().join("live");
        std::fs::remove_dir(&live).unwrap();
        std::fs::write(&live, "in the way").unwrap();
        studio.carry_out(Command::SetSave(Save::Every), permit);
        studio.carry_out(Command::GoLive, permit);
        let fails = |studio: &Studio| {
            let store = studio.served.as_ref().unwrap().server.broadcasts().store().stats();
            store.disk_fault.is_some()
        };
        let fault = |event| if let Event::Fault(fault) = event { Some(fault) } else { None };
        wait_until("the disk does not fail", || fails(&studio));
        studio.tell_numbers();
        let told = events.try_iter().filter_map(fault).last().flatten().unwrap();
        assert!(told.sentence.contains("can't be saved"), "{told:?}");
        studio.tell_numbers();
        assert_eq!(events.try_iter().find_map(fault), None, "it was told");
        std::fs::remove_file(&live).unwrap();
        std::fs::create_dir(&live).unwrap();
        wait_until("the disk is not well again", || !fails(&studio));
        studio.tell_numbers();
        assert_eq!(events.try_iter().find_map(fault), Some(None));
    }
}
