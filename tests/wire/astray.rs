//! Paths and names that lead astray: out of a folder, to a device, or into a page.

use std::collections::HashSet;

use cometcam_tests::deadline::soon;
use cometcam_tests::files::files;
use cometcam_tests::jpeg;
use cometcam_tests::raw::exchange;
use cometcam_tests::server::{Server, folder};

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
    let ours = ["live", "sequence", "started", "tmp", "lock", "publish-key", "operator-key", "frames"];
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
