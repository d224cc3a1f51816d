#!/usr/bin/env bash
# Builds @tensorflow/tfjs-node where its prebuilt library can't be downloaded: TensorFlow's C library and headers come
# from the wheel that PyPI has, the addon is compiled from the source that npm's package has.
#
#   test/peers/tfjs-node.sh FOLDER            makes FOLDER/node_modules/@tensorflow/tfjs-node (about 1.2 GB)
#   NODE_PATH=FOLDER/node_modules npx spikeline run … --engine tensorflow
#
# Needs Linux on x86-64, npm, Python 3 with pip, and g++. What is there already is kept.
set -euo pipefail

folder=${1:?usage: $0 FOLDER}
package=@tensorflow/tfjs-node@4.22.0
wheel=tensorflow-cpu==2.21.0
[ "$(uname -sm)" = 'Linux x86_64' ] || { echo "PyPI's library is for Linux on x86-64, not $(uname -sm)." >&2; exit 2; }
for tool in npm python3 g++; do
  command -v "$tool" >/dev/null || { echo "$tool is needed." >&2; exit 2; }
done

mkdir -p "$folder"
cd "$folder"
addon=node_modules/@tensorflow/tfjs-node
binding=$addon/lib/napi-v8/tfjs_binding.node
[ -e "$binding" ] && { echo "$folder/$binding is there."; exit 0; }

# Without its install script, which would download the library.
[ -e package.json ] || echo '{ "private": true }' >package.json
npm install --ignore-scripts --no-save --no-audit --no-fund --loglevel=error "$package" node-api-headers@1

# The wheel of any Python will do: only the C library in it is used.
python3 -m pip download --quiet --no-deps --only-binary=:all: --dest wheel \
  --python-version 3.11 --implementation cp --abi cp311 --platform manylinux_2_27_x86_64 "$wheel"
python3 - wheel/*.whl "$addon/deps" <<'PY'
import os, sys, zipfile
wheel, deps = sys.argv[1:]
parts = {'tensorflow/include/tensorflow/': 'include/tensorflow/', 'tensorflow/include/xla/': 'include/xla/',
         'tensorflow/include/tsl/': 'include/tsl/', 'tensorflow/libtensorflow': 'lib/libtensorflow'}
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        for start, place in parts.items():
            if name.startswith(start) and not name.endswith('/'):
                path = os.path.join(deps, place + name[len(start):])
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with archive.open(name) as source, open(path, 'wb') as target:
                    while chunk := source.read(1 << 24):
                        target.write(chunk)
PY
rm -r wheel

# As binding.gyp has it, with Node's headers from npm: the addon uses Node-API alone, which all versions of Node have.
mkdir -p "${binding%/*}"
g++ -shared -fPIC -O2 -std=c++17 -DNAPI_VERSION=8 -o "$binding.new" \
  -I node_modules/node-api-headers/include -I "$addon" -I "$addon/deps/include" \
  "$addon"/binding/tfjs_backend.cc "$addon"/binding/tfjs_binding.cc \
  "$addon"/deps/lib/libtensorflow_cc.so.2 "$addon"/deps/lib/libtensorflow_framework.so.2 \
  '-Wl,-rpath,$ORIGIN/../../deps/lib'
mv "$binding.new" "$binding"
NODE_PATH=$PWD/node_modules node -e '
  const tf = require("@tensorflow/tfjs-node");
  console.log(`TensorFlow ${tf.backend().binding.TF_Version} is bound to Node ${process.version}.`);
' 2>/dev/null
