//! The table of all routes, methods and refusals: who lacks what is refused how. In each row one thing is wrong and the rest right.

use cometcam_tests::http::{Answer, Call};
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::server::Server;
use hyper::Method;

/// Whom a route lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// By whatever name the server is called.
    Anyone,
    Viewer,
    Publisher,
    Operator,
}

/// All of them; where there is GET there is HEAD. The channel `front` is live where a camera is; on `other` nothing ever was.
const ROUTES: [(&str, &[(&str, Who)]); 36] = [
    ("/", &[("GET", Who::Viewer)]),
    ("/watch/front", &[("GET", Who::Viewer)]),
    ("/kiosk/front", &[("GET", Who::Viewer)]),
    ("/kiosk/front,other", &[("GET", Who::Viewer)]),
    ("/kiosk/setup", &[("GET", Who::Viewer)]),
    ("/kiosk/setup/cometcam-display", &[("GET", Who::Viewer)]),
    ("/lite", &[("GET", Who::Viewer)]),
    ("/lite/front", &[("GET", Who::Viewer)]),
    ("/lite/front/now", &[("GET", Who::Viewer)]),
    ("/client/look.css", &[("GET", Who::Viewer)]),
    ("/favicon.ico", &[("GET", Who::Viewer)]),
    ("/frames/other", &[("POST", Who::Publisher)]),
    ("/frames/other?publish", &[("POST", Who::Publisher)]),
    ("/frames/front/1-000001.jpg", &[("GET", Who::Viewer)]),
    ("/live/front.jpg", &[("GET", Who::Viewer)]),
    ("/live/front.mjpg", &[("GET", Who::Viewer)]),
    ("/pub/other", &[("GET", Who::Publisher), ("PUT", Who::Publisher), ("POST", Who::Publisher), ("DELETE", Who::Publisher)]),
    ("/sub/front?poll", &[("GET", Who::Viewer)]),
    ("/enter", &[("GET", Who::Viewer), ("POST", Who::Viewer)]),
    ("/api/now", &[("GET", Who::Viewer)]),
    ("/api/channels", &[("GET", Who::Viewer)]),
    ("/api/cameras/front/pause", &[("POST", Who::Operator)]),
    ("/api/cameras/front/resume", &[("POST", Who::Operator)]),
    ("/api/guests", &[("GET", Who::Operator)]),
    ("/api/guests/0123456789abcdef", &[("DELETE", Who::Operator)]),
    ("/api/pairing", &[("POST", Who::Operator), ("DELETE", Who::Operator)]),
    ("/api/viewers", &[("GET", Who::Operator)]),
    ("/api/viewers/0000000000000000", &[("DELETE", Who::Operator)]),
    ("/api/viewers/closed/10.0.0.9", &[("DELETE", Who::Operator)]),
    ("/api/displays", &[("GET", Who::Operator)]),
    ("/api/displays/hall", &[("DELETE", Who::Operator)]),
    ("/api/displays/hall/identify", &[("POST", Who::Operator)]),
    ("/api/displays/hall/reload", &[("POST", Who::Operator)]),
    ("/api/displays/hall/show?channels=front", &[("POST", Who::Operator)]),
    ("/api/window/raise", &[("POST", Who::Operator)]),
    ("/healthz", &[("GET", Who::Anyone)]),
];

/// The server's own table, as it stands in its source.
const SERVER: &str = include_str!("../../server/src/http/routes.rs");

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"];

/// What a request to one route is made of.
struct Asking<'a> {
    server: &'a Server,
    method: &'a str,
    path: &'a str,
    /// `None` where the route doesn't take the method.
    who: Option<Who>,
}

impl Asking<'_> {
    /// The request as it is right.
    fn right(&self) -> Call {
        match self.who {
            Some(Who::Publisher) => self.keyless().key(&self.server.publish_key()),
            Some(Who::Operator) => self.keyless().key(&self.server.operator_key()),
            _ => self.keyless(),
        }
    }

    fn keyless(&self) -> Call {
        let call = self.server.call(self.method.parse().unwrap(), self.path);
        if self.method == "POST" { call.body("image/jpeg", jpeg::jpeg(8, 8, [0; 3])) } else { call }
    }

    #[track_caller]
    fn check(&self, answer: &Answer, status: u16, what: &str) {
        assert_eq!(answer.status, status, "{} {} {what}: {}", self.method, self.path, answer.text());
        let shared = answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
        assert!(!shared, "{} {} {what}: {:?}", self.method, self.path, answer.headers);
        // A refusal is told in words, but where the answer has no body by its nature.
        let told = self.method == "HEAD" || !answer.body.is_empty();
        assert!(status < 400 || told, "{} {} {what}: no word about it", self.method, self.path);
    }

    async fn refused(&self) {
        let named = self.right().header("Host", "evil.example").send().await;
        match self.who {
            Some(Who::Anyone) => self.check(&named, 200, "by a foreign name"),
            _ if self.path == "/healthz" => self.check(&named, 405, "by a foreign name"),
            _ => self.check(&named, 421, "by a foreign name"),
        }
        let Some(who) = self.who else {
            let refused = self.right().send().await;
            self.check(&refused, 405, "is no method here");
            assert!(refused.header("Allow").is_some_and(|allow| !allow.contains(self.method)), "{:?}", refused.headers);
            return;
        };
        if matches!(who, Who::Publisher | Who::Operator) {
            self.check(&self.keyless().send().await, 401, "without a key");
            self.check(&self.keyless().key("").send().await, 401, "with an empty key");
            let neighbour = if who == Who::Operator { self.server.publish_key() } else { self.server.operator_key() };
            for key in ["wrong", &neighbour] {
                self.check(&self.keyless().key(key).send().await, 403, &format!("with the key “{key}”"));
            }
        }
        if !self.is_read() {
            for origin in ["http://evil.example", "null"] {
                let foreign = self.right().header("Origin", origin).send().await;
                self.check(&foreign, 403, &format!("from a page of {origin}"));
            }
        }
    }

    fn is_read(&self) -> bool {
        ["GET", "HEAD"].contains(&self.method)
    }

    /// Only the head of the answer, for a stream has no end.
    async fn let_in(&self) {
        let status = self.right().open().await.status;
        assert!(![401, 403, 405, 421].contains(&status.as_u16()), "{} {}: {status}", self.method, self.path);
        assert!(!status.is_server_error(), "{} {}: {status}", self.method, self.path);
        for origin in ["http://evil.example", "null"].into_iter().filter(|_| self.is_read()) {
            let foreign = self.right().header("Origin", origin).open().await;
            assert_eq!(foreign.status, status, "{} {} for {origin}", self.method, self.path);
            let shared = foreign.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
            assert!(!shared, "{} {} for {origin}: {:?}", self.method, self.path, foreign.headers);
            assert_eq!(foreign.headers["cross-origin-resource-policy"], "same-origin", "{} {}", self.method, self.path);
        }
    }
}

