use std::fs;

use bytes::Bytes;

use super::super::ToDisk;
use super::super::sequence::AHEAD;
use super::*;

const LIMITS: StoreLimits = StoreLimits {
    memory_age: 60_000,
    memory_bytes: 100,
    archive: ArchiveLimits { keep: u64::MAX, at_most: 1_000_000, leave_free: 0 },
};

fn open(data: &Path) -> FrameStore {
    FrameStore::open(data, LIMITS).unwrap()
}

fn put(live: &Live, bytes: &'static [u8], to_disk: ToDisk) -> FrameId {
    live.put(1_795_340_834_123, PictureType::Jpeg, Bytes::from_static(bytes), to_disk, 1000).unwrap().0
}

fn find(store: &FrameStore, channel: &str, id: FrameId, kind: PictureType) -> Found {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(store.find(channel, id, kind))
}

fn bytes(store: &FrameStore, id: FrameId) -> Option<Bytes> {
    match find(store, "front", id, PictureType::Jpeg) {
        Found::InMemory(picture) => Some(picture.bytes),
        Found::OnDisk(path, _) => fs::read(path).ok().map(Bytes::from),
        Found::Unknown => None,
    }
}

#[test]
fn a_picture_is_there_from_its_put_to_the_end_of_its_broadcast() {
    let data = tempfile::tempdir().unwrap();
    let store = open(data.path());
    let live = store.begin(&"front".into(), Keep::No).unwrap();
    let id = put(&live, b"picture", ToDisk::No);
    assert_eq!(bytes(&store, id).as_deref(), Some(&b"picture"[..]));
    assert!(store.newest("front").is_none(), "it is not published yet");
    live.published(id.seq);
    assert_eq!(store.newest("front").unwrap().id, id);
    assert!(matches!(find(&store, "front", id, PictureType::Png), Found::Unknown));
    assert!(matches!(find(&store, "front", FrameId { seq: id.seq + 1, ..id }, PictureType::Jpeg), Found::Unknown));
    let Found::InMemory(picture) = find(&store, "front", id, PictureType::Jpeg) else { panic!("not in memory") };
    live.end();
    assert!(picture.interval.unwrap().is_over());
    assert_eq!(bytes(&store, id), None);
    assert!(store.newest("front").is_none());
    assert!(live.put(1, PictureType::Jpeg, Bytes::new(), ToDisk::No, 1) == Err(NotPut::Over));
}

#[test]
fn what_is_kept_outlives_its_broadcast_and_the_program_and_nothing_else_does() {
    let data = tempfile::tempdir().unwrap();
    let store = open(data.path());
    let kept = store.begin(&"front".into(), Keep::Yes).unwrap();
    let (saved, unsaved) = (put(&kept, b"saved", ToDisk::Yes), put(&kept, b"unsaved", ToDisk::No));
    drop(kept);
    let passing = store.begin(&"front".into(), Keep::No).unwrap();
    let gone = put(&passing, b"gone", ToDisk::Yes);
    drop(passing);
    drop(store);
    let store = open(data.path());
    assert_eq!(bytes(&store, saved).as_deref(), Some(&b"saved"[..]));
    assert_eq!((bytes(&store, unsaved), bytes(&store, gone)), (None, None));
    assert!(matches!(find(&store, "never", saved, PictureType::Jpeg), Found::Unknown));
}

