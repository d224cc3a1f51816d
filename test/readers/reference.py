"""What Python's own libraries read in files: one line of JSON a file, as `python.test.ts` expects it.

    python3 reference.py FILE…      by the endings .npy, .safetensors, .zip, .gz, .tgz, .pickle
"""
import gzip
import hashlib
import io
import json
import pickle
import sys
import tarfile
import warnings
import zipfile

import numpy
import safetensors.numpy

warnings.simplefilter('ignore')


def of_array(array):
    array = numpy.asarray(array)
    if array.dtype.hasobject:
        raise ValueError('objects')
    # What is read is the same, whichever byte comes first in the file.
    array = array.astype(array.dtype.newbyteorder('<'))
    return [array.dtype.str, list(array.shape), hashlib.sha256(array.tobytes()).hexdigest()]


def of_npy(data):
    file = io.BytesIO(data)
    array = numpy.lib.format.read_array(file, allow_pickle=False)
    rest = len(file.read())
    # NumPy reads on where another array may follow; a file with anything behind its array is no single array.
    return of_array(array) if rest == 0 else 'more'


def of_zip(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [entry.filename for entry in archive.infolist()]
        return sorted([name, hashlib.sha256(archive.read(name)).hexdigest()] for name in names)


def of_safetensors(data):
    return sorted([name, of_array(array)] for name, array in safetensors.numpy.load(data).items())


def of_tar(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        files = [member for member in archive.getmembers() if member.isreg()]
        return sorted([file.name.removeprefix('./'), hashlib.sha256(archive.extractfile(file).read()).hexdigest()] for file in files)


def of_gzip(data):
    return hashlib.sha256(gzip.decompress(data)).hexdigest()


class Restricted(pickle.Unpickler):
    def find_class(self, module, name):
        if module.split('.')[0] in ('numpy', '_codecs'):
            return super().find_class(module, name)
        raise pickle.UnpicklingError('%s.%s' % (module, name))


def of_pickle(data):
    value = Restricted(io.BytesIO(data), encoding='latin1').load()
    array = value['data']
    if not isinstance(value, dict) or array.dtype != numpy.uint8:
        raise ValueError('no batch')
    labels = [label for label in value['labels'] if type(label) is int and 0 <= label < 256]
    return [labels, list(array.shape), hashlib.sha256(array.tobytes()).hexdigest()]


readers = {'npy': of_npy, 'zip': of_zip, 'safetensors': of_safetensors, 'gz': of_gzip, 'tgz': of_tar, 'pickle': of_pickle}

for path in sys.argv[1:]:
    with open(path, 'rb') as file:
        content = file.read()
    try:
        answer = {'value': readers[path.split('.')[-1]](content)}
    except Exception as error:
        answer = {'refused': '%s: %s' % (type(error).__name__, str(error)[:200])}
    print(json.dumps(answer))
