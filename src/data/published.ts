import type { KnownDataset } from './known.js';

/** A file as its publisher offers it. What is known of it pins it before what it holds is looked at. */
export interface PublishedFile {
  readonly name: string;
  readonly bytes?: number;
  readonly md5?: string;
  readonly sha256?: string;
}

/**
 * A file of a data set in its first layout: IDX, or the binary version of CIFAR. Whatever a data set is read from is
 * brought into this layout and must have these bytes: that makes all layouts the same, and pins each.
 */
export interface Part {
  readonly name: string;
  readonly bytes: number;
  /** As it is published or as the common libraries check it; of a part without one the archive's is checked. */
  readonly digest?: `md5:${string}` | `sha1:${string}` | `sha256:${string}`;
  /** The digest is of the gzip file: no other is known, so that unpacked files can't be told. */
  readonly packed?: true;
}

/** Files that can be downloaded and are read together. */
export interface Download {
  /** See `layouts`. */
  readonly layout: LayoutName;
  readonly files: readonly PublishedFile[];
  /** URLs that file names are appended to, tried in order. */
  readonly mirrors: readonly string[];
}

export type LayoutName = 'idx' | 'idx-archive' | 'binary-archive' | 'parquet' | 'mat';

/** Four IDX files, which are called what MNIST's are. */
export interface IdxFormat {
  readonly kind: 'idx';
  /** Folders in which other programs keep them. */
  readonly folders: readonly string[];
  /** Keras's archive of the same arrays. */
  readonly npz?: string;
}

/** The same four files of one of several data sets that share an archive; only that is pinned. */
export interface IdxArchiveFormat {
  readonly kind: 'idx-archive';
  /** Folder of its downloads, which those that share it have in common. */
  readonly home: string;
  readonly archive: PublishedFile & { readonly md5: string };
  /** Other names that it is kept under. */
  readonly aliases: readonly string[];
  /** Images are stored with rows and columns exchanged. */
  readonly transposed: true;
  /** What the label of the first class is. */
  readonly firstLabel: 0 | 1;
}

/** Records of CIFAR's binary version, and the names under which the same images are published and kept. */
export interface CifarFormat {
  readonly kind: 'cifar';
  /** Before each image. */
  readonly labelBytes: 1 | 2;
  readonly binaryFolder: string;
  readonly binaryArchive: string;
  readonly pythonFolder: string;
  /** torchvision's name, and Keras's. */
  readonly pythonArchives: readonly string[];
  /** Where Hugging Face has its Parquet files: `owner/name`, and the folder there. */
  readonly hub: { readonly repository: string; readonly folder: string };
}

/** Files of MATLAB, one a split, with images X and labels y. */
export interface MatFormat {
  readonly kind: 'mat';
  /** Folders in which other programs keep them. */
  readonly folders: readonly string[];
}

/** A data set that others publish. */
export interface PublishedDataset extends KnownDataset {
  readonly classNames: readonly string[];
  readonly format: IdxFormat | IdxArchiveFormat | CifarFormat | MatFormat;
  /** For IDX: images, then labels. */
  readonly train: readonly Part[];
  readonly test: readonly Part[];
  /** Tried in order. */
  readonly downloads: readonly Download[];
}
