"""Makes sound files of unusual kinds, as Python's own libraries write them: python3 sound.py FOLDER"""
import gzip
import io
import os
import struct
import sys
import tarfile
import zipfile
import zlib

import numpy
import safetensors.numpy

folder = sys.argv[1]
small = numpy.arange(24, dtype=numpy.float32).reshape(2, 3, 4)
npy = io.BytesIO()
numpy.save(npy, small)
npy = npy.getvalue()


def path(name):
    return os.path.join(folder, name)


def write(name, data):
    with open(path(name), 'wb') as file:
        file.write(data)


class Pipe(io.RawIOBase):
    """What can't be sought in, so that sizes come behind the data."""

    def __init__(self):
        self.data = b''

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


for version in [(1, 0), (2, 0), (3, 0)]:
    file = io.BytesIO()
    numpy.lib.format.write_array(file, small, version)
    write('version%d.npy' % version[0], file.getvalue())
arrays = {
    'transposed': small.T,
    'scalar': numpy.array(3, numpy.int32),
    'empty': numpy.zeros((0, 5), numpy.uint8),
    'bytes': numpy.arange(256).astype(numpy.uint8),
    'signed': numpy.array([-1, 1], numpy.int8),
    'doubles': numpy.array([numpy.nan, numpy.inf, 1e300]),
    'dimensions': numpy.ones((1,) * 32, numpy.uint8),
    'large': numpy.arange(6_000_000, dtype=numpy.int32).reshape(2, -1),
}
for name, array in arrays.items():
    numpy.save(path(name + '.npy'), array)

several = {'b': small, 'a': numpy.arange(5, dtype=numpy.uint8)}
for name, save in [('savez', numpy.savez), ('compressed', numpy.savez_compressed)]:
    with open(path(name + '.zip'), 'wb') as file:
        save(file, **several)
pipe = Pipe()
with zipfile.ZipFile(pipe, 'w', zipfile.ZIP_DEFLATED) as archive:
    archive.writestr('a.npy', npy)
    archive.writestr('b.npy', npy)
write('piped.zip', pipe.data)
with zipfile.ZipFile(path('zip64.zip'), 'w') as archive:
    archive.comment = b'a comment'
    with archive.open('a.npy', 'w', force_zip64=True) as file:
        file.write(npy)
pipe = Pipe()
with zipfile.ZipFile(pipe, 'w') as archive, archive.open('a.npy', 'w', force_zip64=True) as file:
    file.write(npy)
write('piped64.zip', pipe.data)
with zipfile.ZipFile(path('named.zip'), 'w') as archive:
    for name in ['a b.npy', 'ä.npy', 'x.y.npy']:
        info = zipfile.ZipInfo(name)
        info.comment = b'of a file'
        info.extra = struct.pack('<HHI', 0xCAFE, 4, 1)
        archive.writestr(info, npy)

safetensors.numpy.save_file(several, path('metadata.safetensors'), metadata={'format': 'pt', 'ä "quoted"': '{\n}'})
safetensors.numpy.save_file({}, path('nothing.safetensors'))
safetensors.numpy.save_file({'x': numpy.array(2.5), '': numpy.zeros((3, 0), numpy.int8)}, path('small.safetensors'))
large = {'l%d' % i: numpy.full((1500, 1500), i, numpy.float32) for i in range(5)}
safetensors.numpy.save_file(large, path('large.safetensors'))

text = b'images ' * 1000
write('members.gz', gzip.compress(text) + gzip.compress(b'') + gzip.compress(text[::-1]))
write('padded.gz', gzip.compress(text) + b'\0' * 512)


def member(flags, fields):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = b'\x1f\x8b\x08' + bytes([flags]) + b'\0\0\0\0\x02\x03' + fields
    if flags & 2:
        head += struct.pack('<H', zlib.crc32(head) & 0xFFFF)
    return head + deflate.compress(text) + deflate.flush() + struct.pack('<II', zlib.crc32(text), len(text))


write('fields.gz', member(2 + 4 + 8 + 16, struct.pack('<H', 6) + b'AB\x02\x00cd' + b'name.txt\0' + b'a comment\0'))
write('stored.gz', gzip.compress(text, 0))

longest = 'a/' + 'long' * 40
for name, kind in [('ustar', tarfile.USTAR_FORMAT), ('gnu', tarfile.GNU_FORMAT), ('pax', tarfile.PAX_FORMAT)]:
    with tarfile.open(path(name + '.tgz'), 'w:gz', format=kind) as archive:
        for member in ['./a/one', 'a/two'] + ([] if name == 'ustar' else [longest]):
            info = tarfile.TarInfo(member)
            info.size = len(text)
            info.mtime = 1.5 if name == 'pax' else 1
            info.uname = '\u00e4'
            info.pax_headers = {'comment': 'n\u00f6', 'SCHILY.xattr.user.x': 'y'}
            archive.addfile(info, io.BytesIO(text))
        link = tarfile.TarInfo('a/link')
        link.type, link.linkname = tarfile.SYMTYPE, 'one'
        archive.addfile(link)
        folder_itself = tarfile.TarInfo('a')
        folder_itself.type = tarfile.DIRTYPE
        archive.addfile(folder_itself)
with gzip.open(path('pax.tgz')) as file:
    data = file.read()
write('members.tgz', gzip.compress(data[:700]) + gzip.compress(data[700:]))
with tarfile.open(path('global.tgz'), 'w:gz', pax_headers={'comment': 'of all'}) as archive:
    info = tarfile.TarInfo('a/one')
    info.size = len(text)
    archive.addfile(info, io.BytesIO(text))
