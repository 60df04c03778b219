//! Writing the choices into the configuration file.

use std::fs;
use std::io;
use std::path::Path;

use cometcam_server::config::{self, ConfigError};
use cometcam_server::files::write_whole_private;
use serde_json::{Map, Value, json};

use super::as_written::as_written;
use super::{Damage, put_aside};
use crate::login::AtLogin;
use crate::state::Choices;

/// Why the choices were not written down.
#[derive(Debug, thiserror::Error)]
pub enum RememberError {
    /// The file's content can't be known, and so can't be kept.
    #[error(transparent)]
    Unreadable(#[from] ConfigError),
    /// It can't be known, and the file can't be moved.
    #[error(transparent)]
    Damaged(Damage),
    /// It can't be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes the choices into the file, whole or not at all; what others wrote there stays, letter by letter but for comments, and
/// what of it can't be read is put aside.
///
/// # Errors
/// [`RememberError`]; the file is as it was.
pub fn remember(file: &Path, choices: &Choices) -> Result<Option<Damage>, RememberError> {
    let (mut all, damage) = read_all(file)?;
    let mut camera = json!({
        "channel": choices.channel,
        "source": choices.source,
        "size": choices.size,
        "fps": choices.fps,
        "save": choices.save.to_string(),
        "keep": choices.keep,
    });
    // Fields of the first camera that the window doesn't edit stay as they are.
    let mut cameras = match all.remove("cameras") {
        Some(Value::Array(cameras)) => cameras,
        _ => Vec::new(),
    };
    if let (Some(Value::Object(before)), Value::Object(now)) = (cameras.first(), &mut camera) {
        for (name, value) in before {
            now.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    match choices.every {
        Some(every) => camera["every"] = json!(format!("{}ms", every.as_millis())),
        None => drop(camera.as_object_mut().and_then(|camera| camera.remove("every"))),
    }
    let picture = (!choices.picture.is_none()).then(|| json!(choices.picture));
    let controls = (!choices.controls.is_empty()).then(|| json!(choices.controls));
    for (name, value) in [("picture", picture), ("controls", controls)] {
        match value {
            Some(value) => camera[name] = value,
            None => drop(camera.as_object_mut().and_then(|camera| camera.remove(name))),
        }
    }
    cameras.splice(0..cameras.len().min(1), [camera]);
    all.insert("cameras".into(), Value::Array(cameras));
    all.insert("data".into(), json!(choices.data));
    let window = window(&mut all);
    window.insert("audience".into(), json!(choices.audience));
    window.insert("viewing".into(), json!(choices.viewing));
    if choices.guards.is_empty() {
        window.remove("guards");
    } else {
        window.insert("guards".into(), json!(choices.guards));
    }
    write(file, &all)?;
    Ok(damage)
}

/// Writes what happens at login into the file, as [`remember`] does.
///
/// # Errors
/// [`RememberError`]; the file is as it was.
pub fn remember_at_login(file: &Path, at_login: AtLogin) -> Result<Option<Damage>, RememberError> {
    let (mut all, damage) = read_all(file)?;
    window(&mut all).insert("at_login".into(), json!(at_login));
    write(file, &all)?;
    Ok(damage)
}

/// The part of the file that is the window's; what of it isn't edited here stays.
fn window(all: &mut Map<String, Value>) -> &mut Map<String, Value> {
    let window = all.entry("window").or_insert_with(|| Value::Object(Map::new()));
    if !window.is_object() {
        *window = Value::Object(Map::new());
    }
    let Value::Object(window) = window else { unreachable!("it was made one") };
    window
}

fn write(file: &Path, all: &Map<String, Value>) -> Result<(), RememberError> {
    let text = serde_saphyr::to_string(all).map_err(io::Error::other)?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    if all.get("window").is_some_and(has_password) {
        close_to_others(file)?;
    }
    write_whole_private(file, text.as_bytes())?;
    Ok(())
}

fn has_password(window: &Value) -> bool {
    let of_others = window["guards"].as_object().into_iter().flat_map(Map::values);
    of_others.chain([&window["viewing"]]).any(|guarded| !guarded["password"].is_null())
}

/// A password is not written where others can read it: a file that is there keeps its permissions.
fn close_to_others(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Ok(meta) = fs::metadata(file) {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = meta.permissions().mode();
        if mode & 0o077 != 0 {
            fs::set_permissions(file, fs::Permissions::from_mode(mode & 0o700))?;
        }
    }
    #[cfg(not(unix))]
    let _its_folder_is_the_persons_own = file;
    Ok(())
}

/// What a file says, all of it; nothing if there is none. One that is damaged is put aside.
fn read_all(file: &Path) -> Result<(Map<String, Value>, Option<Damage>), RememberError> {
    match config::read(file) {
        Ok(all) => Ok((as_written(&fs::read_to_string(file)?, all), None)),
        Err(ConfigError::Unreadable { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => Ok((Map::new(), None)),
        Err(error @ ConfigError::Unreadable { .. }) => Err(error.into()),
        Err(error @ ConfigError::Malformed { .. }) => match put_aside(file, error) {
            damage @ Damage::PutAside { .. } => Ok((Map::new(), Some(damage))),
            damage @ Damage::InPlace { .. } => Err(RememberError::Damaged(damage)),
        },
    }
}

#[cfg(test)]
mod tests {
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
        let viewing =
            Viewing { guard: Guard::Password, password, at_most: Some(20), bandwidth, sound: false, notification: true };
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
}
