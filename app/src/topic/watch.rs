//! The island that brings a topic's page to life.

use std::{cell::RefCell, rc::Rc};

use leptos::{html::Section, prelude::*};
use serde::{Deserialize, Serialize};

use super::console::Console;
use crate::{
    live::{StreamSpec, row, use_stream},
    model::{Choice, Snapshot},
    ui::{badge::Badge, standing::View},
};

/// What the browser begins with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Begin {
    /// The selectors as parameters of an address.
    pub(crate) query: String,
    /// Whether events of more than one topic can come.
    pub(crate) several: bool,
    /// The newest events, and the cursor from which the page goes on.
    pub(crate) events: Snapshot,
    /// Whether older ones are kept.
    pub(crate) earlier: bool,
    /// What the reader chose to see.
    pub(crate) choice: Choice,
    /// The event that the page is about; then it begins paused.
    pub(crate) at: Option<String>,
    /// Scheme and authority, as far as the server knows them.
    pub(crate) origin: String,
}

/// The events of some topics: the list, and what can be done with it.
///
/// What stands in it is the server's own, as `children`; the console finds its parts there.
#[island]
pub(crate) fn Watch(begin: Begin, children: Children) -> impl IntoView {
    let root = NodeRef::<Section>::new();
    let (view, set_view) = signal(View::default());
    let console = Rc::new(RefCell::new(None::<Rc<Console>>));
    let spec = StreamSpec {
        parked: begin.at.is_some(),
        ..StreamSpec::hub(
            format!("/events?{}&envelope=1", begin.query),
            begin.events.cursor.clone(),
        )
    };
    let taker = Rc::clone(&console);
    let stream = use_stream(spec, move |message| {
        if let (Some(console), Some(row)) = (taker.borrow().as_ref(), row(&message)) {
            console.push(row);
        }
    });
    let mut begin = Some(begin);
    Effect::new(move |_| {
        if let (Some(root), Some(begin)) = (root.get(), begin.take()) {
            *console.borrow_mut() = Console::attach(&root, begin, stream, set_view);
        }
    });
    view! {
        <section class="panel watch" aria-labelledby="events-title" node_ref=root>
            <header class="panel-head">
                <h2 id="events-title">"Events"</h2>
                <Badge stream=stream view=view />
            </header>
            {children()}
        </section>
    }
}
