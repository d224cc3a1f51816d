/** Why the system refuses to read or write what a name leads to, by its code, in words that follow a colon. */
export const refusals: Readonly<Record<string, string>> = {
  // Windows does not open folders, and no system opens sockets.
  EISDIR: 'it is a folder',
  ENXIO: 'it is a socket',
  ELOOP: 'it is a link that leads to itself',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
};

/** What the machine lacks whatever is to be opened, in the same way. */
export const openTooMany = {
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
} as const;
