//! A site of one's own, from the same address and port as the push.

use cometcam_tests::server::{Server, folder};
use hyper::Method;
use tempfile::TempDir;

fn site() -> TempDir {
    let site = folder();
    std::fs::create_dir(site.path().join("deep")).unwrap();
    for (name, content) in [("index.html", "<p>home</p>"), ("style.css", "p {}"), ("deep/index.html", "<p>deep</p>")] {
        std::fs::write(site.path().join(name), content).unwrap();
    }
    site
}

#[tokio::test]
async fn the_site_takes_the_place_of_the_first_page() {
    let site = site();
    let server = Server::alone(&["--site", &site.path().display().to_string()]).await;
    for (path, content_type, content) in [
        ("/", "text/html", "<p>home</p>"),
        ("/index.html", "text/html", "<p>home</p>"),
        ("/style.css", "text/css", "p {}"),
        ("/deep/", "text/html", "<p>deep</p>"),
    ] {
        let got = server.get(path).await.expect(200);
        assert_eq!(got.text(), content, "{path}");
        assert!(got.header("Content-Type").unwrap().starts_with(content_type), "{path}");
    }
    let _missing = server.get("/missing.html").await.expect(404);
}

#[tokio::test]
async fn the_site_never_hides_the_servers_own_paths() {
    let site = site();
    for name in ["sub", "watch", "api", "healthz"] {
        std::fs::write(site.path().join(name), "in the way").unwrap();
    }
    let server = Server::alone(&["--site", &site.path().display().to_string()]).await;
    assert!(server.get("/healthz").await.expect(200).text() != "in the way");
    assert!(server.get("/watch/front").await.expect(200).text() != "in the way");
    let _poll = server.get("/sub/front?poll").await.expect(304);
    assert!(server.get("/api/now").await.expect(200).json()["now_ms"].is_u64());
}

#[tokio::test]
async fn the_site_is_read_only_and_lists_no_folder() {
    let site = site();
    std::fs::create_dir(site.path().join("empty")).unwrap();
    let server = Server::alone(&["--site", &site.path().display().to_string()]).await;
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        assert!(server.call(method.clone(), "/style.css").send().await.status.is_client_error(), "{method}");
    }
    for path in ["/empty/", "/empty"] {
        let answer = server.get(path).await;
        assert!(answer.status.is_client_error(), "{path} gave {}", answer.status);
    }
}

#[tokio::test]
async fn a_site_that_is_not_there_is_refused_at_the_start() {
    let data = folder();
    let options = ["--bind", "127.0.0.1:0", "--data", &data.path().display().to_string(), "--site", "/nowhere/at/all"];
    let (status, said) = cometcam_tests::server::refusal("cometcam-server", &options).await;
    assert!(status.code() == Some(1) && said.contains("/nowhere/at/all"), "{said}");
}

#[tokio::test]
async fn files_of_the_site_are_what_they_say_and_for_this_origin_alone() {
    let site = site();
    let server = Server::alone(&["--site", &site.path().display().to_string()]).await;
    for path in ["/", "/style.css", "/deep/"] {
        let got = server.get(path).await.expect(200);
        assert_eq!(got.header("X-Content-Type-Options"), Some("nosniff"), "{path}");
        assert_eq!(got.header("Cross-Origin-Resource-Policy"), Some("same-origin"), "{path}");
    }
}

#[tokio::test]
async fn a_page_of_the_web_client_has_one_address() {
    let server = Server::alone(&[]).await;
    let _script = server.get("/client/watch.js").await.expect(200);
    for page in ["index", "watch", "kiosk"] {
        let _not_there = server.get(&format!("/client/{page}.html")).await.expect(404);
    }
}
