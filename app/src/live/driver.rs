//! Joins the machine to the browser: does what it commands, tells it what happens.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
    time::Duration,
};

use leptos::{leptos_dom::helpers::IntervalHandle, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::RequestInit;

use super::{
    Close, StreamSpec,
    connection::{Command, Connection, Input},
    event_source::{Message, Signal, Source},
};

/// How often the machine hears that time passes.
const TICK: Duration = Duration::from_millis(250);

/// Where a driver writes what its page shows.
pub(super) struct Signals {
    pub(super) connection: WriteSignal<Connection>,
    pub(super) now: WriteSignal<u64>,
    pub(super) cursor: WriteSignal<Option<String>>,
}

/// One subscription in the browser; dropping it closes the connection and takes its listeners off.
pub(super) struct Driver {
    me: Weak<Driver>,
    spec: StreamSpec,
    signals: Signals,
    on_message: Box<dyn Fn(Message)>,
    machine: RefCell<Connection>,
    source: RefCell<Option<Source>>,
    cursor: RefCell<Option<String>>,
    ticking: Option<IntervalHandle>,
    listeners: Vec<WindowListenerHandle>,
}

impl Driver {
    pub(super) fn begin(
        spec: StreamSpec,
        signals: Signals,
        on_message: impl Fn(Message) + 'static,
    ) -> Rc<Self> {
        let driver = Rc::new_cyclic(|me: &Weak<Driver>| Self {
            me: me.clone(),
            machine: RefCell::new(Connection::new(spec.heartbeat)),
            source: RefCell::new(None),
            cursor: RefCell::new(spec.cursor.clone()),
            on_message: Box::new(on_message),
            ticking: set_interval_with_handle(tell(me, Input::Tick), TICK).ok(),
            listeners: listeners(me),
            spec,
            signals,
        });
        driver.step(Input::Start);
        driver
    }

    /// Takes one input, and does what follows from it.
    pub(super) fn step(&self, input: Input) {
        let now = now();
        let (command, changed) = {
            let mut machine = self.machine.borrow_mut();
            let before = machine.clone();
            let command = machine.step(input, now, js_sys::Math::random());
            (command, (*machine != before).then(|| machine.clone()))
        };
        self.signals.now.set(now);
        if let Some(machine) = changed {
            self.signals.connection.set(machine);
        }
        match command {
            None => {}
            Some(Command::Open) => self.open(),
            Some(Command::Close) => drop(self.source.take()),
            Some(Command::Probe) => {
                drop(self.source.take());
                self.probe();
            }
        }
    }

    fn open(&self) {
        drop(self.source.take());
        let me = self.me.clone();
        let report = move |signal| {
            if let Some(driver) = me.upgrade() {
                driver.hear(signal);
            }
        };
        match Source::open(&self.url(), self.spec.names, report) {
            Ok(source) => *self.source.borrow_mut() = Some(source),
            Err(_) => self.step(Input::GivenUp),
        }
    }

    fn hear(&self, signal: Signal) {
        match signal {
            Signal::Opened => self.step(Input::Opened),
            Signal::Failed { for_good: false } => self.step(Input::Dropped),
            Signal::Failed { for_good: true } => self.step(Input::GivenUp),
            Signal::Message(message) => {
                self.step(Input::Heard);
                self.keep_cursor(&message);
                let closing = (message.name == "hub.close")
                    .then(|| serde_json::from_str::<Close>(&message.data).ok())
                    .flatten();
                (self.on_message)(message);
                if let Some(Close {
                    reason,
                    retry_after_ms,
                }) = closing
                {
                    self.step(Input::Closing {
                        reason,
                        retry_after: retry_after_ms,
                    });
                }
            }
        }
    }

    fn keep_cursor(&self, message: &Message) {
        if self.spec.cursor.is_some() && !message.id.is_empty() {
            *self.cursor.borrow_mut() = Some(message.id.clone());
            self.signals.cursor.set(Some(message.id.clone()));
        }
    }

    fn url(&self) -> String {
        match &*self.cursor.borrow() {
            Some(cursor) => with(&self.spec.url, &format!("last_event_id={cursor}")),
            None => self.spec.url.clone(),
        }
    }

    /// An `EventSource` hides the status: one plain request for the headers of the same stream
    /// shows it, and subscribes to nothing.
    fn probe(&self) {
        let (url, me) = (self.url(), self.me.clone());
        let options = RequestInit::new();
        options.set_method("HEAD");
        spawn_local(async move {
            let status = JsFuture::from(window().fetch_with_str_and_init(&url, &options))
                .await
                .ok()
                .and_then(|response| response.dyn_into::<web_sys::Response>().ok())
                .map(|response| response.status());
            if let Some(driver) = me.upgrade() {
                driver.step(Input::Probed(status));
            }
        });
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(ticking) = self.ticking.take() {
            ticking.clear();
        }
        for listener in self.listeners.drain(..) {
            listener.remove();
        }
    }
}

/// Milliseconds since the page began: a clock that no one sets.
fn now() -> u64 {
    window().performance().map_or(0.0, |p| p.now()).max(0.0) as u64
}

fn tell(me: &Weak<Driver>, input: Input) -> impl Fn() + Clone + use<> + 'static {
    let me = me.clone();
    move || {
        if let Some(driver) = me.upgrade() {
            driver.step(input.clone());
        }
    }
}

fn listeners(me: &Weak<Driver>) -> Vec<WindowListenerHandle> {
    let on = |name: &'static str, input: Input| {
        let tell = tell(me, input);
        window_event_listener_untyped(name, move |_| tell())
    };
    let (hidden, shown) = (tell(me, Input::Hidden), tell(me, Input::Shown));
    vec![
        // `visibilitychange` bubbles from the document to the window.
        window_event_listener_untyped("visibilitychange", move |_| {
            if document().hidden() {
                hidden()
            } else {
                shown()
            }
        }),
        on("pagehide", Input::Leaving),
        on("pageshow", Input::Shown),
        on("online", Input::Retry),
    ]
}

fn with(url: &str, parameter: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{parameter}")
}
