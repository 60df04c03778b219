use std::time::Duration;

use cometcam_server::units::Bandwidth;

use super::*;
use crate::frame::Size;
use crate::retouch::{Retouch, Turn, Words};
use crate::save::Save;
use crate::settings::Settings;
use crate::source::{CameraBackend, KnobSettings, SourceSpec};
use crate::state::{Audience, Guard, Guarded, Guards, Viewing, WatchPassword};

fn choices() -> Choices {
    Choices {
        source: SourceSpec::Camera("Logitech: “C920”".into()),
        size: Size::new(640, 480),
        fps: 5,
        every: None,
        channel: "team/yard".into(),
        audience: Some(Audience::ThisNetwork),
        data: "/srv/cometcam".into(),
        save: Save::EachMillis(10_000),
        keep: true,
        viewing: Viewing::default(),
        guards: Guards::default(),
        picture: Retouch::default(),
        controls: KnobSettings::default(),
    }
}

#[test]
fn what_is_remembered_is_read_again_and_the_rest_of_the_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/cometcam.yaml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "hosts: [cam.example.org]\ncameras:\n- channel: front\n  camera_backend: nokhwa\n- channel: second\n")
        .unwrap();
    remember(&file, &Choices { every: Some(Duration::from_secs(10)), ..choices() }).unwrap();
    let settings = Settings::read(Some(&file)).unwrap();
    let camera = &settings.cameras[0];
    assert_eq!((camera.channel.as_str(), &camera.source, camera.fps), ("team/yard", &choices().source, 5));
    assert_eq!((camera.save, camera.keep, camera.camera_backend), (Save::EachMillis(10_000), true, CameraBackend::Nokhwa));
    assert_eq!(camera.interval(), Duration::from_secs(10));
    assert_eq!(settings.cameras[1].channel, "second");
    remember(&file, &choices()).unwrap();
    assert_eq!(Settings::read(Some(&file)).unwrap().cameras[0].interval(), Duration::from_millis(200));
    assert_eq!(settings.window.audience, Some(Audience::ThisNetwork));
    assert_eq!((settings.server.hosts.len(), settings.server.data), (1, Some("/srv/cometcam".into())));
}

#[test]
fn what_is_chosen_of_viewers_is_remembered_and_a_password_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cometcam.yaml");
    fs::write(&file, "cameras: []\n").unwrap();
    let password = WatchPassword::new("007: “no” # yes");
    let bandwidth = Some(Bandwidth::AtMost(1_500_000));
    let viewing = Viewing { guard: Guard::Password, password, at_most: Some(20), bandwidth, sound: false, notification: true };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    }
    remember(&file, &Choices { viewing: viewing.clone(), ..choices() }).unwrap();
    assert_eq!(Settings::read(Some(&file)).unwrap().window.viewing, viewing);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_guards_other_channels_is_remembered_for_its_owner_alone_whatever_they_are_called() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cometcam.yaml");
    fs::write(&file, "cameras: []\n").unwrap();
    let mut guards = Guards::default();
    for (channel, guard) in [("off", Guard::Password), ("1e5", Guard::Code), ("team/ä: #1", Guard::Password)] {
        guards.set(channel, Guarded { guard, password: WatchPassword::new("null") });
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    }
    for _ in 0..2 {
        remember(&file, &Choices { guards: guards.clone(), ..choices() }).unwrap();
        assert_eq!(Settings::read(Some(&file)).unwrap().window.guards, guards);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    remember(&file, &choices()).unwrap();
    assert!(!fs::read_to_string(&file).unwrap().contains("guards"));
}

#[test]
fn what_happens_at_login_is_remembered_beside_the_choices() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cometcam.yaml");
    remember(&file, &choices()).unwrap();
    remember_at_login(&file, AtLogin::Live).unwrap();
    let window = || Settings::read(Some(&file)).unwrap().window;
    assert_eq!((window().audience, window().at_login), (Some(Audience::ThisNetwork), AtLogin::Live));
    remember(&file, &Choices { audience: Some(Audience::ThisComputer), ..choices() }).unwrap();
    assert_eq!((window().audience, window().at_login), (Some(Audience::ThisComputer), AtLogin::Live));
    remember_at_login(&file, AtLogin::Off).unwrap();
    assert_eq!(window().at_login, AtLogin::Off, "written as off, and read as the word");
}

#[test]
fn what_is_done_to_the_picture_is_remembered_and_what_is_not_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cometcam.yaml");
    let text = Words::of_typed("007 off: “Yard” #1");
    let picture = Retouch { mirror: true, rotate: Turn::ThreeQuarters, text, time: true, ..Retouch::default() };
    let mut controls = KnobSettings::default();
    controls.set(&choices().source, "brightness", -3);
    remember(&file, &Choices { picture: picture.clone(), controls: controls.clone(), ..choices() }).unwrap();
    let read = Settings::read(Some(&file)).unwrap().cameras.swap_remove(0);
    assert_eq!((read.picture, read.controls), (picture, controls));
    remember(&file, &choices()).unwrap();
    let written = fs::read_to_string(&file).unwrap();
    assert!(!written.contains("picture") && !written.contains("controls"), "{written}");
}

#[test]
fn a_file_that_was_damaged_meanwhile_is_put_aside_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cometcam.yaml");
    assert!(remember(&file, &choices()).unwrap().is_none(), "none is no damage");
    let damaged = "channels: { team: { publish_key: secret }\ncameras: [{ chan";
    fs::write(&file, damaged).unwrap();
    let told = remember(&file, &choices()).unwrap();
    let Some(Damage::PutAside { aside, .. }) = told else { panic!("{told:?}") };
    assert_eq!(fs::read_to_string(aside).unwrap(), damaged);
    assert_eq!(Settings::read(Some(&file)).unwrap().cameras[0].channel, "team/yard");
}

#[test]
fn a_file_that_can_not_be_read_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cometcam.yaml");
    let latin1 = b"site: /srv/\xe4";
    fs::write(&file, latin1).unwrap();
    assert!(matches!(remember(&file, &choices()), Err(RememberError::Unreadable(_))));
    assert_eq!(fs::read(&file).unwrap(), latin1);
}

#[test]
fn what_others_wrote_is_rewritten_letter_by_letter() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cometcam.yaml");
    let others = "channels:\n  \"**\": { publish_key: 007, unlisted: yes, buffer: { messages: 50, age: 1m } }\n\
                  hosts: [1e5, 0x1F, +5, 'on', ~x]\nlimits: { hold: 25s }\n\
                  cameras:\n- channel: front\n  camera_backend: nokhwa\n\
                  - { channel: 1e5, save: off, keep: on, fps: 5, every: 10s }\n";
    fs::write(&file, others).unwrap();
    let before = Settings::read(Some(&file)).unwrap();
    for _ in 0..2 {
        remember(&file, &choices()).unwrap();
        let after = Settings::read(Some(&file)).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(format!("{:?}", after.server.channels), format!("{:?}", before.server.channels), "{text}");
        let hosts: Vec<&str> = after.server.hosts.iter().map(AsRef::as_ref).collect();
        assert_eq!(hosts, ["1e5", "0x1F", "+5", "on", "~x"], "{text}");
        let second = &after.cameras[1];
        assert_eq!((second.channel.as_str(), second.save, second.keep, second.fps), ("1e5", Save::Off, true, 5), "{text}");
        assert_eq!(second.interval(), Duration::from_secs(10));
    }
}
