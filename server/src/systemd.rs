//! What a service manager such as systemd gives and is told: a socket that is listened on already,
//! and how the server is.

use std::net::TcpListener;
use std::process;
use std::time::Duration;

use listenfd::ListenFd;
use sd_notify::NotifyState;
use socket2::SockRef;

/// The socket that the process was started with; none where there is none for it.
///
/// Its port stays open while no server runs: who connects during a restart waits, and is not
/// refused. It changes the environment, so no other thread may run yet.
///
/// # Errors
/// In one line: what is wrong with what was passed, and what would be right.
pub fn listener() -> Result<Option<TcpListener>, String> {
    // The variables may be those of the process that started this one.
    let pid = std::env::var("LISTEN_PID").ok();
    if pid.and_then(|pid| pid.parse().ok()) != Some(process::id()) {
        return Ok(None);
    }
    let mut passed = ListenFd::from_env();
    match passed.len() {
        0 => return Ok(None),
        1 => {}
        more => {
            return Err(format!(
                "LISTEN_FDS: {more} sockets were passed, and one is listened on; give the unit one \
                 ListenStream="
            ));
        }
    }
    let wrong = |why: String| {
        format!("LISTEN_FDS: the socket that was passed {why}; give one such as ListenStream=8080")
    };
    let listener = passed
        .take_tcp_listener(0)
        .map_err(|error| wrong(format!("is not one of TCP: {error}")))?;
    let Some(listener) = listener else {
        return Ok(None);
    };
    match SockRef::from(&listener).is_listener() {
        Ok(true) => {}
        Ok(false) => return Err(wrong("is not listened on".to_owned())),
        Err(error) => return Err(wrong(format!("cannot be asked about: {error}"))),
    }
    listener
        .set_nonblocking(true)
        .map_err(|error| wrong(format!("cannot be used: {error}")))?;
    Ok(Some(listener))
}

/// The server can be reached.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The server stops.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// The server reads again what it can; [`ready`] follows.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// Says again and again that the server lives, where somebody wants to hear it (`WatchdogSec=`).
///
/// It is said from where requests are answered: where those stand still, so does this.
pub async fn keep_alive() {
    let Some(every) = sd_notify::watchdog_enabled() else {
        return;
    };
    // Twice in the time that is given; a time of zero would spin.
    let mut ticks = tokio::time::interval((every / 2).max(Duration::from_millis(1)));
    loop {
        ticks.tick().await;
        tell(&[NotifyState::Watchdog]);
    }
}

/// Nothing where there is nobody to tell.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "cannot tell the service manager how the server is");
    }
}
