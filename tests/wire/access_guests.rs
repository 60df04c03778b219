//! Guests: how they come by a code, and how each of them is sent away again.

use std::os::unix::fs::PermissionsExt;

use cometcam_server::access::{How, Paired, Pairing};
use cometcam_server::server;
use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::deadline::soon;
use cometcam_tests::http::{Answer, Call};
use cometcam_tests::jpeg;
use cometcam_tests::program::Output;
use cometcam_tests::raw::Raw;
use cometcam_tests::server::{Server, folder};
use hyper::Method;
use serde_json::Value;

use crate::access::{LOCKED, code, cookie_of, entering, guest};

const RED: [u8; 3] = [200, 30, 30];

pub(crate) fn another(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

async fn guests(server: &Server) -> Vec<Value> {
    let answer = server.call(Method::GET, "/api/guests").key(&server.operator_key()).send().await.expect(200).json();
    answer["guests"].as_array().unwrap().clone()
}

async fn revoke(server: &Server, guest: &Value) -> Answer {
    let path = format!("/api/guests/{}", guest["id"].as_str().unwrap());
    server.call(Method::DELETE, &path).key(&server.operator_key()).send().await
}

/// With a picture of `size` bytes and more on the channel `locked`, and its address.
async fn with_picture(server: &Server, size: usize) -> String {
    let mut picture = jpeg::jpeg(64, 48, RED);
    picture.resize(picture.len() + size, 0);
    let saved = server.upload("locked?publish", "image/jpeg", picture).await.expect(201);
    saved.json()["url"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_code_lets_devices_in_until_it_is_voided_and_they_stay() {
    let server = Server::configured(LOCKED, &[]).await;
    let first = code(&server).await;
    assert!(first.len() == 6 && first.bytes().all(|digit| digit.is_ascii_digit()), "{first}");
    let typed = format!("{} {}", &first[..3], &first[3..]);
    let phone = cookie_of(&entering(&server, &typed, "/watch/locked").send().await.expect(303));
    let _second_phone = entering(&server, &first, "/watch/locked").send().await.expect(303);
    let second = code(&server).await;
    let _void = entering(&server, &first, "/watch/locked").send().await.expect(if first == second { 303 } else { 403 });
    let _stopped = server.call(Method::DELETE, "/api/pairing").key(&server.operator_key()).send().await.expect(204);
    let _void = entering(&server, &second, "/watch/locked").send().await.expect(403);
    let _stays = server.call(Method::GET, "/watch/locked").header("Cookie", &phone).send().await.expect(200);
    let known = guests(&server).await;
    assert_eq!(known.len(), 2);
    assert!(known.iter().all(|guest| guest["how"] == "code" && guest["address"] == "127.0.0.1"), "{known:?}");
}

#[tokio::test]
async fn guests_stay_over_a_restart_by_what_only_their_cookies_make_sense_of() {
    let own = folder();
    let (config, data) = (own.path().join("config.yaml"), own.path().join("data"));
    let start = async |yaml: &str| {
        std::fs::write(&config, yaml).unwrap();
        Server::start("cometcam-server", &data, &["--config", &config.display().to_string()]).await
    };
    let watch = async |server: &Server, cookie: &str| {
        server.call(Method::GET, "/sub/locked?poll").header("Cookie", cookie).send().await.status.as_u16()
    };
    let server = start(LOCKED).await;
    let by_password = guest(&server, "open sesame").await;
    let by_code = cookie_of(&entering(&server, &code(&server).await, "/watch/locked").send().await.expect(303));
    let revoked = guest(&server, "open sesame").await;
    let last = guests(&server).await.pop().unwrap();
    let _revoked = revoke(&server, &last).await.expect(204);
    assert!(server.stop().await.success());
    let file = data.join("guests");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let stored = std::fs::read_to_string(&file).unwrap();
    for cookie in [&by_password, &by_code] {
        assert!(!stored.contains(cookie.split('=').nth(1).unwrap()), "{stored}");
    }
    let server = start(LOCKED).await;
    let statuses = [watch(&server, &by_password).await, watch(&server, &by_code).await, watch(&server, &revoked).await];
    assert_eq!(statuses, [304, 304, 401]);
    assert_eq!(guests(&server).await.len(), 2);
    server.kill().await;
    let server = start("channels: { locked: { watch_password: another one } }").await;
    let statuses = [watch(&server, &by_password).await, watch(&server, &by_code).await];
    assert_eq!(statuses, [401, 304], "a new password voids the old one, and no code");
}

#[tokio::test]
async fn a_damaged_list_of_guests_is_said_and_begun_anew() {
    let data = folder();
    std::fs::write(data.path().join("guests"), "{\"server\":\"x").unwrap();
    let server = Server::start("cometcam-server", data.path(), &[]).await;
    let words = "has to enter again";
    let _told = server.program.line(Output::Stderr, words, |line| line.contains(words)).await;
    assert_eq!(guests(&server).await.len(), 0);
}

#[tokio::test]
async fn what_a_revoked_guest_holds_ends_at_once_and_nobody_elses() {
    let server = Server::configured("channels: { \"**\": { watch_password: open sesame } }", &[]).await;
    let picture = with_picture(&server, 8 << 20).await;
    let (cookie, other) = (guest(&server, "open sesame").await, guest(&server, "open sesame").await);
    let call = |path: &str, cookie: &str| server.call(Method::GET, path).header("Cookie", cookie);
    let held = |cookie: &str| tokio::spawn(call("/sub/quiet?first=newest", cookie).wait());
    let (poll, mut others) = (held(&cookie), held(&other));
    server.held("quiet", 2).await;
    let mut stream = call("/live/locked.mjpg", &cookie).open().await;
    assert!(stream.piece().await.is_some());
    let mut slow = Raw::slow(server.address).await;
    slow.send(format!("GET {picture} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n")).await;
    assert!(slow.head().await.starts_with("HTTP/1.1 200"));

    let listed = guests(&server).await;
    let _gone = revoke(&server, &listed[0]).await.expect(204);
    let answer = soon("the end of the held poll", poll).await.unwrap().expect(401);
    assert!(!answer.text().contains("\"type\""));
    while stream.piece().await.is_some() {}
    let rest = slow.rest().await;
    assert!(rest.len() < 8 << 20, "{} bytes of the picture came", rest.len());
    let _not_there = revoke(&server, &listed[0]).await.expect(404);
    let _not_any_more = call("/watch/locked", &cookie).send().await.expect(401);
    assert_eq!(guests(&server).await.len(), 1);
    let _published = server.publish("quiet", "news").await.expect(201);
    assert_eq!(soon("the other one's message", &mut others).await.unwrap().expect(200).text(), "news");
}

#[tokio::test]
async fn a_revoked_program_that_sends_its_password_each_time_stays_out_until_that_is_another() {
    let server = Server::configured(LOCKED, &[]).await;
    let _picture = with_picture(&server, 0).await;
    let live = |agent: &str| {
        let call = server.call(Method::GET, "/live/locked.jpg").header("Authorization", "Basic Om9wZW4gc2VzYW1l");
        call.header("User-Agent", agent).send()
    };
    let _two_programs = (live("VLC/3.0.18 LibVLC/3.0.18").await.expect(200), live("curl/8").await.expect(200));
    let _again = live("curl/8").await.expect(200);
    let listed = guests(&server).await;
    assert_eq!(listed.len(), 2, "each is one: {listed:?}");
    let vlc = listed.iter().find(|guest| guest["device"].as_str().unwrap().starts_with("VLC")).unwrap();
    let _revoked = revoke(&server, vlc).await.expect(204);
    for name in ["VLC/3.0.18 LibVLC/3.0.18", "mpv/0.38", "Mozilla/5.0"] {
        let _out = live(name).await.expect(403);
    }
    let _in = live("curl/8").await.expect(200);
    assert_eq!(guests(&server).await.len(), 1);
}

#[tokio::test]
async fn what_the_app_asks_for_at_run_time_holds_at_once() {
    let data = folder();
    let options = server::Options { data: Some(data.path().into()), ..Default::default() };
    let server = server::Server::open(options, None).unwrap();
    let listening = server.serve(server::bind("127.0.0.1:0".parse().unwrap()).unwrap()).unwrap();
    let get = |path: &str, cookie: &str| Call::new(listening.address(), Method::GET, path).header("Cookie", cookie);
    let status = async |cookie: &str| get("/sub/front?poll", cookie).send().await.status.as_u16();
    let enter = async |word: &str| {
        let body = format!("word={word}&next=/watch/front");
        let call = Call::new(listening.address(), Method::POST, "/enter").body("application/x-www-form-urlencoded", body);
        call.send().await
    };
    let access = server.access();
    let strangers = tokio::spawn(get("/sub/front", "").wait());
    let elsewhere = tokio::spawn(get("/sub/yard", "").wait());
    let held = async |channel: &str, count: usize| {
        let held = || server.broadcasts().hub().find(channel).is_some_and(|channel| channel.info(0).subscribers == count);
        soon("a held poll", async {
            while !held() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    };
    held("front", 1).await;
    held("yard", 1).await;
    access.set_password("front", Some("first".into()));
    let _asked = soon("the stranger's end", strangers).await.unwrap().expect(401);
    assert!(!elsewhere.is_finished() && access.is_protected("front"));

    let cookie = cookie_of(&enter("first").await.expect(303));
    let held_by_guest = tokio::spawn(get("/sub/front", &cookie).wait());
    held("front", 1).await;
    access.set_password("front", Some("first".into()));
    assert_eq!(access.guests().iter().map(|guest| guest.how).collect::<Vec<_>>(), [How::Password]);
    access.set_password("front", Some("second".into()));
    let _out = soon("the guest's end", held_by_guest).await.unwrap().expect(401);
    assert_eq!((status(&cookie).await, access.guests().len()), (401, 0));

    access.set_password("front", None);
    assert_eq!(status("").await, 304);
    access.require_pairing("front", Paired::Needed);
    assert_eq!(status("").await, 401);
    let form = get("/watch/front", "").send().await.expect(401).text();
    assert!(form.contains("one-time-code") && form.contains("numeric"), "{form}");
    let code = access.pair();
    let wrong = enter(&another(&code.digits)).await.expect(403).text();
    assert!(wrong.contains("That was not the code. Look at the broadcaster’s window for the current one."), "{wrong}");
    let cookie = cookie_of(&enter(&code.digits).await.expect(303));
    assert_eq!((status(&cookie).await, access.pairing()), (304, Pairing::Open(code)));
    access.stop_pairing();
    assert_eq!((status(&cookie).await, access.pairing()), (304, Pairing::Off));
    let paired = access.guests();
    assert!(paired.len() == 1 && paired[0].how == How::Code && access.revoke(paired[0].id) && !access.revoke(paired[0].id));
    assert_eq!(status(&cookie).await, 401);
    listening.stop().await;
    server.close().await;
}

#[tokio::test]
async fn a_phone_types_the_code_and_sees_the_picture_until_it_is_revoked_and_two_servers_dont_mind_each_other() {
    let config = folder();
    let file = config.path().join("config.yaml");
    std::fs::write(&file, "channels: { front: { watch_password: open sesame } }").unwrap();
    let options = ["--config", &file.display().to_string(), "--size", "640x480"];
    let (server, other) = (Server::headless(&options).await, Server::headless(&options).await);
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    let shows = "[...document.images].some(image => image.naturalWidth === 640 && image.getClientRects().length)";
    let code = code(&server).await;
    page.open(&server.url("/watch/front")).await;
    page.screenshot("phone-enter").await;
    page.wait_for("document.activeElement.name === 'word'").await;
    let type_in = async |word: &str| {
        for letter in word.chars() {
            page.press(&letter.to_string()).await;
        }
        page.tap(".go").await;
    };
    type_in(&another(&code)).await;
    page.wait_for("/neither the password nor the current code/.test(document.body.innerText)").await;
    page.screenshot("phone-enter-wrong").await;
    let overflow = page.value("document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
    assert!(overflow.as_i64().unwrap() <= 0, "the form scrolls sideways by {overflow}");
    page.wait_for("document.activeElement.name === 'word'").await;
    type_in(&code).await;
    page.wait_for(&format!("location.pathname === '/watch/front' && {shows}")).await;
    assert_eq!(page.value("document.cookie").await, "", "scripts don't see it");

    page.open(&other.url("/watch/front")).await;
    page.wait_for("document.activeElement.name === 'word'").await;
    type_in("open sesame").await;
    page.wait_for(shows).await;
    page.open(&server.url("/watch/front")).await;
    page.wait_for(shows).await;
    let listed = guests(&server).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    let _revoked = revoke(&server, &listed[0]).await.expect(204);
    page.wait_for(&format!("!{shows}")).await;
    page.open(&server.url("/watch/front")).await;
    page.wait_for("document.querySelector('form') && !document.querySelector('.stage')").await;
    page.open(&other.url("/watch/front")).await;
    page.wait_for(shows).await;
}