/// What lies in a tree of the data folder, and waits until that is as it should be.
fn pictures_in(data: &Path, tree: Tree, wanted: usize) {
    fn count(folder: &Path) -> usize {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    while count(&data.join(tree.folder())) != wanted {
        assert!(Instant::now() < deadline, "{tree:?} should have {wanted}");
        std::thread::yield_now();
    }
}

#[test]
fn what_ended_undecided_waits_unseen_and_is_kept_or_removed_as_is_said_then() {
    let data = tempfile::tempdir().unwrap();
    let store = open(data.path());
    for keep in [true, false] {
        let live = store.begin(&"front".into(), Keep::Undecided).unwrap();
        let id = put(&live, b"undecided", ToDisk::Yes);
        pictures_in(data.path(), Tree::Live, 1);
        live.end();
        assert_eq!(bytes(&store, id), None, "Stop is Stop");
        pictures_in(data.path(), Tree::Live, 1);
        store.sweep(1_000_000);
        assert!(if keep { store.keep_ended("front") } else { store.remove_ended("front") });
        pictures_in(data.path(), Tree::Live, 0);
        pictures_in(data.path(), Tree::Kept, 1);
        assert_eq!(bytes(&store, id).is_some(), keep);
        assert!(!store.keep_ended("front") && !store.remove_ended("front"), "it was said");
        assert_eq!(store.kept_folder("front"), data.path().join("frames/front"));
    }
    drop(store);
    open(data.path());
    pictures_in(data.path(), Tree::Kept, 1);
}

#[test]
fn what_nobody_decided_goes_with_the_next_broadcast_and_with_the_program_however_that_ends() {
    let data = tempfile::tempdir().unwrap();
    let undecided = |store: &FrameStore| {
        let live = store.begin(&"front".into(), Keep::Undecided).unwrap();
        put(&live, b"undecided", ToDisk::Yes);
        pictures_in(data.path(), Tree::Live, 1);
    };
    let store = open(data.path());
    undecided(&store);
    let next = store.begin(&"front".into(), Keep::No).unwrap();
    pictures_in(data.path(), Tree::Live, 0);
    drop(next);
    undecided(&store);
    drop(store);
    pictures_in(data.path(), Tree::Live, 0);
    // As after a kill.
    let hour = data.path().join("live/front/2026-11-22/14");
    fs::create_dir_all(&hour).unwrap();
    fs::write(hour.join("14-03-22.123-000042.jpg"), b"undecided").unwrap();
    let store = open(data.path());
    pictures_in(data.path(), Tree::Live, 0);
    drop(store);
    pictures_in(data.path(), Tree::Kept, 0);
}

#[test]
fn what_is_kept_is_given_out_over_the_end_also_while_it_waits_for_the_disk() {
    let data = tempfile::tempdir().unwrap();
    let store = open(data.path());
    let live = store.begin(&"front".into(), Keep::Yes).unwrap();
    let sequence = lock(&store.opened.memory).by_name["front"].sequence.clone();
    // A disk that hangs.
    let hanging = lock(&sequence.writing);
    store.opened.writer.chore(Chore::Settle(sequence.clone()));
    let (kept, passing) = (put(&live, b"kept", ToDisk::Yes), put(&live, b"passing", ToDisk::No));
    let interval = |id| match find(&store, "front", id, PictureType::Jpeg) {
        Found::InMemory(picture) => picture.interval,
        found => panic!("{found:?}"),
    };
    assert!(interval(kept).is_none() && interval(passing).is_some(), "only what stays is not broken off");
    live.end();
    assert_eq!((bytes(&store, kept).as_deref(), bytes(&store, passing)), (Some(&b"kept"[..]), None));
    assert!(interval(kept).is_none());
    drop(hanging);
    while store.stats().saved < 1 {
        std::thread::yield_now();
    }
    assert!(matches!(find(&store, "front", kept, PictureType::Jpeg), Found::OnDisk(_, None)));
    assert_eq!(bytes(&store, kept).as_deref(), Some(&b"kept"[..]));
}

#[test]
fn a_broadcast_has_its_own_pictures_alone() {
    let data = tempfile::tempdir().unwrap();
    let store = open(data.path());
    let before = put(&store.begin(&"front".into(), Keep::Yes).unwrap(), b"before", ToDisk::Yes);
    let live = store.begin(&"front".into(), Keep::No).unwrap();
    let id = put(&live, b"a", ToDisk::No);
    assert!(live.has(id, PictureType::Jpeg));
    assert!(!live.has(before, PictureType::Jpeg) && !live.has(id, PictureType::Png));
    assert!(
        !live.has(FrameId { seq: id.seq + 1, ..id }, PictureType::Jpeg)
            && !live.has(FrameId { captured_at: 1, ..id }, PictureType::Jpeg)
    );
    live.end();
    assert!(!live.has(id, PictureType::Jpeg));
}

#[test]
fn numbers_go_on_after_an_orderly_end() {
    let data = tempfile::tempdir().unwrap();
    let numbers = (0..2).map(|_| {
        let store = open(data.path());
        put(&store.begin(&"front".into(), Keep::No).unwrap(), b"a", ToDisk::No).seq
    });
    assert_eq!(numbers.collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn no_number_is_given_that_a_crash_would_give_again() {
    let data = tempfile::tempdir().unwrap();
    let store = open(data.path());
    let live = store.begin(&"front".into(), Keep::No).unwrap();
    let sequence = lock(&store.opened.memory).by_name["front"].sequence.clone();
    // A disk that hangs.
    let hanging = lock(&sequence.writing);
    let put = || live.put(1, PictureType::Jpeg, Bytes::new(), ToDisk::No, 1000).map(|(id, _)| id.seq);
    let given: Vec<_> = std::iter::from_fn(|| put().ok()).take(5_000).collect();
    assert_eq!(put(), Err(NotPut::NoNumber));
    // What the next start would find after a kill.
    let (_, next) = Sequence::open(&data_folder::sequence(data.path(), "front")).unwrap();
    assert!(given.len() as u64 == AHEAD && given.iter().all(|number| *number < next), "{next} {given:?}");
    drop(hanging);
    while put().is_err() {
        std::thread::yield_now();
    }
}

#[test]
fn a_stop_and_a_go_live_at_once_lose_nothing_that_is_to_be_saved() {
    let data = tempfile::tempdir().unwrap();
    let store = open(data.path());
    let first = store.begin(&"front".into(), Keep::No).unwrap();
    for _ in 0..200 {
        put(&first, b"first", ToDisk::Yes);
    }
    while store.stats().saved < 200 {
        std::thread::yield_now();
    }
    drop(first);
    let second = store.begin(&"front".into(), Keep::No).unwrap();
    for _ in 0..100 {
        put(&second, b"second", ToDisk::Yes);
    }
    while store.stats().saved + store.stats().unsaved < 300 {
        std::thread::yield_now();
    }
    assert_eq!(store.stats(), StoreStats { saved: 300, unsaved: 0, disk_fault: None });
    store.close(Instant::now() + Duration::from_secs(60));
    assert_eq!(fs::read_dir(data.path().join("live")).unwrap().count(), 0);
}

#[test]
fn a_folder_is_used_by_one_program_at_a_time() {
    let data = tempfile::tempdir().unwrap();
    let store = open(data.path());
    let error = FrameStore::open(data.path(), LIMITS).unwrap_err().to_string();
    assert!(error.contains("in use") && error.contains(&std::process::id().to_string()), "{error}");
    drop(store);
    open(data.path());
}

#[test]
fn what_waits_for_the_disk_at_the_end_is_kept_too_if_that_is_said_and_each_broadcast_counts_its_own() {
    let data = tempfile::tempdir().unwrap();
    let store = open(data.path());
    let yard = store.begin(&"yard".into(), Keep::Yes).unwrap();
    let front = store.begin(&"front".into(), Keep::Undecided).unwrap();
    put(&front, b"one", ToDisk::Yes);
    while store.stats().saved < 1 {
        std::thread::yield_now();
    }
    let sequence = lock(&store.opened.memory).by_name["front"].sequence.clone();
    // A disk that hangs.
    let hanging = lock(&sequence.writing);
    store.opened.writer.chore(Chore::Settle(sequence.clone()));
    let waits = put(&front, b"waits", ToDisk::Yes);
    put(&yard, b"of another one", ToDisk::Yes);
    let saving = front.saving().clone();
    front.end();
    assert_eq!((bytes(&store, waits), saving.saved()), (None, 1));
    assert!(store.keep_ended("front"));
    assert_eq!(bytes(&store, waits).as_deref(), Some(&b"waits"[..]));
    drop(hanging);
    pictures_in(data.path(), Tree::Kept, 3);
    pictures_in(data.path(), Tree::Live, 0);
    assert_eq!(bytes(&store, waits).as_deref(), Some(&b"waits"[..]));
    assert_eq!((saving.saved(), saving.unsaved(), yard.saving().saved()), (2, 0, 1));
}
