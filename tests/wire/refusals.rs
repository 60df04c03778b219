//! Who may not: keys, Host and Origin beyond the `table`; and paths that lead astray.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use cometcam_tests::deadline::soon;
use cometcam_tests::files::files;
use cometcam_tests::jpeg;
use cometcam_tests::raw::exchange;
use cometcam_tests::server::{Server, folder};
use hyper::Method;

/// What every viewer may do; each would show a picture or lead to one.
const VIEWERS: [&str; 7] =
    ["/", "/watch/front", "/kiosk/front", "/sub/front?poll", "/live/front.jpg", "/api/channels", "/api/now"];

#[tokio::test]
async fn the_old_header_for_the_publish_key_is_good_for_publishing_alone() {
    let server = Server::alone(&[]).await;
    let post =
        |path: &str, key: &str| server.call(Method::POST, path).header("X-CPS-Publish-Key", key).body("text/plain", "x").send();
    let _stored = post("/pub/front", &server.publish_key()).await.expect(202);
    let _wrong = post("/pub/front", "wrong").await.expect(403);
    let _not_there = post("/api/cameras/front/pause", &server.operator_key()).await.expect(401);
}

#[tokio::test]
async fn keys_are_made_for_their_owner_alone_and_told_by_file_not_by_value() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::alone(&[]).await;
    let told = server.program.printed(cometcam_tests::program::Output::Stderr);
    for (file, key) in [("publish-key", server.publish_key()), ("operator-key", server.operator_key())] {
        let path = server.data().join(file);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
        assert!(key.len() >= 22, "{file} is long enough not to be guessed");
        assert!(told.contains(&*path.to_string_lossy()) && !told.contains(&key), "{file}: {told}");
    }
    assert_ne!(server.publish_key(), server.operator_key());
}

