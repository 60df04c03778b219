//! Viewers that the broadcaster closes: what they hold ends, they are known when they come back, and they are let in again.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use cometcam_tests::deadline::soon;
use cometcam_tests::http::Call;
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::mjpg::Parts;
use cometcam_tests::raw::Raw;
use cometcam_tests::server::Server;
use hyper::Method;
use serde_json::json;

use crate::audience::{audience, close, elsewhere, only, operator, viewers};

#[tokio::test]
async fn a_closed_device_is_told_so_on_every_route_until_it_is_let_in_again() {
    let server = Server::headless(&[]).await;
    let from = elsewhere();
    let ask = |path: &str| server.call(Method::GET, path).from(from);
    let frame = Subscriber::new(&server, "front?latest").of_type("frame").await;
    let mut stream = Parts::of(ask("/live/front.mjpg").open().await);
    let _streams = stream.next().await.unwrap();
    let held = tokio::spawn(ask("/sub/quiet?viewer=phone").wait());
    server.held("quiet", 1).await;
    let listed = viewers(&server).await;
    let phone = listed.iter().find(|viewer| viewer["channels"] == json!(["quiet"])).unwrap();
    assert_eq!(phone["address"], from.to_string());
    close(&server, phone).await;

    let refused = soon("an answer to what it held", held).await.unwrap().expect(403);
    assert!(refused.text().contains("closed this device"), "{}", refused.text());
    soon("the end of its stream", async { while stream.next().await.is_some() {} }).await;
    let picture = frame["url"].as_str().unwrap().to_owned();
    let paths = [
        "/",
        "/watch/front",
        "/kiosk/front",
        "/client/look.css",
        "/favicon.ico",
        "/live/front.jpg",
        "/live/front.mjpg",
        "/sub/front?latest",
        "/sub/front?poll&viewer=another",
        "/api/now",
        "/api/channels",
        "/nothing",
        &picture,
    ];
    for path in paths {
        let _closed = ask(path).send().await.expect(403);
        let open = server.call(Method::GET, path).open().await.status;
        assert_ne!(open, 403, "{path} from another device");
    }
    let _alive = ask("/healthz").send().await.expect(200);
    let told = audience(&server).await;
    assert_eq!(told["closed"], json!([from.to_string()]));
    assert!(told["viewers"].as_array().unwrap().iter().all(|viewer| viewer["address"] == "127.0.0.1"), "{told}");

    let again = format!("/api/viewers/closed/{from}");
    let _keyed = ask("/pub/front").key(&server.publish_key()).send().await.expect(200);
    let _admitted = operator(&server, Method::DELETE, &again).send().await.expect(204);
    let _twice = operator(&server, Method::DELETE, &again).send().await.expect(404);
    let _sees = ask(&picture).send().await.expect(200);
    let _sees = ask("/sub/front?latest").send().await.expect(200);
}

#[tokio::test]
async fn a_picture_that_is_on_its_way_to_a_device_that_is_closed_is_cut_off() {
    let server = Server::alone(&[]).await;
    let frame = server.upload("front?publish", "image/jpeg", jpeg::big(15_000_000)).await.expect(201).json();
    let from = elsewhere();
    let _watches = server.call(Method::GET, "/sub/front").from(from).send().await.expect(200);
    let mut picture = server.call(Method::GET, frame["url"].as_str().unwrap()).from(from).open().await;
    assert_eq!(picture.status, 200);
    let mut taken = picture.piece().await.unwrap().len();
    close(&server, &only(&server).await).await;
    while let Some(piece) = picture.piece().await {
        taken += piece.len();
    }
    assert!(taken < 15_000_000, "all of it came");
}

#[tokio::test]
async fn a_closed_device_may_come_again_after_the_broadcast() {
    let server = Server::alone(&[]).await;
    let from = elsewhere();
    let publish = || server.upload("front?publish", "image/jpeg", jpeg::jpeg(8, 8, [0; 3]));
    let _on_air = publish().await.expect(201);
    let ask = || server.call(Method::GET, "/sub/front?latest&viewer=phone").from(from).send();
    let _sees = ask().await.expect(200);
    close(&server, &only(&server).await).await;
    let _next = publish().await.expect(201);
    let _closed = ask().await.expect(403);
    let _ended = server.publisher(Method::DELETE, "front").send().await.expect(200);
    soon("that nobody is closed", async { while audience(&server).await["closed"] != json!([]) {} }).await;
    let _on_air = publish().await.expect(201);
    let _sees = ask().await.expect(200);
}

#[tokio::test]
async fn on_this_computer_the_viewer_alone_is_closed() {
    let server = Server::alone(&[]).await;
    let poll = |viewer: &str| server.call(Method::GET, &format!("/sub/a?poll&viewer={viewer}")).send();
    let held = tokio::spawn(server.call(Method::GET, "/sub/a?viewer=one").wait());
    server.held("a", 1).await;
    let one = only(&server).await;
    let _other = server.get("/sub/a?poll&viewer=two").await.expect(304);
    close(&server, &one).await;
    let _told = soon("an answer to what it held", held).await.unwrap().expect(403);
    let (_closed, _not) = (poll("one").await.expect(403), poll("two").await.expect(304));
    let _page = server.get("/").await.expect(200);
    assert_ne!(only(&server).await["id"], one["id"]);
    assert_eq!(audience(&server).await["closed"], json!(["127.0.0.1"]));
    let _admitted = operator(&server, Method::DELETE, "/api/viewers/closed/127.0.0.1").send().await.expect(204);
    let _again = poll("one").await.expect(304);
}

