//! Light or dark, as the desktop is, on Linux: winit tells it on the other systems, and nowhere here.
//!
//! Asked of the desktop's portal, `org.freedesktop.portal.Settings`, as the XDG Desktop Portal specifies it.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use eframe::egui::{self, ThemePreference};
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::{OwnedValue, Value};

const NAMESPACE: &str = "org.freedesktop.appearance";
const KEY: &str = "color-scheme";

/// Owns the thread that follows the desktop's scheme for as long as the window is open.
pub(super) struct Follower {
    line: Arc<Mutex<Line>>,
    thread: Option<JoinHandle<()>>,
}

/// To the desktop.
enum Line {
    Opening,
    Open(Connection),
    Closed,
}

impl Follower {
    /// Begins to follow. Where no desktop answers, the window keeps the look that it has.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn start(ctx: egui::Context) -> std::io::Result<Self> {
        let line = Arc::new(Mutex::new(Line::Opening));
        let of_thread = Arc::clone(&line);
        let thread = std::thread::Builder::new().name("colour scheme".to_owned()).spawn(move || {
            if let Err(error) = follow(&of_thread, &ctx) {
                tracing::debug!("the desktop tells no colour scheme: {error}");
            }
        })?;
        Ok(Self { line, thread: Some(thread) })
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let line = std::mem::replace(&mut *self.line.lock().unwrap_or_else(PoisonError::into_inner), Line::Closed);
        if let Line::Open(connection) = line
            && let Err(error) = connection.close()
        {
            tracing::debug!("closing the line to the desktop: {error}");
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the colour scheme's thread had panicked");
        }
    }
}

/// Takes over the desktop's scheme, and each change of it, until the line is closed.
fn follow(line: &Mutex<Line>, ctx: &egui::Context) -> zbus::Result<()> {
    let connection = zbus::blocking::connection::Builder::session()?.method_timeout(Duration::from_secs(5)).build()?;
    {
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*line, Line::Closed) {
            return Ok(());
        }
        *line = Line::Open(connection.clone());
    }
    let settings = Proxy::new(
        &connection,
        "org.freedesktop.portal.Desktop",
        "/org/freedesktop/portal/desktop",
        "org.freedesktop.portal.Settings",
    )?;
    let changes = settings.receive_signal("SettingChanged")?;
    // Read, not ReadOne: older portals have no other. It wraps the value once more.
    let now: OwnedValue = settings.call("Read", &(NAMESPACE, KEY))?;
    take_over(ctx, &now);
    for change in changes {
        let (namespace, key, value): (String, String, OwnedValue) = change.body().deserialize()?;
        if namespace == NAMESPACE && key == KEY {
            take_over(ctx, &value);
        }
    }
    Ok(())
}

fn take_over(ctx: &egui::Context, value: &Value<'_>) {
    ctx.set_theme(preference(value));
    ctx.request_repaint_after(Duration::from_millis(1));
}

/// 1 is dark, 2 is light, anything else is no preference; and that looks light on most desktops.
fn preference(value: &Value<'_>) -> ThemePreference {
    match value {
        Value::Value(wrapped) => preference(wrapped),
        Value::U32(1) => ThemePreference::Dark,
        Value::U32(_) => ThemePreference::Light,
        _ => ThemePreference::System,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desktops_scheme_becomes_ours() {
        let wrapped = |number: u32| Value::Value(Box::new(Value::U32(number)));
        assert_eq!(preference(&wrapped(1)), ThemePreference::Dark);
        assert_eq!(preference(&Value::U32(1)), ThemePreference::Dark);
        assert_eq!(preference(&wrapped(2)), ThemePreference::Light);
        assert_eq!(preference(&wrapped(0)), ThemePreference::Light);
        assert_eq!(preference(&Value::from("dark")), ThemePreference::System);
    }
}
