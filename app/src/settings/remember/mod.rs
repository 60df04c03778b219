//! Writing the choices into the configuration file.

#[cfg(test)]
mod tests;

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