#[tokio::test]
async fn only_the_operator_closes_and_no_page_of_another_site_does() {
    let server = Server::alone(&[]).await;
    let _there = server.get("/sub/a?poll&viewer=one").await.expect(304);
    let path = format!("/api/viewers/{}", only(&server).await["id"].as_str().unwrap());
    let _no_key = server.call(Method::DELETE, &path).send().await.expect(401);
    let _wrong_key = server.call(Method::DELETE, &path).key(&server.publish_key()).send().await.expect(403);
    let foreign = operator(&server, Method::DELETE, &path).header("Origin", "http://evil.example");
    let _foreign = foreign.send().await.expect(403);
    for wrong in ["/api/viewers/0", "/api/viewers/+00000000000000f", "/api/viewers/0000000000000000", "/api/viewers/closed/x"] {
        let _nobody = operator(&server, Method::DELETE, wrong).send().await.expect(404);
    }
    let _still_there = only(&server).await;
    let _no_body_list = server.get("/api/viewers").await.expect(401);
}

/// An address of IPv6 of this machine that is not loopback and not of one cable alone; some have none.
fn by_ipv6() -> Option<IpAddr> {
    let mut addresses = cometcam::address::adapters().unwrap().all.into_iter().map(|adapter| adapter.ip);
    addresses.find(|ip| matches!(ip, IpAddr::V6(ip) if !ip.is_loopback() && !ip.is_unicast_link_local()))
}

#[tokio::test]
async fn a_device_that_was_let_in_again_is_given_whole_pictures_also_on_the_connection_it_had() {
    let server = Server::alone(&[]).await;
    let frame = server.upload("front?publish", "image/jpeg", jpeg::big(1_000_000)).await.expect(201).json();
    let mut connection = Raw::from(elsewhere(), server.address).await;
    connection.send("GET /sub/quiet?viewer=phone HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    server.held("quiet", 1).await;
    close(&server, &only(&server).await).await;
    let refused = connection.head().await;
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
    let length = refused.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok()).unwrap();
    let _words = connection.body(length).await;
    let again = format!("/api/viewers/closed/{}", elsewhere());
    let _admitted = operator(&server, Method::DELETE, &again).send().await.expect(204);
    for _ in 0..3 {
        let picture = connection.get(frame["url"].as_str().unwrap()).await;
        assert!(picture.starts_with("HTTP/1.1 200") && picture.len() > 1_000_000, "{} bytes came", picture.len());
    }
}

#[tokio::test]
async fn who_is_closed_is_known_by_its_page_and_by_its_cookie_when_it_comes_by_its_other_address() {
    let server = Server::alone(&["--bind", "[::]:0"]).await;
    let ask = |from: IpAddr, path: &str| {
        let here: IpAddr = if from.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        Call::new(SocketAddr::new(here, server.address.port()), Method::GET, path).from(from)
    };
    let poll = "/sub/a?poll&viewer=token-of-a-phone";
    let again = format!("/api/viewers/closed/{}", elsewhere());
    let closed = async || {
        let _there = ask(elsewhere(), poll).send().await.expect(304);
        close(&server, &only(&server).await).await;
        let refused = ask(elsewhere(), "/watch/a").send().await.expect(403);
        let cookie = refused.header("Set-Cookie").unwrap().to_owned();
        assert!(cookie.contains("-closed=") && cookie.contains("HttpOnly"), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    };
    let admit = async || operator(&server, Method::DELETE, &again).send().await.expect(204);
    let cookie = closed().await;
    assert_eq!(audience(&server).await["closed"], json!([elsewhere().to_string()]));
    let _admitted = admit().await;
    let _old_cookie = ask(elsewhere(), "/watch/a").header("Cookie", &cookie).send().await.expect(200);
    // Where there is no IPv6 but on loopback, this computer can't be another device by it.
    let Some(other) = by_ipv6() else { return };

    let cookie = closed().await;
    let _not_known_yet = ask(other, "/watch/a").send().await.expect(200);
    let _by_cookie = ask(other, "/watch/a").header("Cookie", &cookie).send().await.expect(403);
    let _by_place_now = ask(other, "/watch/a").send().await.expect(403);
    assert_eq!(audience(&server).await["closed"], json!([elsewhere().to_string()]), "it is one");
    let _admitted = admit().await;
    let _sees = ask(other, "/watch/a").header("Cookie", &cookie).send().await.expect(200);

    let _closed = closed().await;
    let held = tokio::spawn(ask(other, "/sub/b?viewer=another-page").wait());
    server.held("b", 1).await;
    let _by_token = ask(other, poll).send().await.expect(403);
    let _ends = soon("an answer to what its other page held", held).await.unwrap().expect(403);
}
