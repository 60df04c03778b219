//! Requests and whole answers over HTTP, each on a connection of its own.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use crate::deadline::soon;

/// A request that is being put together.
#[derive(Debug, Clone)]
pub struct Call {
    address: SocketAddr,
    /// `None` for the one that the system takes.
    from: Option<IpAddr>,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// An answer that has come to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The request, for messages of failed tests.
    pub asked: String,
    /// Of the answer.
    pub status: StatusCode,
    /// Of the answer.
    pub headers: HeaderMap,
    /// Of the answer.
    pub body: Bytes,
}

/// An answer whose body goes on. Drop closes the connection.
#[derive(Debug)]
pub struct Opened {
    /// Of the answer.
    pub status: StatusCode,
    /// Of the answer.
    pub headers: HeaderMap,
    body: Incoming,
    connection: JoinHandle<()>,
}

impl Call {
    /// A request to the server at `address`, whose name it gives as Host. `path` goes out as it is.
    #[must_use]
    pub fn new(address: SocketAddr, method: Method, path: &str) -> Self {
        let host = HeaderValue::try_from(address.to_string()).expect("an address is a header's value");
        Self {
            address,
            from: None,
            method,
            path: path.to_owned(),
            headers: HeaderMap::from_iter([(HOST, host)]),
            body: Bytes::new(),
        }
    }

    /// With this header, in the place of one of the same name.
    ///
    /// # Panics
    /// If no client could send it.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).expect("a header's name");
        self.headers.insert(name, HeaderValue::try_from(value).expect("a header's value"));
        self
    }

    /// From this address of the machine.
    #[must_use]
    pub fn from(mut self, address: IpAddr) -> Self {
        self.from = Some(address);
        self
    }

    /// With this key in `Authorization`.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("Content-Type", content_type)
    }

    /// Sends it and waits for the whole answer.
    ///
    /// # Panics
    /// If no answer comes, or none in time.
    pub async fn send(self) -> Answer {
        let asked = format!("{} {}", self.method, self.path);
        soon(&format!("an answer to {asked}"), self.wait()).await
    }

    /// Sends it and waits for the whole answer, however long that takes: for held polls, which a test bounds itself.
    ///
    /// # Panics
    /// If the connection ends without an answer.
    pub async fn wait(self) -> Answer {
        let asked = format!("{} {}", self.method, self.path);
        let opened = self.open().await;
        let (status, headers) = (opened.status, opened.headers.clone());
        let body = opened.rest().await.unwrap_or_else(|error| panic!("the answer to {asked} was cut off: {error}"));
        Answer { asked, status, headers, body }
    }

    /// Like [`Call::send`], for servers that may be gone, and answers that may be cut off.
    ///
    /// # Errors
    /// If it can't be sent, or is not answered to the end.
    ///
    /// # Panics
    /// If neither happens in time.
    pub async fn try_send(self) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
        let asked = format!("{} {}", self.method, self.path);
        soon(&format!("an answer to {asked}"), async {
            let opened = Box::pin(self.try_open()).await?;
            let (status, headers) = (opened.status, opened.headers.clone());
            Ok(Answer { asked: asked.clone(), status, headers, body: opened.rest().await? })
        })
        .await
    }

    /// Sends it and waits for the answer's head.
    ///
    /// # Panics
    /// If none comes.
    pub async fn open(self) -> Opened {
        let asked = format!("{} {}", self.method, self.path);
        Box::pin(self.try_open()).await.unwrap_or_else(|error| panic!("no answer to {asked}: {error}"))
    }

    /// Like [`Call::open`], for servers that may be gone.
    ///
    /// # Errors
    /// If it can't be sent, or is not answered.
    pub async fn try_open(self) -> Result<Opened, Box<dyn std::error::Error + Send + Sync>> {
        let stream = match self.from {
            None => TcpStream::connect(self.address).await?,
            Some(from) => {
                let socket = if from.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
                socket.bind((from, 0).into())?;
                socket.connect(self.address).await?
            }
        };
        stream.set_nodelay(true)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(async move {
            // Its errors reach the request too, where they are handled.
            let _told_there = connection.await;
        });
        let mut request = Request::builder().method(self.method).uri(self.path).body(Full::new(self.body))?;
        *request.headers_mut() = self.headers;
        let (head, body) = Response::into_parts(sender.send_request(request).await?);
        Ok(Opened { status: head.status, headers: head.headers, body, connection })
    }
}

impl Opened {
    /// The next piece of the body; `None` at its end or when the connection breaks.
    ///
    /// # Panics
    /// If neither comes in time.
    pub async fn piece(&mut self) -> Option<Bytes> {
        soon("the next piece of a body", self.body.frame()).await?.ok()?.into_data().ok()
    }

    async fn rest(mut self) -> Result<Bytes, hyper::Error> {
        Ok((&mut self.body).collect().await?.to_bytes())
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Answer {
    /// Itself, if it has this status.
    ///
    /// # Panics
    /// If it has another one.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{} was answered: {}", self.asked, self.text());
        self
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{} gave no JSON: {error}: {}", self.asked, self.text()))
    }
}
