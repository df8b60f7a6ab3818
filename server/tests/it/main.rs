//! The server from outside: files mirror the paths.

// A test says that something went wrong by panicking, in its helpers too.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod access;
mod api;
mod authority;
mod cases;
mod chat;
mod check;
mod client;
mod clients;
mod cors;
mod crash;
mod events;
mod faults;
mod formats;
mod host;
mod http;
mod http2;
mod inspect;
mod lines;
mod log;
mod metrics;
mod misbehaving;
#[cfg(feature = "otel")]
mod otel;
mod pages;
mod program;
mod proxies;
mod publish;
mod refused;
mod scripted;
mod secure;
mod send;
mod settings;
mod slow;
mod smuggling;
mod sse_time;
mod support;
mod systemd;
mod tail;
mod tls;
