//! Displays: pages on walls that sign in by name, what is known of them, and what they are told to do.

use cometcam_tests::deadline::soon;
use cometcam_tests::http::{Answer, Call};
use cometcam_tests::server::{Server, folder};
use hyper::Method;
use serde_json::{Value, json};

fn operator(server: &Server, method: Method, path: &str) -> Call {
    server.call(method, path).key(&server.operator_key())
}

async fn displays(server: &Server) -> Vec<Value> {
    let told = operator(server, Method::GET, "/api/displays").send().await.expect(200).json();
    assert!(told["now_ms"].as_u64() > Some(1_700_000_000_000), "{told}");
    told["displays"].as_array().unwrap().clone()
}

async fn tell(server: &Server, what: &str) {
    let _told = operator(server, Method::POST, &format!("/api/displays/{what}")).send().await.expect(204);
}

/// A poll of the display `hall` that is not held.
async fn poll(server: &Server, channels: &str, more: &str) -> Answer {
    let answer = server.get(&format!("/sub/{channels}?latest&poll&viewer=page&display=hall{more}")).await;
    assert!([200, 304].contains(&answer.status.as_u16()), "{}", answer.text());
    answer
}

/// Number and words of the order in an answer.
fn order(answer: &Answer) -> Option<(u64, String)> {
    let (number, words) = answer.header("Cometcam-Display")?.split_once(' ').unwrap();
    Some((number.parse().unwrap(), words.to_owned()))
}

#[tokio::test]
async fn a_display_signs_in_by_its_name_and_tells_how_it_is() {
    let server = Server::alone(&[]).await;
    assert!(displays(&server).await.is_empty());
    let agent = "Mozilla/5.0 (X11; Linux aarch64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36";
    let path = "/sub/front,a%2Cb?latest&viewer=page&display=Front%20Door&uptime=4711&wake=held&version=0.1.0";
    let held = tokio::spawn(server.call(Method::GET, path).header("User-Agent", agent).wait());
    server.held("front", 1).await;
    let told = &displays(&server).await[0];
    let expected = [
        ("name", json!("Front Door")),
        ("address", json!("127.0.0.1")),
        ("channels", json!(["front", "a,b"])),
        ("shows", Value::Null),
        ("dark", json!(false)),
        ("version", json!("0.1.0")),
        ("uptime_s", json!(4711)),
        ("wake", json!("held")),
        ("device", json!("Chrome on Linux")),
    ];
    for (field, value) in expected {
        assert_eq!(told[field], value, "{field}");
    }
    let viewers = operator(&server, Method::GET, "/api/viewers").send().await.expect(200).json();
    assert_eq!(viewers["viewers"][0]["display"], "Front Door", "it is a viewer too");
    held.abort();
}

#[tokio::test]
async fn an_order_answers_a_held_poll_at_once_and_is_repeated_until_it_is_done() {
    let server = Server::alone(&[]).await;
    let held = tokio::spawn(server.call(Method::GET, "/sub/front?latest&viewer=page&display=hall&uptime=60").wait());
    server.held("front", 1).await;
    tell(&server, "hall/identify").await;
    let called = soon("an answer to the held poll", held).await.unwrap().expect(304);
    let (number, words) = order(&called).unwrap();
    assert_eq!(words, "identify");
    tell(&server, "hall/reload").await;
    for more in ["", "&done=1", "&done=x"] {
        assert_eq!(order(&poll(&server, "front", more).await), Some((number, "identify".into())), "{more}");
    }
    let (next, words) = order(&poll(&server, "front", &format!("&done={number}")).await).unwrap();
    assert!(words == "reload" && next > number, "{next} {words}");
    assert_eq!(order(&poll(&server, "front", &format!("&done={next}")).await), None);
    let other = server.get("/sub/front?poll&viewer=other&display=stairs").await.expect(304);
    tell(&server, "hall/identify").await;
    assert_eq!((order(&other), order(&server.get("/sub/front?poll&display=stairs").await)), (None, None));
    assert_eq!(order(&server.get("/sub/front?poll").await), None, "it is no display that asks");
}

#[tokio::test]
async fn an_order_comes_with_a_message_too() {
    let server = Server::alone(&[]).await;
    let _signed_in = poll(&server, "front", "").await;
    tell(&server, "hall/identify").await;
    let _stored = server.publish("front", "news").await;
    let answer = poll(&server, "front", "").await.expect(200);
    assert_eq!((answer.text().as_str(), order(&answer).unwrap().1.as_str()), ("news", "identify"));
}

