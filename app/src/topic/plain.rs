//! A topic's events as a page that stands still: for print, find-in-page and screen readers.

use leptos::prelude::*;

use crate::{model::PlainData, ui::layout::Page};

/// The page `/topics?view=plain`.
#[component]
pub(crate) fn Plain(data: PlainData) -> impl IntoView {
    view! { <Page title=data.title() lead="All of it, page by page."><p></p></Page> }
}
