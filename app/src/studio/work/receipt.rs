//! What a broadcast was, told after its end, and what becomes of what was saved.

use std::path::Path;

use cometcam_server::frames::Keep;
use cometcam_server::now_ms;

use super::Studio;
use crate::state::{Event, Fate, ReceiptCommand};
use crate::studio::crowd::Told;
use crate::studio::faults::About;

impl Studio {
    /// What becomes of what the next broadcast saves: it stays, or the person is asked after the end.
    pub(super) fn keep(&self) -> Keep {
        if self.choices.keep { Keep::Yes } else { Keep::Undecided }
    }

    /// Tells what the broadcast was that ended.
    pub(super) fn end_receipt(&mut self, since_ms: u64) {
        if let Some(viewers) = self.viewers() {
            // Those who came since the last look.
            self.crowd.count(&viewers.list);
        }
        let Some(served) = &self.served else { return };
        let channel = self.choices.channel.clone();
        let published = self.meter.read(&self.pipeline, Some(served), Some((&channel, 0))).published;
        let fate = if self.choices.keep { Fate::Kept } else { Fate::Asked };
        let folder = served.server.broadcasts().store().kept_folder(&channel);
        let receipt = self.crowd.receipt(now_ms().saturating_sub(since_ms), published, folder, fate);
        self.tell_receipt(Some(Told { channel, receipt }));
    }

    /// What was being written at the end is counted a moment later.
    pub(super) fn follow_receipt(&mut self) {
        let saved = self.crowd.saved();
        if let Some(Told { receipt, .. }) = self.crowd.receipt.as_mut().filter(|told| told.receipt.saved < saved) {
            receipt.saved = saved;
            self.outbox.send(Event::Receipt(Some(receipt.clone())));
        }
    }

    pub(super) fn do_with_receipt(&mut self, command: ReceiptCommand) {
        let Some(Told { channel, mut receipt }) = self.crowd.receipt.take() else { return };
        match command {
            ReceiptCommand::OpenFolder => {
                self.open_folder(&receipt.folder);
                self.crowd.receipt = Some(Told { channel, receipt });
            }
            ReceiptCommand::Keep => {
                let kept = self.served.as_ref().is_some_and(|served| served.server.broadcasts().store().keep_ended(&channel));
                receipt.fate = Fate::Kept;
                self.tell_receipt(kept.then_some(Told { channel, receipt }));
                if !kept {
                    let gone = "What was saved is gone: another program broadcasts on this channel since.";
                    self.faults.tell(About::Past, gone.to_owned());
                }
            }
            ReceiptCommand::Remove | ReceiptCommand::Close => {
                self.remove_undecided(&channel);
                self.tell_receipt(None);
                if command == ReceiptCommand::Remove {
                    self.outbox.send(Event::Notice("What was saved is removed.".to_owned()));
                }
            }
        }
    }

    /// Nobody answered in time: what was saved goes.
    pub(super) fn close_receipt(&mut self) {
        if let Some(Told { channel, .. }) = self.crowd.receipt.take() {
            self.remove_undecided(&channel);
            self.outbox.send(Event::Receipt(None));
        }
    }

    fn remove_undecided(&self, channel: &str) {
        if let Some(served) = &self.served {
            served.server.broadcasts().store().remove_ended(channel);
        }
    }

    fn tell_receipt(&mut self, told: Option<Told>) {
        self.outbox.send(Event::Receipt(told.as_ref().map(|told| told.receipt.clone())));
        self.crowd.receipt = told;
    }

    /// The window may have forgotten it.
    pub(super) fn tell_receipt_again(&self) {
        self.outbox.send(Event::Receipt(self.crowd.receipt.as_ref().map(|told| told.receipt.clone())));
    }

    fn open_folder(&mut self, folder: &Path) {
        if let Err(error) = self.opened.show(folder.as_os_str()) {
            tracing::info!("{} can't be shown: {error}", folder.display());
            self.tell_not_shown(&folder.display().to_string());
        }
    }

    /// What was to show something may say a moment later that it can't.
    pub(super) fn notice_opened(&mut self) {
        for what in self.opened.failed() {
            self.tell_not_shown(&what);
        }
    }

    fn tell_not_shown(&self, what: &str) {
        self.outbox.send(Event::Notice(format!("No program shows the folder here. It is {what}.")));
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{studio, wait_until};
    use super::*;
    use crate::save::Save;
    use crate::state::{Command, Receipt};

    /// How many pictures lie in a tree of the data folder.
    fn pictures(folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| if entry.path().is_dir() { pictures(&entry.path()) } else { 1 }).sum()
    }

    /// Goes live until a picture is saved, and stops; what is told then.
    fn broadcast(studio: &mut Studio, events: &crate::outbox::Events) -> Receipt {
        let permit = studio.pipeline.shared().air().permit();
        studio.carry_out(Command::SetSave(Save::Every), permit);
        studio.carry_out(Command::GoLive, permit);
        wait_until("no picture was saved", || studio.crowd.saved() > 0);
        drop(studio.commands.try_send(Command::Stop));
        studio.notice_end();
        let told = events.try_iter().filter_map(|event| if let Event::Receipt(told) = event { Some(told) } else { None });
        told.last().flatten().expect("a receipt")
    }

