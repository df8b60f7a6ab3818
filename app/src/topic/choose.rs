//! The form that says what to watch.

use leptos::prelude::*;

use crate::model::Refused;

/// Asks for a topic or a pattern; without JavaScript too.
#[component]
pub(crate) fn Choose(
    refused: Option<Refused>,
    /// Whether the page is about a topic already, and the form for who wants another.
    another: bool,
) -> impl IntoView {
    let (value, why) = Refused::split(refused);
    let is_refused = why.is_some();
    view! {
        <form class="compose choose" class:another=another method="get" action="/topics">
            <label for="topic">
                "Watch a topic, or a pattern such as " <code>"orders/*"</code> " or " <code>"**"</code>
            </label>
            <div class="field">
                <input
                    id="topic"
                    placeholder=another.then_some("Watch another: orders/*")
                    name="topic"
                    value=value
                    required
                    dir="auto"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-invalid=is_refused.then_some("true")
                    aria-describedby="refused"
                />
                <button type="submit">"Watch"</button>
            </div>
            <p id="refused" class="refused" role="alert">{why}</p>
        </form>
    }
}
