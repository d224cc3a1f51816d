import type { PublishedName } from '../sources.js';
import { cifarForms } from './cifar.js';
import type { Form } from './form.js';
import { idxForm, mnistNpz } from './idx.js';

/** The forms in which data sets lie on machines, those that are read fastest first. */
export const forms: Readonly<Record<PublishedName, readonly Form[]>> = {
  'fashion-mnist': [idxForm(['raw', 'FashionMNIST/raw', 'fashion-mnist'])],
  mnist: [idxForm(['raw', 'MNIST/raw']), mnistNpz],
  cifar10: cifarForms({
    binaryFolder: 'cifar-10-batches-bin',
    binaryArchive: 'cifar-10-binary.tar.gz',
    pythonFolder: 'cifar-10-batches-py',
    pythonArchives: ['cifar-10-python.tar.gz', 'cifar-10-batches-py.tar.gz'],
    parquetFolder: 'plain_text',
    parts: [...[1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), 'test_batch.bin'],
  }),
  cifar100: cifarForms({
    binaryFolder: 'cifar-100-binary',
    binaryArchive: 'cifar-100-binary.tar.gz',
    pythonFolder: 'cifar-100-python',
    pythonArchives: ['cifar-100-python.tar.gz'],
    parquetFolder: 'cifar100',
    parts: ['train.bin', 'test.bin'],
  }),
};
