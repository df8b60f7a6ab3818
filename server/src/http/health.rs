//! Whether the process lives, and whether it can serve readers.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::error::HttpError;
use crate::state::AppState;

/// `GET /healthz`: 200 as long as requests are answered at all.
pub(crate) async fn alive() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n")
}

/// `GET /readyz`: 200 as long as a balancer may send readers here. A disk that is full keeps
/// publishers out and readers not.
///
/// # Errors
/// 503 where the log takes no event until an operator looks after it, and where the server stops.
pub(crate) async fn ready(State(state): State<AppState>) -> Result<impl IntoResponse, HttpError> {
    if state.stopping.has_begun() {
        return Err(HttpError::Stopping(
            "the server stops; come back once it has started again".into(),
        ));
    }
    if state.hub.is_read_only() {
        return Err(HttpError::Unavailable(
            "writing to the log failed, and it takes no more events; readers go on; look at the \
             disk, then start the server again"
                .into(),
        ));
    }
    Ok(([(header::CACHE_CONTROL, "no-store")], "ok\n"))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

    use axum::http::StatusCode;
    use hub::{Draft, Hub, Policy, Retention, Settings, Topic};
    use store::{Options, SegmentLog, disk::Disk};

    use super::*;

    /// A disk that fails as this once it is broken.
    struct Failing {
        failure: io::ErrorKind,
        is_broken: AtomicBool,
    }

    impl Disk for Failing {
        fn write_at(&self, path: &Path, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
            match self.failure {
                io::ErrorKind::StorageFull if self.is_broken.load(SeqCst) => {
                    Err(self.failure.into())
                }
                _ => store::disk::SystemDisk.write_at(path, file, bytes, at),
            }
        }

        fn sync(&self, path: &Path, file: &File) -> io::Result<()> {
            match self.is_broken.load(SeqCst) {
                true => Err(self.failure.into()),
                false => store::disk::SystemDisk.sync(path, file),
            }
        }
    }

    /// Whether a server with such a disk is ready, once a publish has been refused.
    async fn readiness(failure: io::ErrorKind) -> StatusCode {
        let dir = tempfile::tempdir().unwrap();
        let disk = Arc::new(Failing {
            failure,
            is_broken: AtomicBool::new(false),
        });
        let options = Options {
            disk: disk.clone(),
            ..Options::new(Policy::new(Retention::default()))
        };
        let log = SegmentLog::open(dir.path(), options).unwrap();
        let (hub, _driver) = Hub::open(Arc::new(log), Settings::default());
        let (_stop, state) = AppState::over(hub);
        disk.is_broken.store(true, SeqCst);
        let draft = Draft::new(Topic::parse("a").unwrap(), "x").unwrap();
        state.hub.publish(vec![draft]).await.unwrap_err();
        answer(state).await
    }

    async fn answer(state: AppState) -> StatusCode {
        ready(State(state)).await.into_response().status()
    }

    #[tokio::test]
    async fn a_sync_that_failed_is_not_ready_and_a_full_disk_is() {
        let broken = readiness(io::ErrorKind::Other).await;
        assert_eq!(broken, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(readiness(io::ErrorKind::StorageFull).await, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_server_that_stops_is_not_ready() {
        let (stop, state) = AppState::empty();
        assert_eq!(answer(state.clone()).await, StatusCode::OK);
        stop.now();
        assert_eq!(answer(state).await, StatusCode::SERVICE_UNAVAILABLE);
    }
}
