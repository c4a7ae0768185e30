#!/usr/bin/env bash
# Installs the servers and the browser that the tests run against, from Debian's packages and only when missing.
# No service is started: the tests start their own copies in temporary folders.
set -euo pipefail

# Postfix and Dovecot live in sbin, which an ordinary user's PATH leaves out.
PATH="$PATH:/usr/sbin:/sbin"

missing_packages() {
  compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || command -v initdb >/dev/null || echo postgresql
  command -v chromium >/dev/null || echo chromium
  [ -x /usr/lib/dovecot/imap ] || echo dovecot-imapd
  [ -x /usr/lib/dovecot/lmtp ] || echo dovecot-lmtpd
  [ -x /usr/lib/postfix/sbin/master ] || echo postfix
  command -v swaks >/dev/null || echo swaks
  # swaks needs it for TLS, but its package only recommends it.
  perl -MNet::SSLeay -e 1 2>/dev/null || echo libnet-ssleay-perl
  # Without root, Postfix runs in a user namespace, which needs newuidmap.
  if [ "$(id -u)" -ne 0 ]; then
    command -v newuidmap >/dev/null || echo uidmap
  fi
}

mapfile -t packages < <(missing_packages)
if [ "${#packages[@]}" -eq 0 ]; then
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo)
fi
if ! command -v apt-get >/dev/null || { [ "${#as_root[@]}" -gt 0 ] && ! command -v sudo >/dev/null; }; then
  echo "The tests need these programs (Debian package names): ${packages[*]}" >&2
  echo "Install them and run this again." >&2
  exit 1
fi

echo "Installing for the tests: ${packages[*]}"

# Debian starts a service on installation unless this policy refuses; one that is already there is respected.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi

apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical apt-get -qq \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}
apt update
apt install --yes --no-install-recommends "${packages[@]}"

mapfile -t packages < <(missing_packages)
if [ "${#packages[@]}" -gt 0 ]; then
  echo "Still missing after installation: ${packages[*]}" >&2
  exit 1
fi