fn all(server: &Server) -> impl Iterator<Item = Asking<'_>> {
    ROUTES.iter().flat_map(move |(path, taken)| {
        METHODS.iter().map(move |method| {
            let known = if *method == "HEAD" { "GET" } else { method };
            let who = taken.iter().find(|(method, _)| *method == known).map(|(_, who)| *who);
            Asking { server, method, path, who }
        })
    })
}

async fn check_all(server: &Server) {
    for asking in all(server) {
        asking.refused().await;
    }
    let untouched = server.publisher(Method::GET, "other").send().await;
    assert_eq!(untouched.status, 404, "what was refused did nothing: {}", untouched.text());
    for asking in all(server).filter(|asking| asking.who.is_some()) {
        asking.let_in().await;
    }
}

/// Whether a path is one of a pattern, whose segments in capitals are open.
fn is_of(path: &str, pattern: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (path, pattern): (Vec<_>, Vec<_>) = (path.split('/').collect(), pattern.split('/').collect());
    let fits = |(part, open): (&&str, &&str)| part == open || open.starts_with(char::is_uppercase) && !part.is_empty();
    path.len() == pattern.len() && path.iter().zip(&pattern).all(fits)
}

#[test]
fn the_table_has_every_route_of_the_server() {
    let routes: Vec<_> = SERVER.lines().filter_map(|line| line.trim().strip_prefix("route!(\"")).collect();
    assert!(routes.len() >= 18, "the server's table is read: {routes:?}");
    for route in routes {
        let (method, rest) = route.split_once("\" \"").unwrap();
        let (pattern, rest) = rest.split_once("\", ").unwrap();
        let who = match rest.split(',').next().unwrap() {
            "AnyHost" => Who::Anyone,
            "Viewer" => Who::Viewer,
            "Publisher" => Who::Publisher,
            "Operator" => Who::Operator,
            other => panic!("{route} is for {other}, of whom this table knows nothing"),
        };
        let row = ROUTES.iter().any(|(path, taken)| is_of(path, pattern) && taken.contains(&(method, who)));
        assert!(row, "there is no row for {method} {pattern}, which is for {who:?}");
    }
}

#[tokio::test]
async fn the_server_refuses_by_the_table() {
    check_all(&Server::alone(&[]).await).await;
}

#[tokio::test]
async fn the_app_refuses_by_the_table_and_its_camera_goes_on() {
    let server = Server::headless(&[]).await;
    let mut subscriber = Subscriber::new(&server, "front?latest");
    let _live = subscriber.of_type("frame").await;
    check_all(&server).await;
    let mut afterwards = Subscriber::new(&server, "front?first=newest");
    let _still_live = afterwards.of_type("frame").await;
}

#[tokio::test]
async fn a_camera_is_paused_by_post_with_the_operators_key_alone() {
    let server = Server::headless(&[]).await;
    let _live = Subscriber::new(&server, "front").of_type("frame").await;
    let ask = |method: Method, channel: &str, what: &str| server.call(method, &format!("/api/cameras/{channel}/{what}"));
    let operator = server.operator_key();
    let _not_so = ask(Method::POST, "front", "pause").key(&server.publish_key()).send().await.expect(403);
    let _not_so = ask(Method::GET, "front", "pause").key(&operator).send().await.expect(405);
    let _no_camera = ask(Method::POST, "yard", "pause").key(&operator).send().await.expect(404);
    let _nothing = ask(Method::POST, "front", "explode").key(&operator).send().await.expect(404);
    let state = || async { server.get("/api/channels").await.expect(200).json()["channels"][0]["state"].clone() };
    assert_ne!(state().await, "paused");
    let _paused = ask(Method::POST, "front", "pause").key(&operator).send().await.expect(204);
    assert_eq!(state().await, "paused");
    let _twice = ask(Method::POST, "front", "pause").key(&operator).send().await.expect(204);
    let mut subscriber = Subscriber::new(&server, "front?first=newest");
    let (_frame, _resumed) =
        tokio::join!(subscriber.of_type("frame"), ask(Method::POST, "front", "resume").key(&operator).send());
    assert_ne!(state().await, "paused");
}
