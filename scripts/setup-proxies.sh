#!/usr/bin/env bash
# Brings the proxies that tests run the server behind: nginx, haproxy, Caddy, and what asks through them.
# What cannot be had is said; its tests are passed over.
source "$(dirname "$0")/env.sh"
PATH="$PATH:/usr/sbin"

missing=()
for program in nginx haproxy caddy curl openssl; do
  have "$program" || missing+=("${program/%nginx/nginx-light}")
done
[ ${#missing[@]} = 0 ] && exit 0

# Where the system starts services, a package would start a proxy on port 80: that is for whose machine it is.
if have apt-get && [ "$(id -u)" = 0 ] && ! [ -d /run/systemd/system ]; then
  say "${missing[*]}, from the system's packages"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null && exit 0
fi
say "PASSED OVER: tests behind proxies, as there is no ${missing[*]}; install them for these tests"
