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
#[cfg(target_os = "linux")]
pub async fn notify(weight: Weight, title: &str, text: &str) -> Shown {
    match send(weight, title, text).await {
        Ok(()) => Shown::Yes,
        Err(error) => {
            tracing::debug!("the desktop shows no notification: {error}");
            Shown::No
        }
    }
}

/// No way is known on the other systems.
#[cfg(not(target_os = "linux"))]
pub async fn notify(_weight: Weight, title: &str, _text: &str) -> Shown {
    tracing::debug!("no notification can be shown here: {title}");
    Shown::No
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
