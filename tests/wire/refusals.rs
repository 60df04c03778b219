//! Who may not: Host and Origin beyond the `table`.

use cometcam_tests::jpeg;
use cometcam_tests::raw::exchange;
use cometcam_tests::server::Server;
use hyper::Method;

/// What every viewer may do; each would show a picture or lead to one.
const VIEWERS: [&str; 7] =
    ["/", "/watch/front", "/kiosk/front", "/sub/front?poll", "/live/front.jpg", "/api/channels", "/api/now"];

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
