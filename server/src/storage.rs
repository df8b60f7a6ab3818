//! Where events are kept: in a directory, or in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytesize::ByteSize;
use clap::Args;
use hub::{Log, MemoryLog, Policy, Retention, Selector, SystemClock};
use store::{OpenError, Options, SegmentLog};

use crate::config::Config;
use crate::ticker;

/// What is kept of the ticker: an hour, which is 3,600 events, whatever the rest may take.
const TICKER: Retention = Retention {
    age: Some(Duration::from_secs(60 * 60)),
    bytes: Some(16 << 20),
    count: None,
};

/// Where the data is, as flags.
#[derive(Args, Clone, Debug, Default)]
pub struct DataArgs {
    /// Where events are kept [default: $STATE_DIRECTORY, else $XDG_STATE_HOME/tickertape, else
    /// ~/.local/state/tickertape]
    #[arg(long, env = "TICKERTAPE_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

impl DataArgs {
    /// The directory: the one that is named, else the system's place for it.
    ///
    /// # Errors
    /// Where none is named and the environment knows no place.
    pub fn dir(&self) -> Result<PathBuf, String> {
        let from = |name: &str| {
            std::env::var_os(name)
                .filter(|dir| !dir.is_empty())
                .map(PathBuf::from)
        };
        self.data_dir
            .clone()
            // systemd names several, separated by colons; the first is the unit's own.
            .or_else(|| {
                let dirs = from("STATE_DIRECTORY")?;
                std::env::split_paths(&dirs).next()
            })
            .or_else(|| from("XDG_STATE_HOME").map(|dir| dir.join("tickertape")))
            .or_else(|| from("HOME").map(|dir| dir.join(".local/state/tickertape")))
            .ok_or_else(|| {
                "no place for the data is known: name one with --data-dir, or keep events in memory \
                 only with --ephemeral"
                    .to_owned()
            })
    }
}

/// Where events are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// In memory: they end with the process.
    #[default]
    Memory,
    /// In a directory: what was acknowledged stays.
    Directory(PathBuf),
}

impl Storage {
    /// Where events are kept, and how much there is, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Memory => "Events are kept in memory only".to_owned(),
            Self::Directory(dir) => {
                format!(
                    "Events are kept in {} ({})",
                    dir.display(),
                    ByteSize(size(dir))
                )
            }
        }
    }
}

/// Opens the log, with what it keeps.
///
/// # Errors
/// Where the directory cannot be used; see [`OpenError`].
pub(crate) fn open(config: &Config) -> Result<Arc<dyn Log>, OpenError> {
    let mut policy = Policy::new(config.retention);
    if config.demo
        && let Ok(ticker) = Selector::parse(ticker::TOPIC)
    {
        policy = policy.with(ticker, TICKER);
    }
    for topics in &config.overrides {
        policy = policy.with(topics.selector.clone(), topics.retention);
    }
    Ok(match &config.storage {
        Storage::Memory => Arc::new(MemoryLog::new(policy, Arc::new(SystemClock::default()))),
        Storage::Directory(dir) => Arc::new(SegmentLog::open(dir, Options::new(policy))?),
    })
}

/// The bytes of a directory's own files.
fn size(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .filter(|m| m.is_file())
        .map(|m| m.len())
        .sum()
}
