//! The rules of the format, whole.

use leptos::prelude::*;

/// What a line begins with, what it does, and what people get wrong about it.
const RULES: [(&str, &str, &str); 7] = [
    (
        "data: text",
        "Adds a line to the event's data.",
        "Several data lines make one text, joined by LF. Each adds a line end, and of the line ends at the end of data one is removed, not all: data that ends with an empty line keeps it.",
    ),
    (
        "event: name",
        "Names the event: addEventListener('name', …).",
        "Without it the name is message, the only one that onmessage sees. A page that listens for no such name never learns of it.",
    ),
    (
        "id: text",
        "Moves the cursor: what the next request sends as Last-Event-ID.",
        "It stays in force for later events until another id comes. An id with a NUL is passed over; one with another control character keeps browsers from ever reconnecting.",
    ),
    (
        "retry: digits",
        "Sets the time until a reconnect, in milliseconds.",
        "Anything but digits is passed over. 0 makes some browsers come back within 80 ms; a huge number switches them off.",
    ),
    (
        ": text",
        "A comment: nothing happens.",
        "Servers send one to keep proxies from cutting a quiet stream; a page cannot see it, and so cannot tell a quiet stream from a dead one.",
    ),
    (
        "(blank line)",
        "Dispatches the event, if it has data.",
        "A block without data is no event, whatever its name. Without the last blank line the last event is thrown away.",
    ),
    (
        "anything else",
        "Is passed over, in silence.",
        "Names are matched exactly: Data, data with a space before the colon, or a tab before it are other fields.",
    ),
];

/// The section "The rules".
#[component]
pub(crate) fn Rules() -> impl IntoView {
    view! {
        <section class="panel" id="rules" aria-labelledby="rules-title">
            <h2 id="rules-title">"The rules, all of them"</h2>
            <p>
                "The text is UTF-8. A line ends with LF, CR, or both. What stands before the first
                colon is the field's name; one space after the colon belongs to the separator. The
                standard is short: "
                <a rel="noreferrer" href="https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation">
                    "HTML, section 9.2.6"
                </a> "."
            </p>
            <table class="rules">
                <thead>
                    <tr>
                        <th scope="col">"A line"</th>
                        <th scope="col">"What it does"</th>
                        <th scope="col">"What to know"</th>
                    </tr>
                </thead>
                <tbody>
                    {RULES
                        .map(|(line, does, know)| {
                            view! {
                                <tr>
                                    <th scope="row"><code>{line}</code></th>
                                    <td>{does}</td>
                                    <td>{know}</td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </section>
    }
}
