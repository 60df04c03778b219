//! What an answer may do in a browser, which pages may read it, and what of the disk is no part of a site.

use cometcam_tests::jpeg;
use cometcam_tests::server::{Server, folder, refusal};
use hyper::Method;

const RED: [u8; 3] = [200, 30, 30];
const ELSEWHERE: &str = "http://elsewhere.example";
const SHARED: &str = "channels: { shared: { cross_origin: [\"http://elsewhere.example\"] } }";

#[tokio::test]
async fn where_no_key_is_asked_pages_of_allowed_origins_read_and_do_not_publish() {
    let server = Server::configured(SHARED, &["--publish-key", "none"]).await;
    let call = |method: Method, path: &str| server.call(method, path).header("Origin", ELSEWHERE);
    for (method, path) in [(Method::POST, "/pub/shared"), (Method::PUT, "/pub/shared"), (Method::POST, "/frames/shared?publish")]
    {
        let _refused = call(method, path).body("image/jpeg", jpeg::jpeg(8, 8, RED)).send().await.expect(403);
    }
    let _created = server.call(Method::PUT, "/pub/shared").send().await.expect(200);
    let information = call(Method::GET, "/pub/shared").send().await.expect(200);
    assert_eq!(information.header("Access-Control-Allow-Origin"), Some(ELSEWHERE));
    let keyed = Server::configured(SHARED, &[]).await;
    let post = keyed.publisher(Method::POST, "shared").header("Origin", ELSEWHERE).body("text/plain", "x");
    let _published = post.send().await.expect(202);
}

#[tokio::test]
async fn only_what_is_configured_is_shared_also_with_the_servers_own_pages() {
    let server = Server::configured(SHARED, &[]).await;
    let ask = |path: &str| server.call(Method::GET, path).header("Origin", &server.url("")).send();
    let not_shared = ask("/sub/front?poll").await.expect(304);
    assert_eq!(not_shared.header("Access-Control-Allow-Origin"), None);
    assert_eq!(not_shared.header("Cross-Origin-Resource-Policy"), Some("same-origin"));
    let both = server.call(Method::GET, "/sub/shared,front?poll").header("Origin", ELSEWHERE).send().await.expect(304);
    assert_eq!(both.header("Access-Control-Allow-Origin"), None, "all of several channels must allow it");
}

#[tokio::test]
async fn no_answer_is_framed_elsewhere_and_a_message_runs_no_scripts() {
    let server = Server::alone(&[]).await;
    let frame = server.upload("front?publish", "image/jpeg", jpeg::jpeg(8, 8, RED)).await.expect(201).json();
    let page = "<script>document.title = 'ours'</script>";
    let _stored = server.publisher(Method::POST, "pages").body("text/html", page).send().await.expect(202);
    let wrong_name = server.call(Method::GET, "/").header("Host", "evil.example").send().await.expect(421);
    let message = server.get("/sub/pages").await.expect(200);
    assert!(message.header("Content-Security-Policy").unwrap_or_default().contains("sandbox"), "{:?}", message.headers);
    let picture = server.get(frame["url"].as_str().unwrap()).await.expect(200);
    for answer in [wrong_name, message, picture, server.get("/live/front.jpg").await, server.get("/nothing").await] {
        let policy = answer.header("Content-Security-Policy").unwrap_or_default();
        assert!(policy.contains("frame-ancestors 'self'"), "{}: {policy}", answer.asked);
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_one_way_and_stored_nowhere() {
    let site = folder();
    let server = Server::alone(&["--site", &site.path().display().to_string()]).await;
    for path in ["/missing.html", "/live/front.jpg", "/frames/front/1-000001.jpg", "/live/front.gif", "/pub/front/x"] {
        let missing = server.get(path).await.expect(404);
        assert_eq!(missing.header("X-Content-Type-Options"), Some("nosniff"), "{path}");
        assert_eq!(missing.header("Cross-Origin-Resource-Policy"), Some("same-origin"), "{path}");
        assert_eq!(missing.header("Cache-Control"), Some("no-store"), "{path}");
        assert!(missing.header("Content-Type").unwrap_or_default().starts_with("text/plain"), "{path}");
    }
}

#[tokio::test]
async fn what_is_hidden_or_elsewhere_is_no_part_of_the_site() {
    let (site, elsewhere) = (folder(), folder());
    let write = |path: std::path::PathBuf, text: &str| std::fs::write(path, text).unwrap();
    write(site.path().join(".secret"), "hidden");
    write(site.path().join("real.txt"), "seen");
    std::fs::create_dir(site.path().join(".git")).unwrap();
    write(site.path().join(".git/config"), "hidden");
    write(elsewhere.path().join("secret.txt"), "elsewhere");
    for (link, to) in [
        ("inside.txt", site.path().join("real.txt")),
        ("file.txt", elsewhere.path().join("secret.txt")),
        ("folder", elsewhere.path().into()),
    ] {
        std::os::unix::fs::symlink(to, site.path().join(link)).unwrap();
    }
    let server = Server::alone(&["--site", &site.path().display().to_string()]).await;
    for path in ["/.secret", "/.git/config", "/%2esecret", "/%2Egit/config", "/file.txt", "/folder/secret.txt"] {
        let _not_there = server.get(path).await.expect(404);
    }
    for path in ["/real.txt", "/inside.txt"] {
        assert_eq!(server.get(path).await.expect(200).text(), "seen", "{path}");
    }
}

#[tokio::test]
async fn a_site_and_a_data_folder_within_one_another_are_refused_at_the_start() {
    let outer = folder();
    std::fs::create_dir(outer.path().join("inner")).unwrap();
    let (outer, inner) = (outer.path().display().to_string(), outer.path().join("inner").display().to_string());
    for (site, data) in [(&outer, &inner), (&inner, &outer), (&outer, &outer)] {
        let (status, said) = refusal("cometcam-server", &["--bind", "127.0.0.1:0", "--site", site, "--data", data]).await;
        assert!(status.code() == Some(1) && said.contains("--site") && said.contains("--data"), "{said}");
        assert!(!std::path::Path::new(data).join("operator-key").exists(), "no key was made");
    }
}

#[tokio::test]
async fn where_the_keys_are_and_that_publishing_is_open_is_said_whatever_is_logged() {
    let quiet = Server::alone(&["--log", "error"]).await;
    let told = quiet.program.printed(cometcam_tests::program::Output::Stderr);
    assert!(told.contains("publish-key") && told.contains("operator-key"), "{told}");
    let open = Server::alone(&["--log", "error", "--publish-key", "none"]).await;
    let told = open.program.printed(cometcam_tests::program::Output::Stderr);
    assert!(told.contains("anyone"), "{told}");
}
