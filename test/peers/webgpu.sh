#!/usr/bin/env bash
# Runs a command where WebGPU for Node is found, and a graphics processor: SwiftShader, a Vulkan in software that Debian's
# package chromium has. It is slow, and tells whether the program is right, not how fast it is.
#
#   test/peers/webgpu.sh FOLDER COMMAND…      installs packages of npm in FOLDER (about 240 MB); what is there is kept
#
# Needs Linux, npm, and Debian's packages chromium and libvulkan1.
set -euo pipefail

folder=${1:?usage: $0 FOLDER COMMAND…}
shift
driver=/usr/lib/chromium/vk_swiftshader_icd.json
[ -e "$driver" ] || { echo "$driver is missing: apt-get install chromium libvulkan1" >&2; exit 2; }

mkdir -p "$folder"
if [ ! -e "$folder/node_modules/webgpu" ]; then
  [ -e "$folder/package.json" ] || echo '{ "private": true }' >"$folder/package.json"
  npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error \
    webgpu@0.6.2 @tensorflow/tfjs-backend-webgpu@4.22.0
fi
NODE_PATH=$(cd "$folder" && pwd)/node_modules VK_ICD_FILENAMES=$driver XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/tmp} exec "$@"
