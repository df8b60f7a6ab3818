//! What to change, in the words of what stands between a server and its clients.

pub(super) const BUFFERING: &str = "nginx: `proxy_buffering off;`, or let the server's \
     X-Accel-Buffering: no through (no `proxy_ignore_headers X-Accel-Buffering`); a CDN: leave event \
     streams out of caching, optimising and scanning; the server: flush after each event";

pub(super) const COMPRESSION: &str = "leave text/event-stream out of what is compressed (nginx: \
     not in `gzip_types`; haproxy: not in `compression type`; Express: a `filter` for \
     compression()), or send Cache-Control: no-transform, which haproxy and CDNs heed";

pub(super) const CUT: &str = "send a comment or an event more often than that (every 15 s is \
     usual), or let the proxy wait longer: nginx: `proxy_read_timeout 1h;`; haproxy: `timeout server 1h` and \
     `timeout client 1h`; AWS load balancers: the idle timeout; Cloudflare cuts after 100 s and \
     leaves only the heartbeat";

pub(super) const HEARTBEAT: &str = "let the server send a comment (`: beat` and a blank line) or \
     an event after 15 s of quiet: the first proxies cut after 30 s";

pub(super) const RESUME: &str = "the server: send what followed the id in Last-Event-ID before \
     what is new; a proxy or CDN: let the header Last-Event-ID through, and do not answer from a cache";

pub(super) const FRAMING: &str = "send each event as a text in UTF-8: `data: ` and its data, in one line or several such, and a \
     blank line after it; `tickertape inspect` with the address shows what comes, with `--show bytes` byte for byte";

pub(super) const HTTP2: &str = "offer h2 by ALPN where TLS ends (nginx: `listen 443 ssl http2;`; haproxy: \
     `alpn h2,http/1.1` on the `bind`; a CDN: switch HTTP/2 on)";

pub(super) const ORIGIN: &str = "send Access-Control-Allow-Origin with that origin on the stream \
     (Tickertape: `--cors-origin`), and take care that a proxy neither drops nor doubles it";
