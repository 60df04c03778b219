//! A viewer's program and device in words, from its `User-Agent`.
//!
//! For people who look at a list. Nothing is decided by it: a peer may say whatever it likes.

use std::borrow::Cow;
use std::fmt;

/// In words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) struct Device {
    program: Cow<'static, str>,
    on: Option<&'static str>,
}

/// Programs that are no browsers; what they run on they don't say. Each with what tells it, in small letters.
const TOOLS: &[(&str, &str)] = &[
    ("homeassistant", "Home Assistant"),
    ("vlc", "VLC"),
    ("opencv", "OpenCV"),
    ("lavf/", "ffmpeg"),
    ("ffmpeg", "ffmpeg"),
    ("gstreamer", "GStreamer"),
    ("mpv", "mpv"),
    ("mplayer", "MPlayer"),
    ("kodi", "Kodi"),
    ("curl/", "curl"),
    ("wget/", "Wget"),
    ("powershell", "PowerShell"),
    ("python", "a Python program"),
    ("aiohttp", "a Python program"),
    ("go-http-client", "a Go program"),
    ("okhttp", "an Android app"),
];

/// Programs that look at pages by themselves; some of them call themselves browsers.
const BOTS: &[&str] = &["bot/", "bot-", "telegrambot", "crawler", "spider", "facebookexternalhit", "whatsapp/"];

/// Browsers. All of them name others, to be taken for them; so the more particular ones come first.
const BROWSERS: &[(&str, &str)] = &[
    ("home assistant/", "Home Assistant"),
    ("fban/", "Facebook app"),
    ("fbav/", "Facebook app"),
    ("instagram", "Instagram app"),
    ("samsungbrowser/", "Samsung Internet"),
    ("edg/", "Edge"),
    ("edga/", "Edge"),
    ("edgios/", "Edge"),
    ("edge/", "Edge"),
    ("opr/", "Opera"),
    ("opt/", "Opera"),
    ("opios/", "Opera"),
    ("opera", "Opera"),
    ("vivaldi/", "Vivaldi"),
    ("yabrowser/", "Yandex Browser"),
    ("duckduckgo/", "DuckDuckGo"),
    ("ddg/", "DuckDuckGo"),
    ("silk/", "Silk"),
    ("seamonkey/", "SeaMonkey"),
    ("firefox/", "Firefox"),
    ("fxios/", "Firefox"),
    ("focus/", "Firefox"),
    ("crios/", "Chrome"),
    ("chromium/", "Chromium"),
    ("chrome/", "Chrome"),
    ("epiphany/", "GNOME Web"),
    ("konqueror", "Konqueror"),
    ("netsurf/", "NetSurf"),
    ("lynx/", "Lynx"),
    ("w3m/", "w3m"),
    ("msie ", "Internet Explorer"),
    ("trident/", "Internet Explorer"),
    ("version/", "Safari"),
    ("applewebkit/", "Safari"),
];

/// What they run on. A television tells the system that is inside as well, so it comes first.
const SYSTEMS: &[(&str, &str)] = &[
    ("smart-tv", "TV"),
    ("smarttv", "TV"),
    ("appletv", "TV"),
    ("android tv", "TV"),
    ("googletv", "TV"),
    ("bravia", "TV"),
    ("hbbtv", "TV"),
    ("web0s", "TV"),
    ("webos", "TV"),
    ("crkey", "TV"),
    ("; aft", "TV"),
    ("iphone", "iPhone"),
    ("ipod", "iPhone"),
    ("ipad", "iPad"),
    ("cros ", "ChromeOS"),
    ("windows phone", "Windows phone"),
    ("playstation", "game console"),
    ("nintendo", "game console"),
    ("xbox", "game console"),
    ("windows", "Windows"),
    ("macintosh", "macOS"),
    ("mac os", "macOS"),
    ("linux", "Linux"),
    ("x11", "Linux"),
    ("freebsd", "FreeBSD"),
];

