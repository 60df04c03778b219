use std::sync::atomic::AtomicBool;

use super::super::tree::{entries, subfolders};
use super::*;

const LIMITS: ArchiveLimits = ArchiveLimits { keep: 60_000, at_most: 100, leave_free: 0 };

fn id(captured_at: Millis, seq: u64) -> FrameId {
    FrameId { captured_at, seq }
}

fn patient() -> AtomicBool {
    AtomicBool::new(false)
}

fn opened(limits: ArchiveLimits) -> (tempfile::TempDir, Archive) {
    let data = tempfile::tempdir().unwrap();
    Archive::clean(data.path()).unwrap();
    let archive = Archive::scan(data.path(), limits, &patient());
    (data, archive)
}

fn save(archive: &mut Archive, tree: Tree, id: FrameId, bytes: &[u8]) -> io::Result<()> {
    archive.save(tree, &FolderName::of("front"), id, PictureType::Jpeg, bytes, id.captured_at)
}

/// All that is done between other work.
fn finish(archive: &mut Archive) {
    while archive.has_keeping() {
        archive.keep_some();
    }
    while archive.remove_some() {}
}

fn on_disk(archive: &Archive, tree: Tree, id: FrameId) -> bool {
    picture_path(&archive.data, tree, "front", id, PictureType::Jpeg).exists()
}

#[test]
fn the_oldest_make_place_by_bytes_and_by_age_and_empty_folders_go() {
    let (_data, mut archive) = opened(LIMITS);
    let (first, second, third) = (id(1_000, 1), id(2_000, 2), id(3_000, 3));
    save(&mut archive, Tree::Kept, first, &[1; 50]).unwrap();
    save(&mut archive, Tree::Live, second, &[2; 50]).unwrap();
    save(&mut archive, Tree::Kept, third, &[3; 40]).unwrap();
    assert_eq!(
        [on_disk(&archive, Tree::Kept, first), on_disk(&archive, Tree::Live, second), on_disk(&archive, Tree::Kept, third)],
        [false, true, true]
    );
    archive.expire(3_000 + 60_001);
    assert_eq!((archive.bytes, archive.files.len()), (0, 0));
    assert!(subfolders(&archive.data.join("frames/front")).is_empty());
}

#[test]
fn what_no_bound_leaves_place_for_is_refused() {
    let (_data, mut archive) = opened(LIMITS);
    assert_eq!(save(&mut archive, Tree::Kept, id(1, 1), &[1; 101]).unwrap_err().kind(), io::ErrorKind::StorageFull);
}

#[test]
fn a_start_finds_what_was_kept_and_clears_what_was_not() {
    let (data, mut archive) = opened(LIMITS);
    save(&mut archive, Tree::Kept, id(1_000, 1), &[1; 30]).unwrap();
    save(&mut archive, Tree::Live, id(1_000, 2), &[1; 30]).unwrap();
    fs::write(data.path().join("tmp/1000-000003.part"), b"half").unwrap();
    fs::create_dir_all(data.path().join("live/mine/2026-11-22")).unwrap();
    fs::write(data.path().join("live/mine/2026-11-22/holiday.jpg"), b"not ours").unwrap();
    fs::write(data.path().join("live/mine/thesis.txt"), b"not ours").unwrap();
    fs::write(data.path().join("tmp/precious.part"), b"not ours").unwrap();
    fs::write(data.path().join("frames/front/my notes.txt"), b"not ours").unwrap();
    Archive::clean(data.path()).unwrap();
    let mut archive = Archive::scan(data.path(), LIMITS, &patient());
    while archive.remove_some() {}
    assert_eq!((archive.bytes, archive.files.len()), (30, 1));
    assert_eq!(entries(&data.path().join("tmp")), [data.path().join("tmp/precious.part")]);
    assert_eq!(entries(&data.path().join("live")), [data.path().join("live/mine")]);
    assert!(data.path().join("live/mine/thesis.txt").exists());
    assert!(data.path().join("live/mine/2026-11-22/holiday.jpg").exists());
    assert!(data.path().join("frames/front/my notes.txt").exists());
}

