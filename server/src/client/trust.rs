//! What a command shows to a server, and what the server has to show to it.

use clap::Args;
use rustls::RootCertStore;
use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

use super::authority::Authority;
use super::credential::Credential;

/// Who asks, and by whose word the server is taken for the one that is asked.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Trust {
    #[command(flatten)]
    credential: Credential,
    #[command(flatten)]
    authority: Authority,
}

impl Trust {
    /// Has an agent show the one and ask for the other.
    pub(crate) fn set(&self, config: ConfigBuilder<AgentScope>) -> ConfigBuilder<AgentScope> {
        config
            .tls_config(self.authority.tls().build())
            .middleware(self.credential.show())
    }

    /// Has it ask for the one alone: nothing is shown to a server that another one has led to.
    pub(crate) fn set_unshown(
        &self,
        config: ConfigBuilder<AgentScope>,
    ) -> ConfigBuilder<AgentScope> {
        config.tls_config(self.authority.tls().build())
    }

    /// The authorities, for a handshake of one's own.
    pub(crate) fn store(&self) -> RootCertStore {
        self.authority.store()
    }
}
