use bytes::Bytes;

use super::super::Keep;
use super::super::id::FrameId;
use super::super::picture::PictureType;
use super::*;

const LIMITS: ArchiveLimits = ArchiveLimits { keep: u64::MAX, at_most: u64::MAX, leave_free: 0 };

/// A writer whose thread never comes to anything.
fn nobody() -> Writer {
    Writer { desk: Arc::default(), thread: Mutex::default() }
}

fn unwritten(seq: u64, size: usize) -> Unwritten {
    let id = FrameId { captured_at: 1_000, seq };
    let picture = Picture { id, kind: PictureType::Jpeg, bytes: Bytes::from(vec![0; size]), interval: None };
    Unwritten { name: Arc::new(FolderName::of("front")), saving: saving(Keep::Yes), picture }
}

fn saving(keep: Keep) -> Arc<Saving> {
    Arc::new(Saving::new(keep, Arc::default()))
}

#[test]
fn what_is_too_old_is_looked_for_in_time_whatever_else_is_to_be_done() {
    let desk = Desk::default();
    lock(&desk.queue).unwritten.push_back(unwritten(1, 0));
    let long_ago = Instant::now().checked_sub(Desk::EXPIRE).unwrap();
    assert!(matches!(desk.wait(Some(Work::Remove), long_ago), Some(Work::Expire)));
    assert!(matches!(desk.wait(Some(Work::Remove), Instant::now()), Some(Work::Save(_))));
    assert!(matches!(desk.wait(Some(Work::Remove), Instant::now()), Some(Work::Remove)));
}

#[test]
fn an_overload_is_counted_and_told_for_a_while_but_not_when_nothing_is_live() {
    let writer = nobody();
    writer.on_air();
    writer.save(unwritten(1, Writer::QUEUE));
    assert_eq!(writer.stats(), StoreStats::default());
    writer.save(unwritten(2, 1));
    let stats = writer.stats();
    assert!(stats.unsaved == 1 && stats.disk_fault.as_ref().unwrap().contains("too slow"), "{stats:?}");
    writer.desk.note(Task::Write, Ok(()), "Pictures can't be saved");
    assert_eq!(writer.stats(), stats, "one that is saved does not mend it");
    writer.off_air();
    assert_eq!(writer.stats().disk_fault, None);
}

#[test]
fn that_pictures_cant_be_saved_is_told_until_one_is_or_nothing_is_live() {
    let writer = nobody();
    let full = || writer.desk.note(Task::Write, Err(&io::ErrorKind::StorageFull.into()), "Pictures can't be saved");
    writer.on_air();
    full();
    assert!(writer.stats().disk_fault.unwrap().contains("full"));
    writer.desk.note(Task::Write, Ok(()), "Pictures can't be saved");
    assert_eq!(writer.stats().disk_fault, None);
    full();
    writer.off_air();
    assert_eq!(writer.stats().disk_fault, None);
    full();
    assert_eq!(writer.stats().disk_fault, None, "what was still on its way");
}

#[test]
fn that_a_broadcast_cant_be_removed_is_told_until_it_is() {
    let data = tempfile::tempdir().unwrap();
    Archive::clean(data.path()).unwrap();
    let (desk, mut archive) = (Desk::default(), Archive::scan(data.path(), LIMITS, &false.into()));
    let over = Unwritten { saving: saving(Keep::No), ..unwritten(1, 1) };
    desk.carry_out(&mut archive, Work::Save(over.clone()));
    std::fs::remove_dir(data.path().join("tmp")).unwrap();
    let is_told = || lock(&desk.queue).faults.contains_key(&Task::Remove);
    desk.carry_out(&mut archive, Work::Chore(Chore::Discard(over.name)));
    assert!(is_told());
    desk.carry_out(&mut archive, Work::Expire);
    assert!(is_told(), "also a minute later");
    std::fs::create_dir(data.path().join("tmp")).unwrap();
    desk.carry_out(&mut archive, Work::Expire);
    while archive.has_leaving() {
        desk.carry_out(&mut archive, Work::Remove);
    }
    assert!(!is_told() && std::fs::read_dir(data.path().join("live")).unwrap().next().is_none());
}

#[test]
fn a_thread_that_died_is_told() {
    let writer = nobody();
    let ending = Ending { desk: writer.desk.clone(), lock: None };
    let died = thread::spawn(move || {
        let _told = ending;
        panic!("as a fault of ours would");
    });
    assert!(died.join().is_err());
    assert!(writer.stats().disk_fault.unwrap().contains("anew"));
}