#[test]
fn a_discarded_broadcast_is_away_at_once_and_by_and_by_leaves_nothing() {
    let (data, mut archive) = opened(ArchiveLimits { at_most: 1000, ..LIMITS });
    let ids: Vec<_> = (0..100).map(|seq| id(1_000, seq)).collect();
    for id in &ids {
        save(&mut archive, Tree::Live, *id, &[1; 5]).unwrap();
    }
    archive.discard_live("front");
    assert!(entries(&data.path().join("live")).is_empty());
    let next = id(2_000, 100);
    save(&mut archive, Tree::Live, next, &[1; 5]).unwrap();
    assert_eq!(archive.bytes, 505, "what still takes space is counted");
    archive.discard_live("other");
    while archive.remove_some() {}
    assert_eq!((archive.bytes, archive.files.len()), (5, 1));
    assert!(entries(&data.path().join("tmp")).is_empty());
    assert!(on_disk(&archive, Tree::Live, next));
}

#[test]
fn what_goes_anyway_makes_place_before_what_was_to_stay() {
    let (_data, mut archive) = opened(LIMITS);
    let kept = id(1_000, 1);
    save(&mut archive, Tree::Kept, kept, &[1; 40]).unwrap();
    save(&mut archive, Tree::Live, id(2_000, 2), &[2; 50]).unwrap();
    archive.discard_live("front");
    save(&mut archive, Tree::Live, id(3_000, 3), &[3; 50]).unwrap();
    assert!(on_disk(&archive, Tree::Kept, kept));
    assert_eq!(archive.bytes, 90);
}

#[test]
fn one_file_that_cant_be_removed_keeps_no_other_and_is_tried_again() {
    let (data, mut archive) = opened(LIMITS);
    let (first, second) = (id(1_000, 1), id(2_000, 2));
    for id in [first, second] {
        save(&mut archive, Tree::Kept, id, &[1; 10]).unwrap();
    }
    // A folder of that name is no file that can be removed.
    let path = picture_path(data.path(), Tree::Kept, "front", first, PictureType::Jpeg);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    archive.expire(900_000);
    assert!(archive.removed().is_err() && !on_disk(&archive, Tree::Kept, second));
    assert_eq!(archive.bytes, 10);
    fs::remove_dir(&path).unwrap();
    archive.retry();
    archive.expire(900_000);
    assert!(archive.removed().is_ok());
    assert_eq!((archive.bytes, archive.files.len(), archive.stuck.len()), (0, 0, 0));
}

#[test]
fn one_file_of_a_discarded_broadcast_that_cant_be_removed_keeps_no_other_and_is_tried_again() {
    let (data, mut archive) = opened(LIMITS);
    for id in [id(1_000, 1), id(2_000, 2), id(3_000, 3)] {
        save(&mut archive, Tree::Live, id, &[1; 10]).unwrap();
    }
    let path = picture_path(data.path(), Tree::Live, "front", id(2_000, 2), PictureType::Jpeg);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    archive.discard_live("front");
    while archive.remove_some() {}
    assert!(archive.removed().is_err());
    let tmp = data.path().join("tmp");
    let left: Vec<_> = subfolders(&tmp).iter().flat_map(|hour| entries(hour)).collect();
    assert_eq!(left.len(), 1, "{left:?}");
    fs::remove_dir(&left[0]).unwrap();
    archive.retry();
    while archive.remove_some() {}
    assert!(archive.removed().is_ok());
    assert!(entries(&tmp).is_empty());
}

#[test]
fn a_broadcast_that_cant_be_put_aside_is_told_and_tried_until_it_is_and_no_other_goes_with_it() {
    let (data, mut archive) = opened(LIMITS);
    let (over, live) = (id(1_000, 1), id(2_000, 2));
    save(&mut archive, Tree::Live, over, &[1; 10]).unwrap();
    let tmp = data.path().join("tmp");
    fs::remove_dir(&tmp).unwrap();
    archive.discard_live("front");
    archive.discard_live("other");
    archive.retry();
    assert!(archive.removed().is_err() && on_disk(&archive, Tree::Live, over), "also a minute later");
    // The next broadcast saves in the same hour's folder.
    save(&mut archive, Tree::Live, live, &[1; 10]).unwrap();
    archive.retry();
    assert!(archive.removed().is_err() && on_disk(&archive, Tree::Live, live));
    archive.discard_live("front");
    while archive.remove_some() {}
    assert!(archive.removed().is_ok() && entries(&tmp).is_empty() && entries(&data.path().join("live")).is_empty());
}

#[test]
fn a_folder_deleted_underneath_is_made_again() {
    let (data, mut archive) = opened(LIMITS);
    save(&mut archive, Tree::Kept, id(1_000, 1), &[1; 30]).unwrap();
    fs::remove_dir_all(data.path().join("frames")).unwrap();
    fs::remove_dir_all(data.path().join("tmp")).unwrap();
    save(&mut archive, Tree::Kept, id(1_001, 2), &[1; 30]).unwrap();
    assert!(on_disk(&archive, Tree::Kept, id(1_001, 2)));
}

