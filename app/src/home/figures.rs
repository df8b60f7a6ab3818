//! The hub in figures.

use leptos::prelude::*;

use crate::{
    model::Figures,
    ui::figures::{bytes, duration, grouped},
};

/// What each figure is called, in the order of [`shown`].
const NAMES: [&str; 7] = [
    "Topics",
    "Subscribers",
    "Events in",
    "Events out",
    "Kept",
    "Gaps told",
    "Running for",
];

/// The figures as text, in the order of the list.
pub(super) fn shown(figures: &Figures) -> [String; 7] {
    [
        grouped(figures.topics),
        grouped(figures.subscribers),
        grouped(figures.stored),
        grouped(figures.delivered),
        bytes(figures.log_bytes),
        grouped(figures.gaps),
        duration(figures.uptime),
    ]
}

/// The figures, each under its name.
#[component]
pub(super) fn FigureList(figures: Figures) -> impl IntoView {
    let figure = |(name, value): (&'static str, String)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    let figures = NAMES.into_iter().zip(shown(&figures));
    view! { <dl class="figures">{figures.map(figure).collect_view()}</dl> }
}
