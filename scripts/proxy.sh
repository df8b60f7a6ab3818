#!/usr/bin/env bash
# Runs a proxy in front of a hub, until it is killed: scripts/proxy.sh CONFIGURATION ADDRESS HUB DIRECTORY
#
#   scripts/proxy.sh docs/deploy/nginx.conf 127.0.0.1:8443 127.0.0.1:8080 "$(mktemp -d)"
#
# The configuration is taken as it is, but for the address that it listens on, that of the hub, and the
# certificate, which is made anew and nobody trusts. What else is to be changed in it: SED, as sed has it.
# The last part of its name says which proxy it is for. All files are in the directory.
set -euo pipefail
[ $# = 4 ] || {
  printf 'usage: scripts/proxy.sh CONFIGURATION ADDRESS HUB DIRECTORY\n' >&2
  exit 64
}
given=$1 address=$2 hub=$3 dir=$4

# replace PATTERN TEXT [ADDRESS]: every line with the pattern must be there to be replaced.
replaced() {
  grep -qE "$1" "$dir/given" || {
    printf 'error: %s has no %s any more, which stands for what a test brings itself\n' "$given" "$1" >&2
    exit 1
  }
  sed -i -E "s|$1|$2|g" "$dir/given"
}

sed -E "${SED:-}" "$given" >"$dir/given"
replaced '127\.0\.0\.1:8080' "$hub"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 \
  -subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' \
  -keyout "$dir/key.pem" -out "$dir/certificate.pem" 2>/dev/null ||
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 \
  -subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' \
  -keyout "$dir/key.pem" -out "$dir/certificate.pem" 2>/dev/null
cat "$dir/certificate.pem" "$dir/key.pem" >"$dir/both.pem"

case $given in
*nginx.conf)
  sed -i '/listen \[::\]/d' "$dir/given"
  replaced 'listen 443' "listen $address"
  replaced '/etc/ssl/certs/hub\.example\.pem' "$dir/certificate.pem"
  replaced '/etc/ssl/private/hub\.example\.key' "$dir/key.pem"
  # Around it what Debian has, where it matters; compression is on, as it is there.
  cat >"$dir/nginx.conf" <<NGINX
daemon off;
master_process off;
pid $dir/pid;
error_log stderr;
events { worker_connections 1024; }
http {
    access_log off;
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    gzip on;
    ${NGINX_HTTP:-}
    include $dir/given;
}
NGINX
  exec nginx -p "$dir" -c "$dir/nginx.conf"
  ;;
*haproxy.cfg)
  sed -i '/bind \[::\]/d' "$dir/given"
  replaced 'bind :443' "bind $address"
  replaced '/etc/haproxy/hub\.example\.pem' "$dir/both.pem"
  exec haproxy -db -f "$dir/given"
  ;;
*Caddyfile)
  replaced '^hub\.example \{' "https://$address, https://localhost:${address##*:} {\n\ttls $dir/certificate.pem $dir/key.pem"
  sed -i '1i {\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n\tstorage file_system '"$dir"'\n\tlog {\n\t\tlevel ERROR\n\t}\n}' "$dir/given"
  HOME=$dir XDG_DATA_HOME=$dir XDG_CONFIG_HOME=$dir exec caddy run --adapter caddyfile --config "$dir/given"
  ;;
*)
  printf 'error: %s is for no proxy that is known here; its name ends in nginx.conf, haproxy.cfg or Caddyfile\n' "$given" >&2
  exit 64
  ;;
esac
