//! Watching that asks for a password or a code: what is behind it, who gets in and how, and who doesn't.

use std::collections::BTreeSet;

use cometcam_tests::http::{Answer, Call};
use cometcam_tests::jpeg;
use cometcam_tests::program::Output;
use cometcam_tests::server::Server;
use hyper::Method;

pub(crate) const LOCKED: &str = "channels: { locked: { watch_password: open sesame } }";
const RED: [u8; 3] = [200, 30, 30];
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0";

/// The server's own table, as it stands in its source.
const SERVER: &str = include_str!("../../server/src/http/routes.rs");

/// What somebody typed, sent as a browser does.
pub(crate) fn entering(server: &Server, word: &str, next: &str) -> Call {
    let encoded = |text: &str| text.replace('%', "%25").replace('&', "%26").replace('=', "%3D").replace(' ', "+");
    let form = format!("word={}&next={}", encoded(word), encoded(next));
    let call = server.call(Method::POST, "/enter").header("Origin", &server.url("")).header("User-Agent", BROWSER);
    call.body("application/x-www-form-urlencoded", form)
}

/// The cookie that an answer gives.
#[track_caller]
pub(crate) fn cookie_of(answer: &Answer) -> String {
    let cookie = answer.header("Set-Cookie").unwrap_or_else(|| panic!("{} gives no cookie: {}", answer.asked, answer.text()));
    cookie.split(';').next().unwrap().to_owned()
}

/// Somebody who knows the password.
pub(crate) async fn guest(server: &Server, password: &str) -> String {
    cookie_of(&entering(server, password, "/").send().await.expect(303))
}

pub(crate) async fn code(server: &Server) -> String {
    let pairing = server.call(Method::POST, "/api/pairing").key(&server.operator_key()).send().await.expect(201).json();
    pairing["digits"].as_str().unwrap().to_owned()
}

/// A server that has a picture on the channel `locked`, which wants a password, and on `open`; and the pictures' addresses.
pub(crate) async fn serving(yaml: &str) -> (Server, [String; 2]) {
    let server = Server::configured(yaml, &[]).await;
    let mut urls = Vec::new();
    for channel in ["locked", "open"] {
        let saved = server.upload(&format!("{channel}?publish"), "image/jpeg", jpeg::jpeg(64, 48, RED)).await.expect(201);
        urls.push(saved.json()["url"].as_str().unwrap().to_owned());
    }
    (server, urls.try_into().unwrap())
}

/// All addresses by which viewers may ask for something of a channel: of each route of the server that names one, whoever made it.
fn addresses(picture: &str) -> BTreeSet<String> {
    let routes = SERVER.lines().filter_map(|line| line.trim().strip_prefix("route!(\"GET\" \"")?.split_once("\", "));
    let of_viewers = routes.filter(|(_, rest)| !rest.starts_with("Publisher") && !rest.starts_with("Operator"));
    let file = picture.rsplit('/').next().unwrap();
    of_viewers
        .flat_map(|(pattern, _)| {
            let filled = |channel: &str, ending: &str| {
                let part = |part| match part {
                    "CH" | "CHS" => channel.to_owned(),
                    "CH.EXT" => format!("{channel}.{ending}"),
                    part if part.starts_with(char::is_uppercase) => file.to_owned(),
                    part => part.to_owned(),
                };
                pattern.split('/').map(part).collect::<Vec<_>>().join("/")
            };
            match pattern {
                _ if pattern.contains("/CHS") => {
                    ["locked", "open,locked", "locked,open", "l%6Fcked"].map(|of| filled(of, "")).to_vec()
                }
                _ if pattern.contains("/CH.EXT") => ["jpg", "mjpg", "gif"].map(|ending| filled("locked", ending)).to_vec(),
                _ if pattern.contains("/CH") => vec![filled("locked", ""), filled("l%6Fcked", "")],
                _ => Vec::new(),
            }
        })
        .collect()
}

#[tokio::test]
async fn no_route_gives_anything_of_a_protected_channel_to_who_has_not_entered() {
    let (server, [picture, _]) = serving(LOCKED).await;
    let etag = format!("\"{}\"", picture.rsplit('/').next().unwrap().trim_end_matches(".jpg"));
    let all = addresses(&picture);
    assert!(all.len() >= 14 && all.contains(&picture) && all.contains("/sub/open,locked"), "the table is read: {all:?}");
    let cookie = guest(&server, "open sesame").await;
    let asked = |path: &str| {
        let get = server.call(Method::GET, path);
        [
            get.clone(),
            server.call(Method::HEAD, path),
            get.clone().header("Range", "bytes=0-9"),
            get.clone().header("If-None-Match", &etag),
            get.clone().header("If-None-Match", "*"),
            get.clone().header("Accept", "text/event-stream"),
            get.clone().header("Accept", "multipart/mixed"),
            get.clone().header("Cookie", "cometcam=0; a=b"),
            get.clone().header("Cookie", &cookie[..cookie.len() - 1]),
            get.header("User-Agent", BROWSER),
        ]
    };
    for path in &all {
        for query in ["", "?poll", "?latest&viewer=1", "?first=newest&timeout=0"] {
            for call in asked(&format!("{path}{query}")) {
                let answer = call.send().await.expect(401);
                let told = answer.text();
                assert!(!told.contains("\"type\"") && !told.contains("/frames/locked/1"), "{}: {told}", answer.asked);
                assert!(answer.header("Etag").is_none() && answer.header("Content-Location").is_none(), "{:?}", answer.headers);
            }
            let entered = server.call(Method::GET, &format!("{path}{query}")).header("Cookie", &cookie).open().await;
            assert!(![401, 403, 429].contains(&entered.status.as_u16()), "{path}{query}: {}", entered.status);
        }
    }
}