#[test]
fn keeping_that_was_broken_off_by_a_kill_goes_on_at_the_next_start() {
    let (data, mut archive) = opened(LIMITS);
    let (kept, not_kept) = (id(1_000, 1), id(2_000, 2));
    save(&mut archive, Tree::Live, kept, &[1; 10]).unwrap();
    archive.save(Tree::Live, &FolderName::of("yard"), not_kept, PictureType::Jpeg, &[2; 10], 2_000).unwrap();
    drop(archive);
    // As far as it had come.
    fs::write(data.path().join("live/front/being-kept"), "").unwrap();
    Archive::clean(data.path()).unwrap();
    let mut archive = Archive::scan(data.path(), LIMITS, &patient());
    finish(&mut archive);
    assert!(on_disk(&archive, Tree::Kept, kept) && archive.bytes == 10, "{}", archive.bytes);
    assert!(!data.path().join("live/front").exists() && !data.path().join("live/yard").exists());
}

const ROOMY: ArchiveLimits = ArchiveLimits { at_most: 10_000, ..LIMITS };

/// Pictures of a broadcast that is over.
fn broadcast(archive: &mut Archive, numbers: std::ops::RangeInclusive<u64>) -> Vec<FrameId> {
    let ids: Vec<_> = numbers.map(|seq| id(1_000, seq)).collect();
    for id in &ids {
        save(archive, Tree::Live, *id, &[1; 10]).unwrap();
    }
    ids
}

#[test]
fn a_broadcast_that_begins_while_another_is_moved_is_not_kept_with_it_also_after_a_kill() {
    for is_killed in [true, false] {
        let (data, mut archive) = opened(ROOMY);
        let kept = broadcast(&mut archive, 1..=30);
        archive.keep_ended("front").unwrap();
        archive.keep_some();
        let next = broadcast(&mut archive, 31..=40);
        assert!(archive.has_keeping() && kept.iter().any(|id| on_disk(&archive, Tree::Live, *id)), "some at a time");
        if is_killed {
            Archive::clean(data.path()).unwrap();
            archive = Archive::scan(data.path(), ROOMY, &patient());
        } else {
            archive.discard_live("front");
        }
        finish(&mut archive);
        assert!(kept.iter().all(|id| on_disk(&archive, Tree::Kept, *id)));
        assert!(!next.iter().any(|id| on_disk(&archive, Tree::Kept, *id) || on_disk(&archive, Tree::Live, *id)));
        assert_eq!((archive.bytes, archive.files.len()), (300, 30), "killed: {is_killed}");
        assert!(entries(&data.path().join("live")).is_empty());
    }
}

#[test]
fn what_is_removed_between_two_that_are_kept_stays_removed() {
    let (data, mut archive) = opened(ROOMY);
    broadcast(&mut archive, 1..=30);
    archive.keep_ended("front").unwrap();
    let removed = broadcast(&mut archive, 31..=40);
    archive.discard_live("front");
    broadcast(&mut archive, 41..=50);
    archive.keep_ended("front").unwrap();
    Archive::clean(data.path()).unwrap();
    let mut archive = Archive::scan(data.path(), ROOMY, &patient());
    finish(&mut archive);
    assert_eq!((archive.bytes, archive.files.len()), (400, 40));
    assert!(!removed.iter().any(|id| on_disk(&archive, Tree::Kept, *id)));
}

#[test]
fn one_file_that_cant_be_kept_hinders_no_other_and_the_books_stay_right() {
    let (data, mut archive) = opened(ROOMY);
    let kept = broadcast(&mut archive, 1..=10);
    // A folder of that name is in the way.
    let taken = picture_path(data.path(), Tree::Kept, "front", kept[4], PictureType::Jpeg);
    fs::create_dir_all(&taken).unwrap();
    archive.keep_ended("front").unwrap();
    finish(&mut archive);
    assert!(archive.kept().is_err() && on_disk(&archive, Tree::Live, kept[4]));
    let is_right = |(id, _, tree): &Key| on_disk(&archive, *tree, *id);
    assert!(archive.files.keys().all(is_right) && archive.files.len() == 10 && archive.bytes == 100);
    fs::remove_dir(&taken).unwrap();
    archive.retry();
    finish(&mut archive);
    assert!(archive.kept().is_ok() && kept.iter().all(|id| on_disk(&archive, Tree::Kept, *id)));
    assert!(entries(&data.path().join("live")).is_empty());
}
