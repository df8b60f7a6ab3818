//! Elements made by hand, where there are too many for a closure each.
//!
//! For event handlers and effects only, as there is no document on the server.

use leptos::prelude::{Effect, document};
use wasm_bindgen::{JsCast, closure::Closure, throw_val};
use web_sys::{AddEventListenerOptions, Element, Event, EventTarget, HtmlElement, Node};

/// An element without content; the class may be empty.
pub(crate) fn element(tag: &str, class: &str) -> Element {
    // Refused is only what is no name of an element, and all of ours are written here.
    let element = document()
        .create_element(tag)
        .unwrap_or_else(|error| throw_val(error));
    if !class.is_empty() {
        element.set_class_name(class);
    }
    element
}

/// An element that holds a text, whatever is in it.
pub(crate) fn text(tag: &str, class: &str, text: &str) -> Element {
    let element = element(tag, class);
    element.set_text_content(Some(text));
    element
}

/// Puts a node at the end of another.
pub(crate) fn append(parent: &Node, child: &Node) {
    // Refused is only a node that would hold itself.
    let _ = parent.append_child(child);
}

/// Puts an element with a text at the end of another.
pub(crate) fn append_text(parent: &Node, tag: &str, class: &str, content: &str) {
    append(parent, &text(tag, class, content));
}

/// Puts a text at the end of an element.
pub(crate) fn append_words(parent: &Element, words: &str) {
    // Refused is only a node that would hold itself.
    let _ = parent.append_with_str_1(words);
}

/// An attribute that the server wrote; empty where there is none.
pub(crate) fn given(element: &Element, name: &str) -> String {
    element.get_attribute(name).unwrap_or_default()
}

/// Hides an element, or shows it.
pub(crate) fn hide(element: &Element, hidden: bool) {
    // Refused is only what is no name of an attribute.
    let _ = element.toggle_attribute_with_force("hidden", hidden);
}

/// Takes away what a selector names inside an element, where it is there.
pub(crate) fn remove(root: &Element, selector: &str) {
    if let Some(element) = find(root, selector) {
        element.remove();
    }
}

/// Sets an attribute.
pub(crate) fn attribute(element: &Element, name: &str, value: &str) {
    // Refused is only what is no name of an attribute.
    let _ = element.set_attribute(name, value);
}

/// Calls `f` on every event of this name, of what is inside `target` too, even where the event
/// does not bubble. What `f` holds is let go of with the element.
pub(crate) fn listen(target: &EventTarget, name: &str, f: impl FnMut(Event) + 'static) {
    let f = Closure::<dyn FnMut(Event)>::new(f).into_js_value();
    // Refused is nothing: a listener is a function.
    let _ = target.add_event_listener_with_callback_and_bool(name, f.unchecked_ref(), true);
}

/// The same, where nothing that the browser does by itself has to wait for `f`: scrolling does not.
pub(crate) fn listen_passively(target: &EventTarget, name: &str, f: impl FnMut(Event) + 'static) {
    let f = Closure::<dyn FnMut(Event)>::new(f).into_js_value();
    let options = AddEventListenerOptions::new();
    options.set_passive(true);
    // Refused is nothing: a listener is a function.
    let _ = target.add_event_listener_with_callback_and_add_event_listener_options(
        name,
        f.unchecked_ref(),
        &options,
    );
}

/// Moves the focus to an element, also to one that takes none by itself, in place of one that goes.
pub(crate) fn focus(element: &Element) {
    if !element.has_attribute("tabindex") {
        attribute(element, "tabindex", "-1");
    }
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        // Refused is nothing: what cannot be focused is left as it is.
        let _ = element.focus();
    }
}

/// The first element inside another that a selector names.
pub(crate) fn find(root: &Element, selector: &str) -> Option<Element> {
    root.query_selector(selector).ok().flatten()
}

/// Writes a text where another stands; what is the same is left alone.
pub(crate) fn write(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

/// Calls `f` with the element that a selector names, once the page is alive.
///
/// An island that is brought to life this way has no view of its own: its markup is the server's,
/// handed in as `children`. A view would be in the module a second time.
pub(crate) fn alive(selector: &'static str, f: impl FnOnce(Element) + 'static) {
    let mut f = Some(f);
    Effect::new(move |_| {
        let root = document().query_selector(selector).ok().flatten();
        if let (Some(root), Some(f)) = (root, f.take()) {
            f(root);
        }
    });
}