#[tokio::test]
async fn a_list_names_a_protected_channel_only_to_who_may_watch_it() {
    let (server, _) = serving(LOCKED).await;
    let names = async |call: Call| {
        let list = call.send().await.expect(200).json();
        let names = list["channels"].as_array().unwrap().iter().map(|channel| channel["name"].as_str().unwrap().to_owned());
        (names.collect::<Vec<_>>(), list["locked"].as_bool())
    };
    let ask = || server.call(Method::GET, "/api/channels");
    let (both, one) = (vec!["locked".to_owned(), "open".to_owned()], vec!["open".to_owned()]);
    assert_eq!(names(ask()).await, (one, Some(true)));
    let cookie = guest(&server, "open sesame").await;
    for allowed in [
        ask().header("Cookie", &cookie),
        ask().key(&server.operator_key()),
        ask().key(&server.publish_key()),
        ask().header("Authorization", "Basic YW55Om9wZW4gc2VzYW1l"),
    ] {
        assert_eq!(names(allowed).await, (both.clone(), None));
    }
    let home = server.get("/").await.expect(200);
    assert!(!home.text().contains("locked") && home.text().contains("/client/watch.js"), "the page of the one channel");
    let _wrong = ask().header("Authorization", "Basic YW55Ondyb25n").send().await.expect(401);
    let _wrong = ask().key("wrong").send().await.expect(403);
}

#[tokio::test]
async fn where_all_is_protected_the_first_page_is_the_form_and_leads_back() {
    let server = Server::configured("channels: { \"**\": { watch_password: open sesame } }", &[]).await;
    let _nothing_on_air = server.get("/").await.expect(200);
    let _saved = server.upload("front?publish", "image/jpeg", jpeg::jpeg(64, 48, RED)).await.expect(201);
    let form = server.get("/").await.expect(401);
    assert!(form.text().contains("<form") && !form.text().contains("front"), "{}", form.text());
    let entered = entering(&server, "open sesame", "/").send().await.expect(303);
    assert_eq!(entered.header("Location"), Some("/"));
    let home = server.call(Method::GET, "/").header("Cookie", &cookie_of(&entered)).send().await.expect(200);
    assert!(home.text().contains("/client/watch.js"), "{}", home.text());
}

#[tokio::test]
async fn pages_get_a_small_form_scripts_a_word_and_other_programs_a_challenge() {
    let (server, [picture, _]) = serving(LOCKED).await;
    for path in ["/watch/locked?x=%22%3E", "/kiosk/open,locked?display=Hall"] {
        let form = server.get(path).await.expect(401);
        let page = form.text();
        assert!(page.len() < 4096 && !page.contains("<script"), "{} bytes", page.len());
        assert!(form.header("Content-Type").unwrap().starts_with("text/html") && form.header("WWW-Authenticate").is_none());
        assert!(page.contains(&format!("value=\"{path}\"")) && page.contains("others in the same network"), "{page}");
        assert!(form.header("Content-Security-Policy").unwrap().contains("form-action 'self'"));
        // With another policy browsers tell no origin.
        assert_eq!(form.header("Referrer-Policy"), Some("same-origin"));
    }
    for call in
        [server.call(Method::GET, "/sub/locked?poll&viewer=1"), server.call(Method::GET, &picture).header("User-Agent", BROWSER)]
    {
        let told = call.send().await.expect(401);
        assert!(told.header("WWW-Authenticate").is_none() && told.header("Content-Type").unwrap().starts_with("text/plain"));
    }
    for path in ["/sub/locked?poll", &picture, "/live/locked.mjpg"] {
        assert_eq!(server.get(path).await.expect(401).header("WWW-Authenticate"), Some("Basic realm=\"Cometcam\""), "{path}");
    }
    let opened = server.call(Method::GET, "/live/locked.jpg").header("User-Agent", BROWSER).header("Accept", "text/html,*/*");
    assert!(opened.send().await.expect(401).text().contains("<form"), "a person looks at it");
}

