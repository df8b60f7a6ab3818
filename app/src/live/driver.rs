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
    Arrived, Close, StreamSpec, Transport,
    bytes::{ByteStream, Chunk},
    connection::{Answer, Command, Connection, Input},
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

/// A connection that is open; dropping it closes it.
enum Open {
    Source(#[expect(dead_code, reason = "held for its end")] Source),
    Bytes(#[expect(dead_code, reason = "held for its end")] ByteStream),
}

/// One subscription in the browser; dropping it closes the connection and takes its listeners off.
pub(super) struct Driver {
    me: Weak<Driver>,
    spec: StreamSpec,
    signals: Signals,
    /// Takes what arrives, and says where the next connection begins where that has changed.
    take: Box<dyn Fn(Arrived) -> Option<String>>,
    machine: RefCell<Connection>,
    open: RefCell<Option<Open>>,
    cursor: RefCell<Option<String>>,
    ticking: Option<IntervalHandle>,
    listeners: Vec<WindowListenerHandle>,
}

impl Driver {
    pub(super) fn begin(
        spec: StreamSpec,
        signals: Signals,
        take: impl Fn(Arrived) -> Option<String> + 'static,
    ) -> Rc<Self> {
        let driver = Rc::new_cyclic(|me: &Weak<Driver>| Self {
            me: me.clone(),
            machine: RefCell::new(Connection::new(spec.heartbeat, patience(&spec))),
            open: RefCell::new(None),
            cursor: RefCell::new(spec.cursor.clone()),
            take: Box::new(take),
            ticking: set_interval_with_handle(tell(me, Input::Tick), TICK).ok(),
            listeners: listeners(me),
            spec,
            signals,
        });
        if document().hidden() {
            driver.step(Input::Hidden);
        }
        driver.step(if driver.spec.parked {
            Input::Park
        } else {
            Input::Start
        });
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
            Some(Command::Close) => self.close(),
            Some(Command::Probe) => {
                self.close();
                self.probe();
            }
        }
    }

    fn open(&self) {
        self.close();
        let cursor = self.cursor.borrow().clone();
        let opened = match self.spec.transport {
            Transport::Events(names) => {
                let report = report(&self.me, Self::hear);
                Source::open(&self.url(), names, report).map(Open::Source)
            }
            Transport::Bytes => {
                let report = report(&self.me, Self::read);
                ByteStream::open(&self.spec.url, cursor.as_deref(), report).map(Open::Bytes)
            }
        };
        match opened {
            Ok(open) => *self.open.borrow_mut() = Some(open),
            Err(_) => self.step(Input::GivenUp),
        }
    }

    fn close(&self) {
        if self.open.take().is_some() {
            (self.take)(Arrived::End);
        }
    }

    fn hear(&self, signal: Signal) {
        match signal {
            Signal::Opened => self.step(Input::Opened),
            Signal::Failed { for_good: false } => self.step(Input::Dropped),
            Signal::Failed { for_good: true } => self.step(Input::GivenUp),
            Signal::Message(message) => {
                self.step(Input::Heard);
                let closing = closing(&message);
                self.take(Arrived::Message(message));
                if let Some(closing) = closing {
                    self.step(closing);
                }
            }
        }
    }

    fn read(&self, chunk: Chunk) {
        match chunk {
            Chunk::Opened(200) => self.step(Input::Opened),
            Chunk::Opened(_) => self.step(Input::GivenUp),
            Chunk::Bytes(bytes) => {
                self.step(Input::Heard);
                self.take(Arrived::Bytes(bytes));
            }
            Chunk::Ended => self.step(Input::Dropped),
        }
    }

    fn take(&self, arrived: Arrived) {
        let Some(cursor) = (self.take)(arrived) else {
            return;
        };
        *self.cursor.borrow_mut() = Some(cursor.clone());
        self.signals.cursor.set(Some(cursor));
    }

    fn url(&self) -> String {
        let url = &self.spec.url;
        match &*self.cursor.borrow() {
            Some(cursor) => {
                let separator = if url.contains('?') { '&' } else { '?' };
                format!("{url}{separator}last_event_id={cursor}")
            }
            None => url.clone(),
        }
    }

    /// An `EventSource` hides the status: one plain request for the headers of the same stream
    /// shows it, and subscribes to nothing.
    fn probe(&self) {
        let (url, me) = (self.url(), self.me.clone());
        let options = RequestInit::new();
        options.set_method("HEAD");
        spawn_local(async move {
            let answer = JsFuture::from(window().fetch_with_str_and_init(&url, &options))
                .await
                .ok()
                .and_then(|response| response.dyn_into::<web_sys::Response>().ok())
                .map(|response| Answer {
                    status: response.status(),
                    is_stream: is_stream(&response),
                });
            if let Some(driver) = me.upgrade() {
                driver.step(Input::Probed(answer));
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

/// A hidden page lets go of its connection because there are few of them; over HTTP/2 all streams
/// share one.
fn patience(spec: &StreamSpec) -> u64 {
    let entries = window()
        .performance()
        .map(|clock| clock.get_entries_by_type("navigation"));
    let protocol = entries.and_then(|entries| {
        let protocol = js_sys::Reflect::get(&entries.get(0), &"nextHopProtocol".into());
        protocol.ok()?.as_string()
    });
    match protocol.as_deref() {
        Some("h2" | "h3") => u64::MAX,
        _ => spec.patience,
    }
}

fn is_stream(response: &web_sys::Response) -> bool {
    let kind = response.headers().get("content-type").ok().flatten();
    kind.is_some_and(|kind| {
        let kind = kind.to_ascii_lowercase();
        // Chromium gives up where another charset is named than the one that there is.
        kind.starts_with("text/event-stream")
            && (!kind.contains("charset") || kind.contains("utf-8"))
    })
}

fn closing(message: &Message) -> Option<Input> {
    if message.name != "hub.close" {
        return None;
    }
    let Close {
        reason,
        retry_after_ms,
    } = serde_json::from_str(&message.data).ok()?;
    Some(Input::Closing {
        reason,
        retry_after: retry_after_ms,
    })
}

/// Milliseconds since the page began: a clock that no one sets.
fn now() -> u64 {
    window().performance().map_or(0.0, |p| p.now()).max(0.0) as u64
}

/// A callback for a connection, which may outlive its driver for a moment.
fn report<T>(me: &Weak<Driver>, hear: fn(&Driver, T)) -> impl Fn(T) + Clone + use<T> + 'static
where
    T: 'static,
{
    let me = me.clone();
    move |signal| {
        if let Some(driver) = me.upgrade() {
            hear(&driver, signal);
        }
    }
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
    let came_back = shown.clone();
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
        // A page that was opened behind is shown to nobody yet.
        window_event_listener_untyped("pageshow", move |_| {
            if !document().hidden() {
                came_back();
            }
        }),
        on("online", Input::Online),
    ]
}
