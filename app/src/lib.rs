//! The pages of Tickertape and the subscription behind them, shared by server and browser.
//!
//! A page is made by the server alone; what lives in the browser is an island in it (`#[island]`),
//! with the data that it begins with. Nothing here depends on which of the two it is built for:
//! what only a browser can do happens inside effects, which never run on the server.

// `#[component]` writes `pub` for its own items, whatever the component's visibility.
#![allow(unreachable_pub)]

mod address;
mod app;
mod chat;
mod faults;
mod frame;
mod home;
mod inspect;
mod learn;
pub mod live;
pub mod model;
mod post;
mod shell;
mod sign_in;
mod topic;
mod ui;

pub use app::App;
pub use shell::{AssetUrls, InspectorUrls, shell};
pub use ui::theme::{Reader, Theme};
