//! What goes wrong around the server, judged from outside: the program is a process, its clients
//! are plain sockets. `docs/reliability.md` lists the faults, and the test of each.

mod cut_off;
pub(crate) mod damage;
mod endless;
mod full_disk;
mod handover;
mod hub;
mod many_clients;
mod no_files;
mod resets;
mod restored_backup;
mod retention_during_replay;
mod slow_reader;
mod stop_under_load;
