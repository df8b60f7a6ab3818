//! The island that brings a topic's page to life.

use std::{cell::OnceCell, rc::Rc};

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::console::Console;
use crate::{
    live::{StreamSpec, row, use_stream},
    model::{Choice, Snapshot},
    ui::{badge, dom::alive, standing::View},
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

/// Brings the section `#watch` to life: the list, and what can be done with it.
#[island]
pub(crate) fn Watch(begin: Begin, children: Children) -> impl IntoView {
    alive("#watch", move |root| {
        let (view, set_view) = signal(View::default());
        let spec = StreamSpec {
            parked: begin.at.is_some(),
            ..StreamSpec::hub(
                format!("/events?{}&envelope=1", begin.query),
                begin.events.cursor.clone(),
            )
        };
        let console = Rc::new(OnceCell::<Rc<Console>>::new());
        let taker = Rc::clone(&console);
        let stream = use_stream(spec, move |message| {
            if let (Some(console), Some(row)) = (taker.get(), row(&message)) {
                console.push(row);
            }
        });
        badge::follow(&root, stream, Some(view));
        if let Some(attached) = Console::attach(&root, begin, stream, set_view) {
            // It is set once, here.
            let _ = console.set(attached);
        }
    });
    children()
}
