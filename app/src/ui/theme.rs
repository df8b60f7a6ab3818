//! Light or dark: what the reader chose, and the form that chooses.

use leptos::prelude::*;

use crate::model::Account;

/// What the pages look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the reader's system does.
    #[default]
    System,
    /// Light, whatever the system.
    Light,
    /// Dark, whatever the system.
    Dark,
}

/// What a page knows of who reads it.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// What the pages are to look like.
    pub theme: Theme,
    /// The path and the query under which the page was asked for.
    pub here: Option<String>,
    /// Who it is.
    pub account: Account,
}

impl Theme {
    const ALL: [(Self, &'static str); 3] = [
        (Self::System, "System"),
        (Self::Light, "Light"),
        (Self::Dark, "Dark"),
    ];

    /// Its name in forms and cookies.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = Self::ALL.into_iter().map(|(theme, _)| theme);
        all.into_iter().find(|theme| theme.name() == name)
    }

    /// `data-theme` of the document: none leaves it to the system.
    pub(crate) fn forced(self) -> Option<&'static str> {
        (self != Self::System).then(|| self.name())
    }

    /// The colour schemes that the document is made for.
    pub(crate) fn schemes(self) -> &'static str {
        self.forced().unwrap_or("light dark")
    }
}

/// Chooses between them; the script of the document sees to it that the page stays, where there is
/// one.
#[component]
pub(crate) fn ThemeForm() -> impl IntoView {
    let Reader { theme, here, .. } = use_context().unwrap_or_default();
    let button = move |(of, label): (Theme, &'static str)| {
        let pressed = if of == theme { "true" } else { "false" };
        view! {
            <button type="submit" class="small" name="theme" value=of.name() aria-pressed=pressed>
                {label}
            </button>
        }
    };
    view! {
        <form class="theme" method="post" action="/theme">
            <input type="hidden" name="back" value=here />
            <div class="choice" role="group" aria-label="Theme">
                {Theme::ALL.map(button).collect_view()}
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_is_found_by_its_name_alone() {
        for (theme, _) in Theme::ALL {
            assert_eq!(Theme::named(theme.name()), Some(theme));
        }
        for other in ["", "Dark", "blue", "dark "] {
            assert_eq!(Theme::named(other), None, "{other}");
        }
    }
}
