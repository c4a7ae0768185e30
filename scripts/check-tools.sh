#!/usr/bin/env bash
# Says what is missing before a build fails half-way for it.
set -euo pipefail

problems=()

command -v cc >/dev/null || problems+=("a C compiler (Debian: build-essential)")
if ! command -v cargo >/dev/null; then
  problems+=("Rust 1.95 or newer (https://rustup.rs)")
else
  cargo clippy --version >/dev/null 2>&1 || problems+=("clippy (rustup component add clippy)")
  cargo fmt --version >/dev/null 2>&1 || problems+=("rustfmt (rustup component add rustfmt)")
fi
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  problems+=("Node.js 20 or newer with npm")
elif [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
  problems+=("Node.js 20 or newer (found $(node --version))")
fi

if [ "${#problems[@]}" -gt 0 ]; then
  echo "Please install:" >&2
  printf '  - %s\n' "${problems[@]}" >&2
  exit 1
fi
