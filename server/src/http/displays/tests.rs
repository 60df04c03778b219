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
    sign_in_of(displays, 1, sign, channels)
}

/// Of a page of a browser of that number.
fn sign_in_of(displays: &Displays, browser: u8, sign: &Sign, channels: &[&str]) -> Option<Present> {
    let channels: Vec<_> = channels.iter().map(|&name| name.to_owned()).collect();
    let (address, device) = ([10, 0, 0, browser].into(), "Chromium on Linux".into());
    displays.sign_in(sign, &Caller { address, device, page: browser.into(), browser: [browser; 32] }, &channels)
}

fn told(present: &Present) -> Option<String> {
    present.order(|_, _| true)
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
    assert!(told(&before).is_none() && told(&now).is_some());
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

#[test]
fn a_name_in_use_is_not_taken_over_and_one_that_nobody_uses_is_anybodys() {
    let data = tempfile::tempdir().unwrap();
    let displays = Displays::open(data.path());
    let present = sign_in(&displays, &sign("hall"), &["front"]).unwrap();
    displays.order("hall", DisplayOrder::Identify).unwrap();
    assert!(sign_in_of(&displays, 2, &sign("hall"), &["front"]).is_none());
    assert!(told(&present).is_some());
    drop(present);
    assert!(sign_in_of(&displays, 2, &sign("hall"), &["front"]).is_none(), "it is between two polls");
    age(&displays, "hall", DARK * 2);
    let other = sign_in_of(&displays, 2, &sign("hall"), &["front"]).unwrap();
    assert_eq!(displays.list()[0].address, Some([10, 0, 0, 2].into()));
    let back = sign_in(&displays, &sign("hall"), &["front"]).expect("the first one takes it back");
    displays.order("hall", DisplayOrder::Reload).unwrap();
    assert!(told(&other).is_none() && told(&back).is_some());
    drop(other);
    assert!(!displays.list()[0].dark);
}

#[test]
fn whose_a_name_is_stands_over_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let displays = Displays::open(data.path());
    drop(sign_in(&displays, &sign("hall"), &["front"]));
    displays.remember();
    let displays = Displays::open(data.path());
    let other = sign_in_of(&displays, 2, &sign("hall"), &["front"]).expect("nobody uses it");
    assert!(sign_in(&displays, &sign("hall"), &["front"]).is_some());
    drop(other);
}

#[test]
fn what_is_to_be_shown_is_told_only_to_who_may_know_it() {
    let data = tempfile::tempdir().unwrap();
    let displays = Displays::open(data.path());
    drop(sign_in(&displays, &sign("hall"), &["front"]));
    displays.order("hall", show(&["secret"])).unwrap();
    let known = |_: &[String], trust: Trust| trust == Trust::Known;
    assert!(sign_in(&displays, &sign("hall"), &["front"]).unwrap().order(known).is_some());
    age(&displays, "hall", DARK * 2);
    let other = sign_in_of(&displays, 2, &sign("hall"), &["front"]).unwrap();
    assert_eq!((other.order(known), other.order(|_, _| false)), (None, None));
}

#[test]
fn names_that_somebody_makes_up_push_out_one_another_and_none_that_is_known() {
    let data = tempfile::tempdir().unwrap();
    let displays = Displays::open(data.path());
    drop(sign_in(&displays, &sign("long there"), &["front"]));
    drop(sign_in(&displays, &sign("told once"), &["front"]));
    displays.order("told once", DisplayOrder::Identify).unwrap();
    for entry in lock(&displays.0.known).by_name.values_mut() {
        entry.live_for(Duration::from_secs(100 * 3600));
    }
    lock(&displays.0.known).by_name.get_mut("told once").unwrap().live_for(Duration::ZERO);
    for name in ["long there", "told once"] {
        age(&displays, name, DARK * 2);
    }
    for number in 0..2 * MOST {
        let name = number.to_string();
        drop(sign_in_of(&displays, 2, &sign(&name), &["front"]).expect("there is room"));
        age(&displays, &name, DARK * 2);
    }
    let names: Vec<_> = displays.list().into_iter().map(|display| display.name).collect();
    assert!(names.len() == MOST && names.contains(&"long there".into()) && names.contains(&"told once".into()));
}