#[tokio::test]
async fn a_word_is_taken_from_this_servers_form_alone_and_leads_nowhere_else() {
    let (server, _) = serving(LOCKED).await;
    for next in ["//evil.example/", "/\\evil.example/", "http://evil.example/", "/\r\nSet-Cookie: a=b", "/\t/evil.example"] {
        let entered = entering(&server, "open sesame", next).send().await.expect(303);
        assert_eq!(entered.header("Location"), Some("/"), "{next}");
    }
    for origin in ["http://evil.example", "null", &format!("http://127.0.0.1:{}", server.address.port().wrapping_add(1))] {
        let _refused = entering(&server, "open sesame", "/").header("Origin", origin).send().await.expect(403);
    }
    let form = || {
        let call = server.call(Method::POST, "/enter");
        call.body("application/x-www-form-urlencoded", "word=open+sesame&next=/watch/locked")
    };
    let _foreign = form().header("Referer", "http://evil.example/").send().await.expect(403);
    let _old_browser = form().header("Referer", &server.url("/watch/locked")).send().await.expect(303);
    let _no_word_in_an_address = server.get("/enter?word=open+sesame&next=/watch/locked").await.expect(200);
    let _no_form = server.call(Method::POST, "/enter").body("application/json", "{}").send().await.expect(400);
    let opened = server.get("/enter?next=/watch/open").await.expect(303);
    assert_eq!(opened.header("Location"), Some("/watch/open"), "nothing is asked there");
}

#[tokio::test]
async fn each_entering_gives_a_new_cookie_that_scripts_and_other_sites_dont_see_and_voids_the_old_one() {
    let (server, _) = serving(LOCKED).await;
    let entered = entering(&server, "open sesame", "/watch/locked").send().await.expect(303);
    let given = entered.header("Set-Cookie").unwrap();
    for word in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=34560000", "Expires="] {
        assert!(given.contains(word), "{given}");
    }
    let first = cookie_of(&entered);
    let watch = |cookie: &str| server.call(Method::GET, "/watch/locked").header("Cookie", cookie).send();
    let _lets_in = watch(&first).await.expect(200);
    let again = entering(&server, "open sesame", "/watch/locked").header("Cookie", &first).send().await.expect(303);
    let second = cookie_of(&again);
    assert_ne!(first, second, "whoever may have put the first one there");
    let _void = watch(&first).await.expect(401);
    let _lets_in = watch(&format!("other=1; {second}")).await.expect(200);
    let guests = server.call(Method::GET, "/api/guests").key(&server.operator_key()).send().await.expect(200).json();
    assert_eq!(guests["guests"].as_array().unwrap().len(), 1, "it is one device: {guests}");
}

#[tokio::test]
async fn of_two_channels_with_passwords_of_their_own_both_are_asked_for_and_one_cookie_has_both() {
    let yaml = "channels: { locked: { watch_password: one }, open: { watch_password: other } }";
    let (server, _) = serving(yaml).await;
    let one = guest(&server, "one").await;
    let ask = |path: &str, cookie: &str| server.call(Method::GET, path).header("Cookie", cookie).send();
    let _one = ask("/sub/locked?poll", &one).await.expect(200);
    let _not_both = ask("/sub/locked,open?poll", &one).await.expect(401);
    let wrong = entering(&server, "one", "/watch/open").header("Cookie", &one).send().await.expect(403);
    assert!(wrong.text().contains("not the password"), "it is another channel's: {}", wrong.text());
    let both = cookie_of(&entering(&server, "other", "/sub/locked,open").header("Cookie", &one).send().await.expect(303));
    for path in ["/sub/locked,open?poll", "/live/locked.jpg", "/live/open.jpg"] {
        let _both = ask(path, &both).await.expect(200);
    }
}

#[tokio::test]
async fn what_asks_for_nothing_stays_open() {
    let yaml = "channels: { \"**\": { watch_password: open sesame } }";
    let (server, _) = serving(yaml).await;
    for path in ["/client/look.css", "/client/watch.js", "/favicon.ico", "/api/now", "/healthz", "/api/channels"] {
        let open = server.get(path).await.expect(200);
        assert!(!open.text().contains("locked\",\"state"), "{path}");
    }
}

#[tokio::test]
async fn the_password_is_told_nowhere() {
    let server = Server::configured("channels: { locked: { watch_password: Swordfish77 } }", &["--log", "trace"]).await;
    let wrong = entering(&server, "Swordfish78", "/watch/locked").send().await.expect(403);
    let right = entering(&server, "Swordfish77", "/watch/locked").send().await.expect(303);
    let basic =
        server.call(Method::GET, "/live/locked.jpg").header("Authorization", "Basic OlN3b3JkZmlzaDc3").send().await.expect(404);
    assert!(server.stop().await.success());
    let printed = server.program.printed(Output::Stderr) + &server.program.printed(Output::Stdout);
    let stored = std::fs::read_to_string(server.data().join("guests")).unwrap();
    let answers = [&wrong, &right, &basic].map(|answer| format!("{:?} {}", answer.headers, answer.text())).join("\n");
    for (place, text) in [("printed", printed), ("stored", stored), ("answered", answers)] {
        assert!(!text.contains("Swordfish") && !text.contains("OlN3b3Jk"), "{place}: {text}");
    }
}