#[tokio::test]
async fn what_is_to_be_shown_stands_over_a_power_cut_until_another_word() {
    let data = folder();
    let server = Server::start("cometcam-server", data.path(), &[]).await;
    let _signed_in = poll(&server, "front", "").await;
    tell(&server, "hall/show?channels=yard,a%2Cb").await;
    let (number, words) = order(&poll(&server, "front", "").await).unwrap();
    assert_eq!(words, "show yard,a%2Cb");
    server.kill().await;

    let server = Server::start("cometcam-server", data.path(), &[]).await;
    let remembered = displays(&server).await;
    assert_eq!((&remembered[0]["name"], &remembered[0]["dark"]), (&json!("hall"), &json!(true)));
    assert_eq!((&remembered[0]["shows"], &remembered[0]["version"]), (&json!(["yard", "a,b"]), &Value::Null));
    let again = order(&poll(&server, "front", "&uptime=0").await).unwrap();
    assert!(again.0 > number && again.1 == "show yard,a%2Cb", "{again:?}");
    assert_eq!(displays(&server).await[0]["dark"], false, "it is back");
    assert_eq!(order(&poll(&server, "front", &format!("&uptime=1&done={}", again.0)).await), None, "it is on its way");
    assert_eq!(order(&poll(&server, "yard,a%2Cb", "&uptime=0").await), None, "it shows that");
    assert_eq!(order(&poll(&server, "front", "&uptime=0").await).unwrap().1, "show yard,a%2Cb", "somebody typed another address");
    tell(&server, "hall/show?channels=").await;
    assert_eq!(order(&poll(&server, "front", "&uptime=1").await), None, "its own choice again");
    assert_eq!(displays(&server).await[0]["shows"], Value::Null);
}

#[tokio::test]
async fn an_orderly_end_remembers_the_last_sign_of_life() {
    let data = folder();
    let server = Server::start("cometcam-server", data.path(), &[]).await;
    let kept = || std::fs::read(data.path().join("displays")).ok();
    soon("that it is written down", async {
        while kept().is_none() {
            drop(poll(&server, "front", "").await);
        }
    })
    .await;
    let written: Value = serde_json::from_slice(&kept().unwrap()).unwrap();
    let mut before = written[0]["last_ms"].clone();
    while before == written[0]["last_ms"] {
        let _later = poll(&server, "front", "").await;
        before = displays(&server).await[0]["last_ms"].clone();
    }
    assert!(server.stop().await.success());
    let server = Server::start("cometcam-server", data.path(), &[]).await;
    assert_eq!(displays(&server).await[0]["last_ms"], before);
}

#[tokio::test]
async fn a_name_is_text_whatever_is_in_it_and_short() {
    let server = Server::alone(&[]).await;
    let name = "<b>%26 hall</b>/1";
    let encoded = "%3Cb%3E%2526%20hall%3C%2Fb%3E%2F1";
    let _signed_in = server.get(&format!("/sub/a?poll&display={encoded}")).await.expect(304);
    assert_eq!(displays(&server).await[0]["name"], name);
    tell(&server, &format!("{encoded}/identify")).await;
    let long = "x".repeat(65);
    for wrong in ["", "%0A", "%20", "a%00", "a%E2%80%AEb", &long] {
        let refused = server.get(&format!("/sub/a?poll&display={wrong}")).await.expect(400);
        assert!(refused.text().contains("64"), "{}", refused.text());
    }
    assert_eq!(displays(&server).await.len(), 1);
    let _umlauts = server.get(&format!("/sub/a?poll&display={}", "%C3%A4".repeat(64))).await.expect(304);
    assert_eq!(displays(&server).await.len(), 2);
}

#[tokio::test]
async fn who_is_not_known_is_told_nothing_and_what_is_forgotten_is_not_known() {
    let server = Server::alone(&[]).await;
    let post = |path: &str| operator(&server, Method::POST, path).send();
    for what in ["identify", "reload", "show?channels=a"] {
        let _unknown = post(&format!("/api/displays/hall/{what}")).await.expect(404);
    }
    let _signed_in = poll(&server, "front", "").await;
    let foreign = operator(&server, Method::POST, "/api/displays/hall/reload").header("Origin", "http://evil.example");
    let _foreign = foreign.send().await.expect(403);
    assert_eq!(order(&poll(&server, "front", "").await), None);
    for wrong in ["show", "show?channels=a,", "show?channels=%00"] {
        let _wrong = post(&format!("/api/displays/hall/{wrong}")).await.expect(400);
    }
    let forget = || operator(&server, Method::DELETE, "/api/displays/hall").send();
    let (_forgotten, _twice) = (forget().await.expect(204), forget().await.expect(404));
    assert!(displays(&server).await.is_empty());
}

#[tokio::test]
async fn there_are_only_so_many_displays_and_the_others_still_watch() {
    let server = Server::alone(&[]).await;
    for number in 0..205 {
        let _watches = server.get(&format!("/sub/a?poll&display=display-{number}")).await.expect(304);
    }
    assert_eq!(displays(&server).await.len(), 200);
}