#[tokio::test]
async fn keys_stay_the_same_over_restarts() {
    let data = folder();
    let mut keys = Vec::new();
    for _ in 0..2 {
        let server = Server::start("cometcam-server", data.path(), &[]).await;
        keys.push((server.publish_key(), server.operator_key()));
        assert!(server.stop().await.success());
    }
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn a_key_on_the_command_line_is_the_key() {
    let server = Server::alone(&["--publish-key", "our-own-key-of-some-length"]).await;
    let call = server.call(Method::POST, "/pub/front").key("our-own-key-of-some-length");
    let _stored = call.body("text/plain", "x").send().await.expect(202);
}

#[tokio::test]
async fn open_publishing_is_said_loudly_and_closed_to_other_sites() {
    let server = Server::alone(&["--publish-key", "none"]).await;
    let told = server.program.printed(cometcam_tests::program::Output::Stderr).to_lowercase();
    assert!(told.contains("anyone") || told.contains("everyone") || told.contains("without a key"), "{told}");
    let post = || server.call(Method::POST, "/pub/front").body("text/plain", "x");
    let _open = post().send().await.expect(202);
    let _own_page = post().header("Origin", &server.url("")).send().await.expect(202);
    for origin in ["http://evil.example", "null", &format!("http://localhost:{}", server.address.port())] {
        let _refused = post().header("Origin", origin).send().await.expect(403);
    }
}

#[tokio::test]
async fn open_publishing_opens_no_channel_that_has_a_key_of_its_own() {
    let yaml = "channels: { locked: { publish_key: a-key-of-its-own-of-some-length } }";
    let server = Server::configured(yaml, &["--publish-key", "none"]).await;
    let post = |channel: &str| server.call(Method::POST, &format!("/pub/{channel}")).body("text/plain", "x");
    let _open = post("front").send().await.expect(202);
    let _no_key = post("locked").send().await.expect(401);
    let _wrong_key = post("locked").key("wrong").send().await.expect(403);
    let _its_own_key = post("locked").key("a-key-of-its-own-of-some-length").send().await.expect(202);
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_421_and_told_what_works() {
    let server = Server::alone(&[]).await;
    let port = server.address.port();
    let page = server.call(Method::GET, "/").header("Host", &format!("evil.example:{port}")).send().await.expect(421).text();
    assert!(page.contains(&format!("127.0.0.1:{port}")) && page.contains("hosts:"), "{page}");
}

#[tokio::test]
async fn addresses_and_the_machines_own_names_are_ours() {
    let server = Server::alone(&[]).await;
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned();
    let ours = [
        "127.0.0.1",
        "localhost",
        "LOCALHOST:80",
        "192.168.1.20:8060",
        "[::1]",
        "[fe80::1]:8060",
        &name,
        &format!("{name}.local"),
    ];
    for host in ours {
        let answer = server.call(Method::GET, "/api/now").header("Host", host).send().await;
        assert_eq!(answer.status, 200, "Host: {host}");
    }
    let others = ["localhost.evil.example", "127.0.0.1.evil.example", "evil.local", "127.0.0.1@evil.example", "256.1.1.1", ""];
    for host in others {
        let answer = server.call(Method::GET, "/api/now").header("Host", host).send().await;
        assert!([400, 421].contains(&answer.status.as_u16()), "Host: {host} gave {}", answer.status);
    }
}

#[tokio::test]
async fn a_configured_name_is_ours() {
    let server = Server::configured("hosts: [cam.example.org]", &[]).await;
    let ask = |host: &str| server.call(Method::GET, "/api/now").header("Host", host).send();
    let _ours = ask("cam.example.org").await.expect(200);
    let _ours = ask("Cam.Example.Org:8060").await.expect(200);
    let _not_ours = ask("sub.cam.example.org").await.expect(421);
}

#[tokio::test]
async fn host_may_be_missing_in_the_oldest_http_alone_and_never_doubled() {
    let server = Server::alone(&[]).await;
    let answer = exchange(server.address, "GET /api/now HTTP/1.0\r\n\r\n").await;
    assert!(answer.contains(" 200 OK\r\n"), "{answer}");
    for request in [
        "GET /api/now HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /api/now HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        "GET http://evil.example/api/now HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ] {
        let answer = exchange(server.address, request).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.1 421 "), "{request:?} gave {answer}");
    }
}

#[tokio::test]
async fn health_is_told_under_any_name() {
    let server = Server::alone(&[]).await;
    let _healthy = server.call(Method::GET, "/healthz").header("Host", "evil.example").send().await.expect(200);
}

#[tokio::test]
async fn other_origins_read_nothing() {
    let server = Server::alone(&[]).await;
    let _frame = server.upload("front?publish", "image/jpeg", jpeg::jpeg(8, 8, [0; 3])).await.expect(201);
    for path in VIEWERS {
        let answer = server.call(Method::GET, path).header("Origin", "http://evil.example").send().await;
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")), "{path}: {:?}", answer.headers);
        assert_eq!(answer.header("Cross-Origin-Resource-Policy"), Some("same-origin"), "{path}");
    }
    for path in ["/", "/watch/front", "/kiosk/front"] {
        let policy = server.get(path).await.expect(200).header("Content-Security-Policy").unwrap_or_default().to_owned();
        assert!(policy.contains("frame-ancestors 'self'") && policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
    }
}

#[tokio::test]
async fn an_origin_that_a_channel_allows_may_read_it_and_no_other_channel() {
    let yaml = "channels: { open: { cross_origin: [\"https://example.org\"] } }";
    let server = Server::configured(yaml, &[]).await;
    let ask = |method: Method, path: &str, origin: &str| server.call(method, path).header("Origin", origin).send();
    let allowed = ask(Method::GET, "/sub/open?poll", "https://example.org").await.expect(304);
    assert_eq!(allowed.header("Access-Control-Allow-Origin"), Some("https://example.org"));
    let preflight = ask(Method::OPTIONS, "/sub/open", "https://example.org").await;
    let headers = preflight.header("Access-Control-Allow-Headers").unwrap_or_default().to_lowercase();
    assert!(preflight.status.is_success() && headers.contains("etag") && headers.contains("if-none-match"), "{headers}");
    for (path, origin) in [("/sub/open?poll", "https://evil.example"), ("/sub/shut?poll", "https://example.org")] {
        let other = ask(Method::GET, path, origin).await;
        assert_eq!(other.header("Access-Control-Allow-Origin"), None, "{path} for {origin}");
    }
}

#[tokio::test]
async fn a_channels_own_key_is_good_for_that_channel_alone() {
    let server = Server::configured("channels: { yard: { publish_key: a-key-for-the-yard-alone } }", &[]).await;
    let post = |channel: &str| server.call(Method::POST, &format!("/pub/{channel}")).body("text/plain", "x");
    let _stored = post("yard").key("a-key-for-the-yard-alone").send().await.expect(202);
    let _refused = post("front").key("a-key-for-the-yard-alone").send().await.expect(403);
}

#[tokio::test]
async fn no_spelling_of_a_path_leads_out_of_a_folder() {
    let site = folder();
    std::fs::create_dir(site.path().join("www")).unwrap();
    std::fs::write(site.path().join("www/index.html"), "ours").unwrap();
    std::fs::write(site.path().join("secret.txt"), "SECRET").unwrap();
    let www = site.path().join("www").display().to_string();
    let server = Server::alone(&["--site", &www]).await;
    let key = server.publish_key();
    let secret = site.path().join("secret.txt").display().to_string();
    let key_file = server.data().join("publish-key").display().to_string();
    let ways = [
        "../",
        "..%2f",
        "%2e%2e/",
        "%2e%2e%2f",
        "..\\",
        "..%5c",
        "%252e%252e%252f",
        "..%252f",
        "....//",
        "..;/",
        ".%2e/",
        "%c0%ae%c0%ae/",
        "..%00/",
    ];
    let targets = ["secret.txt", "etc/passwd", "publish-key", "data/publish-key"];
    let absolute = [
        secret.clone(),
        key_file.clone(),
        "/etc/passwd".to_owned(),
        "C:/Windows/win.ini".to_owned(),
        "C:%5cWindows%5cwin.ini".to_owned(),
        format!("%2f{secret}"),
        "file:///etc/passwd".to_owned(),
    ];
    for base in ["/", "/client/", "/frames/front/", "/frames/", "/live/", "/watch/", "/kiosk/", "/sub/"] {
        let climbs = ways.iter().flat_map(|way| [1, 2, 6].map(|times| way.repeat(times)));
        let climbing = climbs.flat_map(|climb| targets.map(|target| format!("{base}{climb}{target}")));
        for path in climbing.chain(absolute.iter().map(|path| format!("{base}{path}"))) {
            let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            // A subscriber location would hold.
            let request = if base == "/sub/" { request.replacen(" HTTP", "?poll HTTP", 1) } else { request };
            let answer = exchange(server.address, request).await;
            let leaked = answer.contains("SECRET") || answer.contains("root:") || answer.contains(&key);
            assert!(answer.starts_with("HTTP/1.1 ") && !leaked, "{path} gave {answer}");
        }
    }
}

/// Names that would lead out of the folder, or to a device, if they were one of its files.
const ASTRAY: [&str; 20] = [
    "..%2fx",
    "..%2F..%2F..%2Fx",
    "%2e%2e",
    "%2e%2e%2fetc%2fx",
    "%2e",
    "..%5cx",
    "%5c..%5cx",
    "%252e%252e%252fx",
    "..%252fx",
    "%2fetc%2fx",
    "x%2f..%2f..%2f..%2fy",
    "c%3a%5cx",
    "C:",
    "con",
    "CON.x",
    "nul",
    "lpt1",
    "~",
    "x.",
    "x%20",
];

#[tokio::test]
async fn a_picture_is_saved_below_the_data_folder_whatever_its_channel_is_called() {
    let around = folder();
    let data = around.path().join("some/where/data");
    let server = Server::start("cometcam-server", &data, &[]).await;
    let saved = || files(&data.join("live"));
    for (count, name) in (1..).zip(ASTRAY) {
        let _saved = server.upload(name, "image/jpeg", jpeg::jpeg(8, 8, [0; 3])).await.expect(201);
        soon(&format!("a file for {name}"), async {
            while saved().iter().filter(|path| path.extension().is_some_and(|ending| ending == "jpg")).count() < count {
                let _disk_comes_behind = server.get("/api/now").await;
            }
        })
        .await;
    }
    let channels: HashSet<_> = std::fs::read_dir(data.join("live")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(channels.len(), ASTRAY.len(), "each has a folder of its own: {channels:?}");
    for folder in channels {
        let folder = folder.into_string().unwrap();
        let safe = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_.%".contains(letter);
        assert!(folder.chars().all(safe) && !folder.starts_with('.') && !folder.ends_with('.'), "{folder}");
        assert!(!["con", "nul", "lpt"].iter().any(|device| folder.starts_with(device)), "{folder}");
    }
    let outside: Vec<_> = files(around.path()).into_iter().filter(|path| !path.starts_with(&data)).collect();
    assert!(outside.is_empty(), "{outside:?}");
    let ours = ["live", "sequence", "tmp", "lock", "publish-key", "operator-key", "frames"];
    for entry in std::fs::read_dir(&data).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(ours.contains(&name.as_str()), "{name}");
    }
}

#[tokio::test]
async fn names_that_a_shell_or_a_disk_takes_apart_are_400() {
    let server = Server::alone(&[]).await;
    for name in ["a%00b", "a%0a", "%c0%ae%c0%ae", "%ff", "a,b"] {
        let _refused = server.upload(name, "image/jpeg", jpeg::jpeg(8, 8, [0; 3])).await.expect(400);
    }
    assert_eq!(files(&server.data().join("live")), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn wrong_keys_wait_in_one_line_and_a_right_one_does_not() {
    let server = Server::alone(&[]).await;
    let _created = server.publisher(Method::PUT, "front").send().await.expect(200);
    let begun = Instant::now();
    let ask = |key: String| {
        let call = server.call(Method::GET, "/pub/front").key(&key);
        tokio::spawn(async move { (call.send().await.status, begun.elapsed()) })
    };
    let guesses: Vec<_> = (0..4).map(|guess| ask(format!("guess-{guess}"))).collect();
    let right = ask(server.publish_key()).await.unwrap();
    let mut waited = Vec::new();
    for guess in guesses {
        let (status, after) = guess.await.unwrap();
        assert_eq!(status, 403);
        waited.push(after);
    }
    waited.sort();
    assert!(waited[3] >= Duration::from_secs(1), "four guesses at a time took {waited:?}");
    assert!(right.0 == 200 && right.1 < waited[1], "a right key took {:?}, and guesses {waited:?}", right.1);
}

#[tokio::test]
async fn keys_come_by_environment_too() {
    let keys = [("COMETCAM_PUBLISH_KEY", "a-key-for-publishers"), ("COMETCAM_OPERATOR_KEY", "a-key-for-operators")];
    for name in ["cometcam-server", "cometcam"] {
        let data = folder();
        let options: &[&str] = if name == "cometcam" { &["--headless", "--source", "test-pattern"] } else { &[] };
        let server = Server::start_in(&keys, name, data.path(), options).await;
        let post = |path: &str, key: &str| server.call(Method::POST, path).key(key).body("text/plain", "x").send();
        let _stored = post("/pub/other", keys[0].1).await.expect(202);
        let _refused = post("/pub/other", keys[1].1).await.expect(403);
        let _refused = post("/api/cameras/front/pause", keys[0].1).await.expect(403);
        let paused = post("/api/cameras/front/pause", keys[1].1).await;
        assert_eq!(paused.status, if name == "cometcam" { 204 } else { 404 }, "{name}: {}", paused.text());
        for file in ["publish-key", "operator-key"] {
            assert!(!data.path().join(file).exists(), "{name}: no other {file} is made");
        }
    }
}

#[tokio::test]
async fn nothing_of_the_data_folder_but_pictures_is_served() {
    let server = Server::alone(&[]).await;
    for name in std::fs::read_dir(server.data()).unwrap() {
        let name = name.unwrap().file_name().into_string().unwrap();
        for base in ["/", "/frames/", "/data/", "/client/"] {
            let answer = server.get(&format!("{base}{name}")).await;
            assert!(answer.status.is_client_error(), "{base}{name} gave {}", answer.status);
        }
    }
}

#[tokio::test]
async fn a_name_with_markup_is_shown_as_text() {
    let server = Server::alone(&[]).await;
    let name = "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E";
    let page = server.get(&format!("/watch/{name}")).await.text();
    assert!(!page.contains("<img src=x"), "{page}");
    let refused = server.get(&format!("/nothing/{name}")).await.expect(404);
    assert!(!refused.text().contains("<img src=x"), "{}", refused.text());
}