    #[test]
    fn an_answer_decides_what_becomes_of_what_was_saved() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let [live, kept] = ["live", "frames"].map(|tree| data.path().join(tree));
        for answer in [ReceiptCommand::Remove, ReceiptCommand::Keep, ReceiptCommand::Close] {
            let receipt = broadcast(&mut studio, &events);
            assert!(receipt.fate == Fate::Asked && receipt.saved >= 1 && receipt.published >= receipt.saved, "{receipt:?}");
            assert_eq!(receipt.folder, kept.join("front"));
            assert!(pictures(&live) >= 1, "it waits for the answer");
            let before = pictures(&kept);
            let permit = studio.pipeline.shared().air().permit();
            studio.carry_out(Command::Receipt(answer), permit);
            wait_until("it still waits", || pictures(&live) == 0);
            assert_eq!(pictures(&kept) > before, answer == ReceiptCommand::Keep, "{answer:?}");
            let told: Vec<_> = events.try_iter().collect();
            let is_kept = |event: &Event| matches!(event, Event::Receipt(Some(Receipt { fate: Fate::Kept, .. })));
            assert_eq!(told.iter().any(is_kept), answer == ReceiptCommand::Keep);
            assert_eq!(told.contains(&Event::Receipt(None)), answer != ReceiptCommand::Keep);
        }
    }

    #[test]
    fn going_live_again_and_another_folder_are_no_answer_and_remove_it() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let live = data.path().join("live");
        for next in [Command::SetChannel("yard".to_owned()), Command::SetData(data.path().join("other"))] {
            broadcast(&mut studio, &events);
            assert!(pictures(&live) >= 1);
            let permit = studio.pipeline.shared().air().permit();
            studio.carry_out(next, permit);
            studio.carry_out(Command::SetSave(Save::Off), permit);
            studio.carry_out(Command::GoLive, permit);
            wait_until("it still waits", || pictures(&live) == 0);
            assert!(events.try_iter().any(|event| event == Event::Receipt(None)));
            drop(studio.commands.try_send(Command::Stop));
            studio.notice_end();
        }
        assert_eq!(pictures(&data.path().join("frames")), 0);
    }

    #[test]
    fn what_was_to_be_kept_from_the_beginning_is_not_asked_about() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.carry_out(Command::SetKeep(true), permit);
        let receipt = broadcast(&mut studio, &events);
        assert_eq!((receipt.fate, pictures(&data.path().join("live"))), (Fate::Kept, 0));
    }

    #[test]
    fn what_others_publish_meanwhile_is_not_of_the_broadcast() {
        use cometcam_server::broadcast::NewPicture;
        use cometcam_server::frames::{PictureType, Probe, ToDisk};
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.carry_out(Command::SetSave(Save::Off), permit);
        studio.carry_out(Command::GoLive, permit);
        let broadcasts = studio.served.as_ref().unwrap().server.broadcasts().clone();
        let other = broadcasts.begin("yard", Keep::Yes).unwrap();
        let probe = Probe { kind: PictureType::Jpeg, width: 1, height: 1 };
        let captured = std::time::Instant::now();
        let picture = NewPicture { bytes: vec![1].into(), probe, captured, interval: None, to_disk: ToDisk::Yes };
        other.publish(picture).unwrap();
        wait_until("it was not saved", || broadcasts.store().stats().saved == 1);
        drop(studio.commands.try_send(Command::Stop));
        studio.notice_end();
        studio.follow_receipt();
        let told = events.try_iter().filter_map(|event| if let Event::Receipt(told) = event { Some(told) } else { None });
        assert_eq!(told.last().flatten().unwrap().saved, 0);
    }

    #[test]
    fn what_waits_for_an_answer_is_there_until_the_next_broadcast_or_folder_is() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        broadcast(&mut studio, &events);
        let permit = studio.pipeline.shared().air().permit();
        let taken = studio.served.as_ref().unwrap().server.broadcasts().begin("yard", Keep::No).unwrap();
        studio.carry_out(Command::SetChannel("yard".to_owned()), permit);
        studio.carry_out(Command::GoLive, permit);
        assert!(!studio.pipeline.shared().air().is_on(), "another one is live there");
        let file = data.path().join("config.yaml");
        studio.carry_out(Command::SetData(file), permit);
        studio.carry_out(Command::SetData(data.path().join(".")), permit);
        let told: Vec<_> = events.try_iter().filter(|event| matches!(event, Event::Receipt(_) | Event::OnAir(_))).collect();
        let is_asked = |event: &Event| matches!(event, Event::Receipt(Some(Receipt { fate: Fate::Asked, .. })));
        assert!(told.last().is_some_and(is_asked), "the window asks on: {told:?}");
        studio.carry_out(Command::Receipt(ReceiptCommand::Keep), permit);
        wait_until("it is not kept", || pictures(&data.path().join("frames/front")) > 0);
        drop(taken);
    }
}
