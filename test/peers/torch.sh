#!/usr/bin/env bash
# Installs PyTorch, SpikingJelly and nirtorch from PyPI without CUDA's libraries and Triton: 3.7 GB of which nothing is run that
# computes on processors alone. As PyPI's PyTorch loads CUDA's libraries all the same, stand-ins are made, of which each
# function says that there is no graphics processor. Where PyTorch does not do with them, it gets what it asks for.
#
#   test/peers/torch.sh FOLDER          makes FOLDER (1.5 GB, else 6), for PYTHONPATH
#
# Needs Linux and Python 3 with pip, for the stand-ins a C compiler and binutils.
set -euo pipefail

folder=${1:?usage: $0 FOLDER}
packages=(torch torchvision torchaudio spikingjelly nirtorch)
install=(python3 -m pip install --quiet --no-input --no-compile --target "$folder")
"${install[@]}" --no-deps "${packages[@]}"

# What they need besides each other and CUDA's.
mapfile -t others < <(python3 - "$folder" "${packages[@]}" <<'PY'
import re, sys
from importlib.metadata import distributions
from pip._vendor.packaging.requirements import Requirement

folder, *packages = sys.argv[1:]
for distribution in distributions(path=[folder]):
    for requirement in map(Requirement, distribution.requires or []):
        needed = requirement.marker is None or requirement.marker.evaluate({'extra': ''})
        if needed and requirement.name not in packages and not re.match('nvidia-|cuda-|triton$', requirement.name):
            print(f'{requirement.name}{requirement.specifier}')
PY
)
"${install[@]}" "${others[@]}"

stand_ins() { python3 - "$folder"; } <<'PY'
import re, subprocess, sys
from collections import defaultdict
from pathlib import Path

folder = Path(sys.argv[1])
libraries = [str(path) for name in ('torch', 'torchvision', 'torchaudio') for path in (folder / name).rglob('*.so*')]

def words(*command):
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.split() for line in output.splitlines() if line.strip()]

# Library -> version of its symbols -> the symbols that are taken from it.
symbols, library_of = defaultdict(lambda: defaultdict(set)), {}
for library in libraries:
    for first, *others in words('objdump', '-p', library):
        if first == 'NEEDED' and re.match('lib(cu|nccl|nv)', others[0]):
            symbols[others[0]]
        elif first == 'required':
            required = others[1].rstrip(':')
        elif first.startswith('0x') and len(others) == 3:
            library_of[others[2]] = required
own = {name for library in libraries for *_, name in words('nm', '-D', '--defined-only', library)}
for library in libraries:
    for *_, symbol in words('nm', '-D', '--undefined-only', library):
        name, _, version = symbol.partition('@')
        if version:
            home = library_of.get(version)
        else:  # Some libraries have no versions: any of them will do.
            home = next(iter(symbols), None) if re.match('_*cu|nccl|nv', name) and name not in own else None
        if home in symbols:
            symbols[home][version].add(name)

# With CUDA, 100 says that there is no device, and with each of its libraries that something failed.
for library, versions in symbols.items():
    script = folder / 'versions'
    named = {version: names for version, names in versions.items() if version}
    script.write_text('\n'.join(f'{version} {{ {"; ".join(names)}; }};' for version, names in named.items()))
    source = '\n'.join(f'int {name}() {{ return 100; }}' for name in set().union(*versions.values()))
    command = ['cc', '-shared', '-w', '-x', 'c', '-', '-o', str(folder / 'torch/lib' / library), f'-Wl,-soname,{library}']
    subprocess.run(command + [f'-Wl,--version-script={script}'] * bool(named), input=source, text=True, check=True)
    script.unlink()
PY

computes() { PYTHONPATH=$folder python3 -c 'import torch; torch.nn.Linear(2, 3)(torch.ones(1, 2)).sum().backward()'; }
if stand_ins && computes; then exit; fi
echo "PyTorch does not do with stand-ins: installing CUDA's libraries." >&2
"${install[@]}" "${packages[@]}"
computes
