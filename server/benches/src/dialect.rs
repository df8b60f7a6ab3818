//! How a server is asked: for a topic's events, and to publish one.

use std::fmt::Write;

/// Paths of topics by their number, and fields that go with each request.
#[derive(Clone)]
pub(crate) struct Dialect {
    /// Asks for what comes.
    pub(crate) live: fn(usize) -> String,
    /// Asks for all there is, then for what comes; `None` where a server keeps nothing.
    pub(crate) replay: Option<fn(usize) -> String>,
    pub(crate) publish: fn(usize) -> String,
    /// What makes a topic, where that has to be done.
    pub(crate) create: Option<fn(usize) -> String>,
    /// Lines with an end each.
    pub(crate) fields: String,
}

impl Dialect {
    /// Of a server that takes and gives a topic's events at one path, and keeps nothing.
    pub(crate) fn of_one_path(path: fn(usize) -> String) -> Self {
        Self {
            live: path,
            replay: None,
            publish: path,
            create: None,
            fields: String::new(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> String {
        format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n{}\r\n",
            self.fields
        )
    }

    pub(crate) fn put(&self, path: &str) -> String {
        self.with_body("PUT", path, "")
    }

    pub(crate) fn post(&self, path: &str, data: &str) -> String {
        self.with_body("POST", path, data)
    }

    fn with_body(&self, method: &str, path: &str, data: &str) -> String {
        let mut request = String::with_capacity(256 + data.len());
        // Writing to a string does not fail.
        let _ = write!(
            request,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n\
             Content-Length: {}\r\n{}\r\n{data}",
            data.len(),
            self.fields
        );
        request
    }
}
