//! A subscriber as the protocol has it: asks, gets one message, and asks again with the validators of that message.

use std::net::SocketAddr;

use hyper::Method;

use crate::deadline::soon;
use crate::http::{Answer, Call};
use crate::server::Server;

/// A cursor on a subscriber location.
#[derive(Debug, Clone)]
pub struct Subscriber {
    call: Call,
    /// `Last-Modified` and `Etag` of the last message; none before the first.
    pub at: Option<(String, String)>,
}

impl Subscriber {
    /// Starts where the query of `path` says, e.g. `front?first=newest`.
    #[must_use]
    pub fn new(server: &Server, path: &str) -> Self {
        Self::to(server.address, path)
    }

    /// Like [`Subscriber::new`], of the server at `address`.
    #[must_use]
    pub fn to(address: SocketAddr, path: &str) -> Self {
        Self { call: Call::new(address, Method::GET, &format!("/sub/{path}")), at: None }
    }

    /// With this header in each request.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.call = self.call.header(name, value);
        self
    }

    /// The next request, as it would go out.
    #[must_use]
    pub fn request(&self) -> Call {
        match &self.at {
            None => self.call.clone(),
            Some((time, tag)) => self.call.clone().header("If-Modified-Since", time).header("If-None-Match", tag),
        }
    }

    /// Asks once and moves on if a message comes: any answer, within the deadline.
    pub async fn ask(&mut self) -> Answer {
        let answer = soon("an answer to a long-poll", Box::pin(self.request().wait())).await;
        if answer.status == 200 {
            let validator = |name| answer.header(name).unwrap_or_else(|| panic!("a message has {name}")).to_owned();
            self.at = Some((validator("Last-Modified"), validator("Etag")));
        }
        answer
    }

    /// The next message.
    ///
    /// # Panics
    /// If none comes.
    pub async fn next(&mut self) -> Answer {
        self.ask().await.expect(200)
    }

    /// The next message's text.
    ///
    /// # Panics
    /// If none comes.
    pub async fn text(&mut self) -> String {
        self.next().await.text()
    }

    /// The next message of this type (`frame`, `status`), others being passed over.
    ///
    /// # Panics
    /// If none comes.
    pub async fn of_type(&mut self, kind: &str) -> serde_json::Value {
        let of_type = async {
            loop {
                let message = self.next().await.json();
                if message["type"] == kind {
                    return message;
                }
            }
        };
        soon(&format!("a message of type {kind}"), of_type).await
    }

    /// The next status that says this in its field of that name, others being passed over: on a busy machine a camera that is late
    /// is told of as stalled at any time.
    ///
    /// # Panics
    /// If none comes.
    pub async fn status(&mut self, field: &str, word: &str) -> serde_json::Value {
        let status = async {
            loop {
                let status = self.of_type("status").await;
                if status[field] == word {
                    return status;
                }
            }
        };
        soon(&format!("a status whose {field} is “{word}”"), status).await
    }
}
