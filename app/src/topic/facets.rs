//! The names of the events that are held, to choose among.

use web_sys::Element;

use super::list::store::Store;
use crate::ui::{
    dom::{append, attribute, element},
    figures::grouped,
};

/// How many names are offered: a line or two of them.
const OFFERED: usize = 16;

/// A button for each name; those that are there keep their place.
pub(crate) struct Facets {
    root: Element,
    buttons: Vec<(String, Element)>,
    chosen: Vec<String>,
}

impl Facets {
    /// Begins with the names that are chosen already.
    pub(crate) fn new(root: Element, chosen: Vec<String>) -> Self {
        Self {
            root,
            buttons: Vec::new(),
            chosen,
        }
    }

    /// The names that are chosen; none for all.
    pub(crate) fn chosen(&self) -> Vec<String> {
        self.chosen.clone()
    }

    /// Chooses a name, or no longer.
    pub(crate) fn toggle(&mut self, name: &str) {
        match self.chosen.iter().position(|chosen| chosen == name) {
            Some(at) => {
                self.chosen.remove(at);
            }
            None => self.chosen.push(name.to_owned()),
        }
    }

    /// Shows how many events have each name.
    pub(crate) fn refresh(&mut self, store: &Store) {
        let names = store.names();
        for name in &self.chosen {
            if !self.buttons.iter().any(|(known, _)| known == name) {
                self.buttons.push((name.clone(), button(&self.root, name)));
            }
        }
        if self.buttons.len() < OFFERED {
            let mut most: Vec<_> = names.iter().collect();
            most.sort_unstable_by(|a, b| b.1.cmp(a.1));
            for (name, _) in most.into_iter().take(OFFERED) {
                if self.buttons.len() < OFFERED && !self.buttons.iter().any(|(n, _)| **n == **name)
                {
                    let button = button(&self.root, name);
                    self.buttons.push((name.to_string(), button));
                }
            }
        }
        let chosen = &self.chosen;
        self.buttons.retain(|(name, button)| {
            let count = names.get(name.as_str()).copied().unwrap_or_default();
            let is_chosen = chosen.contains(name);
            if count == 0 && !is_chosen {
                button.remove();
                return false;
            }
            if let Some(number) = button.last_element_child() {
                number.set_text_content(Some(&grouped(count.into())));
            }
            let pressed = if is_chosen { "true" } else { "false" };
            attribute(button, "aria-pressed", pressed);
            true
        });
    }
}

fn button(root: &Element, name: &str) -> Element {
    let button = element("button", "facet small");
    attribute(&button, "type", "button");
    attribute(&button, "data-name", name);
    let label = element("bdi", "");
    label.set_text_content(Some(name));
    append(&button, &label);
    append(&button, &element("span", "count"));
    append(root, &button);
    button
}
