#!/usr/bin/env bash
# Installs ONNX Runtime for Node into a folder of its own, for `npm run bench:engine`, and prints what to set.
# It is no dependency of the project: its install script downloads libraries for GPUs, and is left out here.
set -euo pipefail
folder=${1:?usage: onnxruntime.sh FOLDER}
mkdir -p "$folder"
npm install --no-audit --no-fund --ignore-scripts --prefix "$folder" onnxruntime-node@1 >&2
echo "SPIKELINE_ONNXRUNTIME=$(cd "$folder" && pwd)"
