use super::entry::DARK;
use super::*;

fn sign(name: &str) -> Sign {
    Sign {
        name: name.into(),
        uptime: Some(Duration::from_secs(60)),
        wake: Some(Wake::Held),
        version: Some("0.1.0".into()),
        done: None,
    }
}

fn sign_in(displays: &Displays, sign: &Sign, channels: &[&str]) -> Option<Present> {
    let channels: Vec<_> = channels.iter().map(|&name| name.to_owned()).collect();
    displays.sign_in(sign, [10, 0, 0, 7].into(), "Chromium on Linux", &channels)
}

fn show(channels: &[&str]) -> DisplayOrder {
    DisplayOrder::Show(channels.iter().map(|&name| name.to_owned()).collect())
}

/// Makes the last sign of life of a display older.
fn age(displays: &Displays, name: &str, by: Duration) {
    let mut known = lock(&displays.0.known);
    let entry = known.by_name.get_mut(name).unwrap();
    entry.last = entry.last.map(|last| last.checked_sub(by).unwrap());
    entry.last_ms -= u64::try_from(by.as_millis()).unwrap();
}

#[test]
fn a_display_is_dark_once_it_holds_nothing_and_asks_for_nothing() {
    let data = tempfile::tempdir().unwrap();
    let displays = Displays::open(data.path());
    let is_dark = || displays.list()[0].dark;
    let present = sign_in(&displays, &sign("hall"), &["front"]).unwrap();
    age(&displays, "hall", DARK * 2);
    assert!(!is_dark(), "its request is held");
    drop(present);
    assert!(!is_dark());
    age(&displays, "hall", DARK * 2);
    assert!(is_dark());
    drop(sign_in(&displays, &sign("hall"), &["front"]));
    assert!(!is_dark());
}

#[test]
fn what_is_known_is_remembered_but_what_its_page_said_is_not() {
    let data = tempfile::tempdir().unwrap();
    let before = {
        let displays = Displays::open(data.path());
        drop(sign_in(&displays, &sign("hall"), &["front", "a,b"]));
        displays.order("hall", show(&["yard", "a,b"])).unwrap();
        drop(sign_in(&displays, &sign("door"), &["front"]));
        displays.remember();
        displays.list()
    };
    let after = Displays::open(data.path()).list();
    let forgotten = |display: &Display| Display { dark: true, version: None, uptime_s: None, wake: None, ..display.clone() };
    assert_eq!(after, before.iter().map(forgotten).collect::<Vec<_>>());
    assert_eq!(before[1].shows, Some(vec!["yard".into(), "a,b".into()]));
    #[cfg(unix)]
    {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(data.path().join("displays")).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_damaged_file_is_put_aside_and_names_that_can_be_none_are_left_out() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("displays");
    std::fs::write(&file, "[{\"name\":").unwrap();
    assert!(Displays::open(data.path()).list().is_empty());
    assert!(!file.exists() && data.path().join("displays.damaged").exists());
    let kept = |name: &str| format!(r#"{{"name":"{name}","address":null,"channels":[],"shows":null,"last_ms":0,"device":""}}"#);
    std::fs::write(&file, format!("[{},{}]", kept("hall"), kept("a\\u0000b"))).unwrap();
    assert_eq!(Displays::open(data.path()).list().len(), 1);
}

#[test]
fn what_cannot_be_written_is_written_once_it_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let displays = Displays::open(&data);
    drop(sign_in(&displays, &sign("hall"), &["front"]));
    displays.order("hall", show(&["yard"])).unwrap();
    assert!(lock(&displays.0.known).changed && !data.exists());
    std::fs::create_dir(&data).unwrap();
    displays.save();
    assert_eq!(Displays::open(&data).list()[0].shows, Some(vec!["yard".into()]));
    assert!(!lock(&displays.0.known).changed);
}

#[test]
fn they_are_bounded_and_only_those_make_room_that_nothing_is_wanted_of() {
    let data = tempfile::tempdir().unwrap();
    let displays = Displays::open(data.path());
    let present: Vec<_> = (0..MOST).map(|number| sign_in(&displays, &sign(&number.to_string()), &[]).unwrap()).collect();
    assert!(sign_in(&displays, &sign("one more"), &[]).is_none());
    drop(present);
    assert!(sign_in(&displays, &sign("one more"), &[]).is_none(), "none is dark");
    age(&displays, "7", DARK * 3);
    age(&displays, "8", DARK * 2);
    displays.order("7", show(&["front"])).unwrap();
    assert!(sign_in(&displays, &sign("one more"), &[]).is_some());
    let names: Vec<_> = displays.list().into_iter().map(|display| display.name).collect();
    assert!(names.len() == MOST && names.contains(&"7".into()) && !names.contains(&"8".into()));
}

#[test]
fn one_that_was_forgotten_and_comes_again_is_another() {
    let data = tempfile::tempdir().unwrap();
    let displays = Displays::open(data.path());
    let before = sign_in(&displays, &sign("hall"), &["front"]).unwrap();
    assert!(displays.forget("hall") && !displays.forget("hall"));
    assert_eq!(displays.order("hall", DisplayOrder::Identify), Err(NoDisplay));
    let now = sign_in(&displays, &sign("hall"), &["front"]).unwrap();
    displays.order("hall", DisplayOrder::Identify).unwrap();
    assert!(before.order().is_none() && now.order().is_some());
    drop(before);
    age(&displays, "hall", DARK * 2);
    assert!(!displays.list()[0].dark);
}

#[test]
fn only_what_is_to_be_remembered_is_written() {
    let data = tempfile::tempdir().unwrap();
    let displays = Displays::open(data.path());
    let is_changed = || std::mem::take(&mut lock(&displays.0.known).changed);
    drop(sign_in(&displays, &sign("hall"), &["front"]));
    assert!(is_changed());
    drop(sign_in(&displays, &Sign { uptime: None, wake: None, ..sign("hall") }, &["front"]));
    displays.sweep();
    assert!(!is_changed());
    drop(sign_in(&displays, &sign("hall"), &["yard"]));
    assert!(is_changed());
    age(&displays, "hall", DARK * 2);
    displays.sweep();
    assert!(is_changed(), "it went dark");
}