#[test]
fn an_orderly_end_removes_what_is_not_kept() {
    let data = tempfile::tempdir().unwrap();
    Archive::clean(data.path()).unwrap();
    let writer = Writer::start(data.path(), LIMITS, Arc::new(tempfile::tempfile().unwrap())).unwrap();
    let of_one = saving(Keep::No);
    for seq in 0..200 {
        writer.save(Unwritten { saving: of_one.clone(), ..unwritten(seq, 1) });
    }
    while writer.stats().saved < 200 {
        thread::yield_now();
    }
    assert_eq!((of_one.saved(), of_one.unsaved()), (200, 0));
    writer.chore(Chore::Discard(Arc::new(FolderName::of("front"))));
    writer.close(Instant::now() + Duration::from_secs(60));
    for folder in ["live", "tmp"] {
        assert_eq!(std::fs::read_dir(data.path().join(folder)).unwrap().count(), 0, "{folder}");
    }
}

#[test]
fn a_disk_that_hangs_is_waited_for_once() {
    let (answer, hanging) = std::sync::mpsc::channel::<()>();
    let thread = thread::spawn(move || assert!(hanging.recv().is_err()));
    let writer = Writer { thread: Mutex::new(Some(thread)), ..nobody() };
    let begun = Instant::now();
    writer.close(begun);
    writer.close(begun + Duration::from_secs(600));
    assert!(begun.elapsed() < Duration::from_secs(300));
    drop(answer);
}

#[test]
fn a_broadcast_that_is_to_be_kept_is_so_also_behind_others_of_its_channel() {
    let writer = nobody();
    let front = Arc::new(FolderName::of("front"));
    let [keep, discard] =
        [|name: &Arc<FolderName>| Chore::Keep(name.clone()), |name: &Arc<FolderName>| Chore::Discard(name.clone())];
    for chore in [keep(&front), keep(&front), discard(&front), discard(&front), keep(&front)] {
        writer.chore(chore);
    }
    let waiting: Vec<_> = lock(&writer.desk.queue).chores.iter().map(|chore| matches!(chore, Chore::Keep(_))).collect();
    assert_eq!(waiting, [true, false, true]);
}

#[test]
fn a_picture_that_waits_for_the_disk_at_the_end_is_written_if_it_may_be_kept() {
    let data = tempfile::tempdir().unwrap();
    Archive::clean(data.path()).unwrap();
    let (desk, mut archive) = (Desk::default(), Archive::scan(data.path(), LIMITS, &false.into()));
    let broadcasts = [Keep::No, Keep::Undecided, Keep::Yes].map(saving);
    for (seq, saving) in (1..).zip(&broadcasts) {
        saving.interval().end();
        desk.carry_out(&mut archive, Work::Save(Unwritten { saving: saving.clone(), ..unwritten(seq, 1) }));
    }
    assert_eq!(broadcasts.map(|saving| saving.saved()), [0, 1, 1]);
    let removed = saving(Keep::Undecided);
    removed.interval().end();
    removed.decide(Keep::No);
    desk.carry_out(&mut archive, Work::Save(Unwritten { saving: removed.clone(), ..unwritten(4, 1) }));
    assert_eq!(removed.saved(), 0, "it was said meanwhile");
}

#[test]
fn what_is_to_be_saved_comes_between_what_is_moved() {
    let data = tempfile::tempdir().unwrap();
    Archive::clean(data.path()).unwrap();
    let (desk, mut archive) = (Desk::default(), Archive::scan(data.path(), LIMITS, &false.into()));
    let undecided = saving(Keep::Undecided);
    for seq in 0..100 {
        desk.carry_out(&mut archive, Work::Save(Unwritten { saving: undecided.clone(), ..unwritten(seq, 1) }));
    }
    desk.carry_out(&mut archive, Work::Chore(Chore::Keep(Arc::new(FolderName::of("front")))));
    let mut saved_between = 0;
    while archive.has_keeping() {
        lock(&desk.queue).unwritten.push_back(Unwritten { name: Arc::new(FolderName::of("yard")), ..unwritten(500, 0) });
        for expected in ["Save", "Keep"] {
            let work = desk.wait(Desk::leisure(&archive), Instant::now()).unwrap();
            assert!(format!("{work:?}").starts_with(expected), "{work:?}");
            desk.carry_out(&mut archive, work);
        }
        saved_between += 1;
    }
    assert!(saved_between > 5, "{saved_between}");
    assert_eq!(std::fs::read_dir(data.path().join("live")).unwrap().count(), 0);
}
