//! Tells the person something through the desktop, as its other programs do: seen also while the window is not.

/// How much a notification matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It goes by itself.
    Passing,
    /// It stays until it was seen.
    Lasting,
}

/// Whether a notification is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The desktop has taken it.
    Yes,
    /// Nobody here shows any, now.
    No,
}

/// Shows a notification, if the desktop can.
pub async fn notify(weight: Weight, title: &str, text: &str) -> Shown {
    match send(weight, title, text).await {
        Ok(()) => Shown::Yes,
        Err(error) => {
            tracing::debug!("the desktop shows no notification: {error}");
            Shown::No
        }
    }
}

/// Through a program of the system: it needs no app bundle, which the system's library asks for. One that stays there is not known.
#[cfg(target_os = "macos")]
async fn send(_weight: Weight, title: &str, text: &str) -> std::io::Result<()> {
    use std::ffi::OsStr;
    // What is shown comes as arguments, so nothing in it can be a script.
    const SCRIPT: [&str; 6] =
        ["-e", "on run argv", "-e", "display notification (item 2 of argv) with title (item 1 of argv)", "-e", "end run"];
    let told = [title.to_owned(), text.to_owned()];
    let run = move || {
        let words: Vec<&OsStr> = SCRIPT.iter().copied().chain(told.iter().map(String::as_str)).map(OsStr::new).collect();
        crate::child::Children::default().run("osascript", &words)
    };
    tokio::task::spawn_blocking(run).await?
}

#[cfg(windows)]
async fn send(weight: Weight, title: &str, text: &str) -> std::io::Result<()> {
    use tauri_winrt_notification::{Duration, Scenario, Toast};
    /// Under which the program is known to the system, and for people.
    const NAME: &str = "Cometcam";
    let (title, text) = (title.to_owned(), text.to_owned());
    let show = move || {
        // A program that nobody installed has to say who it is; without, the toast would not be shown.
        let key = windows_registry::CURRENT_USER.create(format!(r"Software\Classes\AppUserModelId\{NAME}"))?;
        key.set_string("DisplayName", NAME)?;
        let toast = Toast::new(NAME).title(&title).text1(&text).sound(None);
        let toast = match weight {
            Weight::Passing => toast,
            // One that stays needs something to press.
            Weight::Lasting => toast.duration(Duration::Long).scenario(Scenario::Reminder).add_button("OK", "ok"),
        };
        toast.show().map_err(std::io::Error::other)
    };
    tokio::task::spawn_blocking(show).await?
}

/// After the desktop notifications specification of freedesktop.org.
#[cfg(target_os = "linux")]
async fn send(weight: Weight, title: &str, text: &str) -> zbus::Result<()> {
    use std::collections::HashMap;
    use zbus::zvariant::Value;
    const NORMAL: u8 = 1;
    const CRITICAL: u8 = 2;
    /// As the server has it, and never.
    const EXPIRES: [i32; 2] = [-1, 0];
    let line = line().await?;
    let (urgency, expires) = match weight {
        Weight::Passing => (NORMAL, EXPIRES[0]),
        Weight::Lasting => (CRITICAL, EXPIRES[1]),
    };
    let hints = HashMap::from([("urgency", Value::U8(urgency)), ("desktop-entry", Value::from("cometcam"))]);
    let (name, path) = ("org.freedesktop.Notifications", "/org/freedesktop/Notifications");
    // Some servers read the text as markup.
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let shown = ("Cometcam", 0_u32, "cometcam", title, text, Vec::<&str>::new(), hints, expires);
    let sent = line.call_method(Some(name), path, Some(name), "Notify", &shown).await;
    if sent.is_err() {
        // Another bus may be there next time.
        *lock() = None;
    }
    sent.map(drop)
}

/// The way to the desktop's session. It stays open: some desktops take away what was shown when its sender leaves the bus.
#[cfg(target_os = "linux")]
async fn line() -> zbus::Result<zbus::Connection> {
    /// A desktop that takes longer does not answer.
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);
    let open = lock().clone();
    if let Some(line) = open {
        return Ok(line);
    }
    let line = zbus::connection::Builder::session()?.method_timeout(PATIENCE).build().await?;
    *lock() = Some(line.clone());
    Ok(line)
}

#[cfg(target_os = "linux")]
fn lock() -> std::sync::MutexGuard<'static, Option<zbus::Connection>> {
    static LINE: std::sync::Mutex<Option<zbus::Connection>> = std::sync::Mutex::new(None);
    LINE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
