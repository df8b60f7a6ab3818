//! The browser's `EventSource`: the only file that names it.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Event, EventSource, MessageEvent};

/// An event as the browser dispatched it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The event's name.
    pub name: String,
    /// Its data.
    pub data: String,
    /// The id in force after it; empty where the stream has given none.
    pub id: String,
}

/// What a source tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Headers arrived.
    Opened,
    /// An event arrived.
    Message(Message),
    /// The connection failed.
    Failed {
        /// Whether the browser will not try again (any status but 200, a wrong content type).
        for_good: bool,
    },
}

/// An open source; dropping it closes the connection.
pub struct Source {
    inner: EventSource,
    names: &'static [&'static str],
    on_open: Closure<dyn FnMut(Event)>,
    on_error: Closure<dyn FnMut(Event)>,
    on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Source {
    /// Opens a source and reports what it tells; `names` are the event names to listen for, as a
    /// browser shows no others.
    ///
    /// # Errors
    /// Where the browser refuses the address.
    pub fn open(
        url: &str,
        names: &'static [&'static str],
        report: impl Fn(Signal) + Clone + 'static,
    ) -> Result<Self, JsValue> {
        let inner = EventSource::new(url)?;
        let tell = report.clone();
        let on_open = Closure::new(move |_: Event| tell(Signal::Opened));
        let (tell, source) = (report.clone(), inner.clone());
        let on_error = Closure::new(move |_: Event| {
            tell(Signal::Failed {
                for_good: source.ready_state() == EventSource::CLOSED,
            });
        });
        let on_message = Closure::new(move |event: MessageEvent| {
            report(Signal::Message(Message {
                name: event.type_(),
                data: event.data().as_string().unwrap_or_default(),
                id: event.last_event_id(),
            }));
        });
        let source = Self {
            inner,
            names,
            on_open,
            on_error,
            on_message,
        };
        source.listen()?;
        Ok(source)
    }

    fn listen(&self) -> Result<(), JsValue> {
        let listen = |name: &str, f: &JsValue| {
            self.inner
                .add_event_listener_with_callback(name, f.unchecked_ref())
        };
        listen("open", self.on_open.as_ref())?;
        listen("error", self.on_error.as_ref())?;
        self.names
            .iter()
            .try_for_each(|name| listen(name, self.on_message.as_ref()))
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let forget = |name: &str, f: &JsValue| {
            // Nothing can be done, nor has to be, where a listener is gone already.
            let _ = self
                .inner
                .remove_event_listener_with_callback(name, f.unchecked_ref());
        };
        forget("open", self.on_open.as_ref());
        forget("error", self.on_error.as_ref());
        for name in self.names {
            forget(name, self.on_message.as_ref());
        }
        self.inner.close();
    }
}
