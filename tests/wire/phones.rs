//! Phones as the person at the window has them: real browsers at their size, and the window read as a screen reader does.

use std::net::SocketAddr;

use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::bus::Bus;
use cometcam_tests::desktop::Desktop;
use cometcam_tests::http::Call;
use cometcam_tests::lan::Lan;
use cometcam_tests::person::Person;
use cometcam_tests::program::built;
use cometcam_tests::server::folder;
use hyper::Method;

use crate::pages::picture_changes;

const ANDROID: &str =
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36";
const QUIET: &str = "sound: false, notification: false";

fn settings(viewing: &str) -> String {
    format!("window: {{ audience: this-computer, viewing: {{ {QUIET}{viewing} }} }}\ncameras: [{{ save: off }}]\n")
}

/// Waits until so many watch, in the words of the window.
async fn watching(person: &Person<'_>, words: &str) {
    person.reader.hears_such(words, |name| name.starts_with("LIVE ") && name.contains(&format!(" {words} "))).await;
}

#[tokio::test]
async fn a_phone_that_locks_its_screen_leaves_the_list_and_is_back_in_it_once_it_is_unlocked() {
    let (desktop, bus, data) = (Desktop::start().await, Bus::start().await, folder());
    let settings = settings("");
    let person = Person::opens(&desktop, &bus, built("cometcam"), (data.path(), &settings)).await;
    person.goes_live().await;
    let browser = Browser::launch_as(ANDROID).await;
    let phone = browser.page(Screen::Phone).await;
    phone.open(&person.server.url("/")).await;
    phone.show().await;
    picture_changes(&phone, 2).await;
    person.reader.hears("Chrome on Android phone").await;
    watching(&person, "1 watching").await;

    // Another tab in front is the same to the page.
    let lock = browser.page(Screen::Phone).await;
    lock.show().await;
    phone.wait_for("document.hidden").await;
    person.reader.hears_no_more("Chrome on Android phone").await;
    watching(&person, "nobody watching").await;

    phone.show().await;
    person.reader.hears("Chrome on Android phone").await;
    watching(&person, "1 watching").await;
    picture_changes(&phone, 2).await;
    assert!(phone.errors().is_empty(), "{:#?}", phone.errors());
}

#[tokio::test]
async fn a_code_that_is_read_off_the_window_lets_a_phone_in_until_it_is_revoked_there() {
    let (desktop, bus, data) = (Desktop::start().await, Bus::start().await, folder());
    let settings = settings(", guard: code");
    let person = Person::opens(&desktop, &bus, built("cometcam"), (data.path(), &settings)).await;
    person.goes_live().await;
    let code = person.reader.hears("Code ").await.name;
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(digits.len(), 6, "{code}");

    let browser = Browser::launch_as(ANDROID).await;
    let phone = browser.page(Screen::Phone).await;
    phone.open(&person.server.url("/")).await;
    phone.wait_for("document.activeElement?.id === 'word'").await;
    for digit in digits.chars() {
        phone.press(&digit.to_string()).await;
    }
    phone.tap("input[type=submit]").await;
    phone.wait_for("document.querySelector('#stage, #screen') !== null").await;
    picture_changes(&phone, 2).await;
    person.reader.hears("1 let in").await;

    person.clicks("Who was let in").await;
    person.reader.hears("Chrome on Android phone, 127.0.0.1 · by code").await;
    person.clicks("Revoke Chrome on Android phone").await;
    phone.wait_for("document.querySelector('#word') !== null").await;
    person.reader.hears("Nobody was let in by a password or a code yet.").await;
    let seen = phone.value("[...document.images].some(image => image.naturalWidth > 100)").await;
    assert_eq!(seen, false, "the picture is gone with the page");
}

#[tokio::test]
async fn the_window_says_that_another_device_has_reached_it_only_once_one_has() {
    let (lan, desktop, bus, data) = (Lan::new(), Desktop::start().await, Bus::start().await, folder());
    let (laptop, other) = (lan.device(20), lan.device(30));
    let settings = format!("window: {{ viewing: {{ {QUIET} }} }}\n");
    let person = Person::opens(&desktop, &bus, laptop.on(&built("cometcam")), (data.path(), &settings)).await;
    person.clicks("Go live").await;
    person.clicks("Everyone in this network").await;
    let address = SocketAddr::new(laptop.address(0), person.server.address.port());
    person.reader.hears("No other device has reached it yet").await;
    let ask = move || async move { Call::new(address, Method::GET, "/api/now").send().await.status.as_u16() };
    // From the laptop itself by the same address, and then from elsewhere.
    assert_eq!(laptop.run(ask()).await, 200);
    person.reader.hears("No other device has reached it yet").await;
    assert_eq!(other.run(ask()).await, 200);
    person.reader.hears("Reached from another device").await;
    person.reader.hears_no_more("No other device has reached it yet").await;
}
