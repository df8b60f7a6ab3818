//! Nchan, a module of nginx.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{NCHAN, Place, Server, Servers, version};
use crate::dialect::Dialect;

pub(crate) fn add(peers: &Path, servers: &mut Servers) {
    let Some(version) = version(peers, NCHAN) else {
        return;
    };
    let (program, module) = (
        peers.join("nchan/usr/sbin/nginx"),
        peers.join("nchan/usr/lib/nginx/modules/ngx_nchan_module.so"),
    );
    servers.all.push(Server {
        name: NCHAN,
        version,
        dialect: Dialect {
            live: |topic| format!("/live/t{topic}"),
            replay: Some(|topic| format!("/all/t{topic}")),
            publish: |topic| format!("/publish/t{topic}"),
            create: None,
            fields: String::new(),
        },
        tls: None,
        command: Box::new(move |place| {
            let config = place.dir.join("nginx.conf");
            fs::write(&config, configuration(place, &module))?;
            let mut command = Command::new(&program);
            command
                .arg("-p")
                .arg(&place.dir)
                .arg("-c")
                .arg(&config)
                .args(["-e", "stderr"]);
            Ok(command)
        }),
    });
}

/// A worker for each core that it may use: `auto` would count the generator's too. nginx as it comes would end a publisher's connection after 1,000 requests, and a worker as
/// another user than root could not write into the directory.
fn configuration(place: &Place, module: &Path) -> String {
    let Place { port, cores, .. } = place;
    let module = module.display();
    let user = if rustix::process::getuid().is_root() {
        "user root;"
    } else {
        ""
    };
    format!(
        "{user}
load_module {module};
daemon off;
worker_processes {cores};
worker_rlimit_nofile 20000;
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 20000; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  nchan_shared_memory_size 512M;
  nchan_message_buffer_length 4000;
  nchan_message_timeout 1h;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location ~ /publish/(\\w+)$ {{ nchan_publisher; nchan_channel_id $1; }}
    location ~ /live/(\\w+)$ {{
      nchan_subscriber eventsource; nchan_channel_id $1; nchan_subscriber_first_message newest;
    }}
    location ~ /all/(\\w+)$ {{
      nchan_subscriber eventsource; nchan_channel_id $1; nchan_subscriber_first_message oldest;
    }}
  }}
}}
"
    )
}