impl Device {
    /// What a `User-Agent` tells; it may be missing, or anything.
    pub(in crate::http) fn of(agent: Option<&[u8]>) -> Self {
        /// A longer one tells nothing more.
        const READ: usize = 512;
        let agent = agent.map(|agent| String::from_utf8_lossy(&agent[..agent.len().min(READ)])).unwrap_or_default();
        let small = agent.to_ascii_lowercase();
        let named = |table: &[(&str, &'static str)]| table.iter().find(|(sign, _)| small.contains(sign)).map(|(_, name)| *name);
        let is_browser = small.starts_with("mozilla/") || small.starts_with("opera/");
        let is_bot = BOTS.iter().any(|sign| small.contains(sign));
        if let Some(tool) = if is_bot { Some("a bot") } else { named(TOOLS).filter(|_| !is_browser) } {
            return Self { program: tool.into(), on: None };
        }
        let on = if is_browser { named_system(&small).or_else(|| named(SYSTEMS)) } else { None };
        let android = on.is_some_and(|on| on.starts_with("Android"));
        match named(BROWSERS) {
            // What came with old Android calls itself Safari.
            Some("Safari") if android => Self { program: "Android Browser".into(), on },
            Some("Safari") if on.is_none() => Self { program: "a browser".into(), on },
            Some(browser) => Self { program: browser.into(), on },
            None if is_browser => Self { program: "a browser".into(), on },
            None => Self { program: cleaned(&agent), on: None },
        }
    }
}

/// Android says only in passing whether it is on a phone; Tizen whether it is in a television.
fn named_system(small: &str) -> Option<&'static str> {
    let is_tv = SYSTEMS.iter().any(|(sign, name)| *name == "TV" && small.contains(sign));
    if small.contains("tizen") && !small.contains("mobile") {
        return Some("TV");
    }
    if is_tv || !small.contains("android") || small.contains("windows phone") {
        return None;
    }
    Some(if small.contains("mobile") { "Android phone" } else { "Android tablet" })
}

/// What a program that is not known calls itself, as text for a list: short, and without anything that is not to be seen.
fn cleaned(agent: &str) -> Cow<'static, str> {
    const LONGEST: usize = 48;
    let plain: String = agent.chars().map(|letter| if letter.is_ascii_graphic() { letter } else { ' ' }).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match plain.len() {
        0 => "an unknown program".into(),
        1..=LONGEST => plain.into(),
        // All of it is ASCII, so that no letter is cut.
        _ => format!("{}…", &plain[..LONGEST]).into(),
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.program)?;
        match self.on {
            Some(on) => write!(f, " on {on}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(agent: &str) -> String {
        Device::of(Some(agent.as_bytes())).to_string()
    }

    const APPLE: &str = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
    const WEBKIT: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";

    #[test]
    fn browsers_are_told_in_words() {
        for (agent, expected) in [
            (
                format!("(iPhone; CPU iPhone OS 18_5 like Mac OS X) {APPLE} Version/18.5 Mobile/15E148 Safari/604.1"),
                "Safari on iPhone",
            ),
            (
                format!("(iPhone; CPU iPhone OS 18_5 like Mac OS X) {APPLE} CriOS/137.0 Mobile/15E148 Safari/604.1"),
                "Chrome on iPhone",
            ),
            (
                format!("(iPhone; CPU iPhone OS 18_5 like Mac OS X) {APPLE} EdgiOS/136.0 Version/18.0 Safari/604.1"),
                "Edge on iPhone",
            ),
            (
                format!("(iPhone; CPU iPhone OS 18_5 like Mac OS X) {APPLE} FxiOS/139.0 Mobile/15E148 Safari/605.1"),
                "Firefox on iPhone",
            ),
            // As a web app on the home screen.
            (format!("(iPhone; CPU iPhone OS 18_5 like Mac OS X) {APPLE} Mobile/15E148"), "Safari on iPhone"),
            (format!("(iPad; CPU OS 9_3_5 like Mac OS X) {APPLE} Version/9.0 Mobile/13G36 Safari/601.1"), "Safari on iPad"),
            (format!("(Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/18.5 Safari/605.1.15"), "Safari on macOS"),
            (format!("(Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/137.0.0.0 Safari/537.36"), "Chrome on Windows"),
            (format!("(Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/137.0.0.0 Safari/537.36 Edg/137.0.0.0"), "Edge on Windows"),
            (format!("(Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/136.0.0.0 Safari/537.36 OPR/120.0.0.0"), "Opera on Windows"),
            ("(Windows NT 10.0; Win64; x64; rv:139.0) Gecko/20100101 Firefox/139.0".into(), "Firefox on Windows"),
            ("(X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0".into(), "Firefox on Linux"),
            (format!("(X11; Linux x86_64) {WEBKIT} HeadlessChrome/137.0.0.0 Safari/537.36"), "Chrome on Linux"),
            (format!("(X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/137.0.0.0 Safari/537.36"), "Chrome on ChromeOS"),
            (format!("(Linux; Android 10; K) {WEBKIT} Chrome/137.0.0.0 Mobile Safari/537.36"), "Chrome on Android phone"),
            (format!("(Linux; Android 10; K) {WEBKIT} Chrome/137.0.0.0 Safari/537.36"), "Chrome on Android tablet"),
            ("(Android 15; Mobile; rv:139.0) Gecko/139.0 Firefox/139.0".into(), "Firefox on Android phone"),
            (
                format!("(Linux; Android 10; K) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"),
                "Samsung Internet on Android phone",
            ),
            (
                format!("(Linux; U; Android 4.0.3; de; GT-P5100) {APPLE} Version/4.0 Safari/534.30"),
                "Android Browser on Android tablet",
            ),
            (format!("(SMART-TV; LINUX; Tizen 6.0) {WEBKIT} 76.0.3809.146/6.0 TV Safari/537.36"), "Safari on TV"),
            (format!("(Web0S; Linux/SmartTV) {WEBKIT} Chrome/108.0.5359.211 Safari/537.36"), "Chrome on TV"),
            ("(compatible; MSIE 6.0; Windows NT 5.1)".into(), "Internet Explorer on Windows"),
            ("(Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko".into(), "Internet Explorer on Windows"),
            ("(something new)".into(), "a browser"),
            ("(compatible; Googlebot/2.1; +http://www.google.com/bot.html)".into(), "a bot"),
        ] {
            assert_eq!(words(&format!("Mozilla/5.0 {agent}")), expected, "{agent}");
        }
        assert_eq!(words("Opera/9.80 (Windows NT 5.1; U; en) Presto/2.10.289 Version/12.02"), "Opera on Windows");
        assert_eq!(words("NetSurf/3.10 (Linux)"), "NetSurf");
    }

    #[test]
    fn other_programs_are_told_by_name() {
        for (agent, expected) in [
            ("VLC/3.0.18 LibVLC/3.0.18", "VLC"),
            ("Lavf/59.27.100", "ffmpeg"),
            ("curl/7.88.1", "curl"),
            ("HomeAssistant/2025.6.1 aiohttp/3.12.12 Python/3.13", "Home Assistant"),
            ("python-requests/2.32.3", "a Python program"),
            ("OpenCV/4.10", "OpenCV"),
            ("DoorMirror/2 (hall)", "DoorMirror/2 (hall)"),
        ] {
            assert_eq!(words(agent), expected);
        }
    }

    #[test]
    fn what_is_not_known_is_short_plain_text() {
        for nothing in [None, Some(&b""[..]), Some(b" \t"), Some(b"\xe2\x80\xae\xff")] {
            assert_eq!(Device::of(nothing).to_string(), "an unknown program");
        }
        assert_eq!(words("Mine\u{202e}/1\u{7}.0"), "Mine /1 .0");
        let long = words(&"x".repeat(5000));
        assert!(long.chars().count() == 49 && long.ends_with('…'), "{long}");
    }
}
