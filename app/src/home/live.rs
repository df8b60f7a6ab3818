//! The part of the overview that lives: the hub's figures as they come, and what is asked after them.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestInit};

use super::table::{self, Found, find, number};
use crate::{
    live::{Message, StreamSpec, Transport, use_stream},
    model::{Figures, LISTENERS_SHOWN, TOPICS_SHOWN, TopicOrder, Wanted},
    ui::{
        badge,
        dom::{alive, write},
        figures::grouped,
    },
};

/// How long after a key the search waits for another.
const PAUSE: Duration = Duration::from_millis(200);

/// How long an answer may take, in milliseconds: one that never comes must not be the last.
const PATIENCE: u32 = 10_000;

/// Every so many seconds it is asked who listens, where someone looks.
const LISTENERS_EVERY: u32 = 3;

/// The hub in figures, once a second; with each of them the tables of the page are brought up to
/// date, so that the page holds one connection and asks one question at a time.
#[island]
pub(crate) fn Hub(
    /// The figures, as the server wrote them.
    children: Children,
) -> impl IntoView {
    alive("#hub", |root| {
        let spec = StreamSpec {
            url: "/api/stats".into(),
            cursor: None,
            transport: Transport::Events(&["stats", "hub.close"]),
            heartbeat: 2_000,
            // There is nothing to miss: the connection is left to who needs it.
            patience: 0,
            parked: false,
        };
        let refresh = Rc::new(Refresh::default());
        let typed = refresh.clone();
        let stream = use_stream(spec, move |message| refresh.hear(&message));
        // The page has one field.
        window_event_listener_untyped("input", move |_| typed.search_soon());
        badge::follow(&root, stream, None);
    });
    children()
}

/// What keeps the tables up to date.
#[derive(Default)]
struct Refresh {
    /// Whether a question is on its way.
    asking: Cell<bool>,
    /// Whether the reader wants other rows than before.
    searched: Cell<bool>,
    /// How many topics there are.
    total: Cell<u64>,
    /// For how many seconds the list of who listens has been open.
    open: Cell<u32>,
    typing: RefCell<Option<TimeoutHandle>>,
}

impl Refresh {
    fn hear(self: &Rc<Self>, message: &Message) {
        if message.name != "stats" {
            return;
        }
        let Ok(stats) = js_sys::JSON::parse(&message.data) else {
            return;
        };
        let figures = figures(&stats);
        self.total.set(figures.topics);
        table::show_figures(&figures);
        if let Some(total) = find(".listeners .total") {
            write(&total, &grouped(figures.subscribers));
        }
        self.ask();
    }

    /// Asks for the rows once the reader pauses.
    fn search_soon(self: &Rc<Self>) {
        // What is asked for until then is already this.
        table::begin_at_the_first();
        let me = self.clone();
        let search = move || {
            table::choose(&wanted());
            me.searched.set(true);
            me.ask();
        };
        let next = set_timeout_with_handle(search, PAUSE).ok();
        if let Some(last) = self.typing.replace(next) {
            last.clear();
        }
    }

    /// Asks for the rows, unless an answer is awaited or nobody looks.
    fn ask(self: &Rc<Self>) {
        if document().hidden() || self.asking.replace(true) {
            return;
        }
        let me = self.clone();
        spawn_local(async move {
            me.ask_for_topics().await;
            me.ask_for_listeners().await;
            me.asking.set(false);
            // What was typed meanwhile is not left for the next second.
            if me.searched.get() {
                me.ask();
            }
        });
    }

    async fn ask_for_topics(&self) {
        let (wanted_then, searched) = (wanted(), self.searched.take());
        let query = wanted_then.query("contains", "after");
        let separator = if query.is_empty() { '?' } else { '&' };
        let answer = get(&format!(
            "/api/topics{query}{separator}recent=1&limit={TOPICS_SHOWN}"
        ))
        .await;
        // What is no longer wanted is not shown, not even for a moment.
        if wanted() != wanted_then {
            return self.searched.set(true);
        }
        if let Some(answer) = answer {
            let found = Found::of(&answer);
            table::show_topics(&wanted_then, &found, self.total.get(), searched);
        }
    }

    async fn ask_for_listeners(&self) {
        if find(".listeners[open]").is_none() {
            return self.open.set(0);
        }
        let open = self.open.replace(self.open.get() + 1);
        if open.is_multiple_of(LISTENERS_EVERY)
            && let Some(answer) = get(&format!("/api/subscribers?limit={LISTENERS_SHOWN}")).await
        {
            table::show_listeners(&answer);
        }
    }
}

/// What the page asks for, as it stands in its fields.
fn wanted() -> Wanted {
    Wanted {
        text: table::field("q").trim().to_owned(),
        order: TopicOrder::of(&table::field("sort")),
        after: find(".topics table")
            .and_then(|table| table.get_attribute("data-after"))
            .unwrap_or_default(),
    }
}

fn figures(stats: &JsValue) -> Figures {
    let whole = |of: &JsValue, name| number(of, name) as u64;
    let within = |name: &str, inner| whole(&table::member(stats, name), inner);
    let gaps = [
        "trimmed",
        "deleted",
        "damaged",
        "unknown-id",
        "epoch-changed",
    ];
    Figures {
        topics: whole(stats, "topics"),
        subscribers: whole(stats, "subscribers"),
        stored: within("in", "events"),
        delivered: within("out", "events"),
        log_bytes: whole(stats, "log_bytes"),
        gaps: gaps.iter().map(|reason| within("gaps", reason)).sum(),
        uptime: whole(stats, "uptime_s"),
    }
}

/// An answer as JSON; none where there is none.
async fn get(address: &str) -> Option<JsValue> {
    let options = RequestInit::new();
    options.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)));
    let response = window().fetch_with_str_and_init(address, &options);
    let response = JsFuture::from(response).await.ok()?;
    let response = response.dyn_into::<web_sys::Response>().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.json().ok()?).await.ok()
}
