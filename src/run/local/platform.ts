import { hostname, platform, release } from 'node:os';

/** This machine, as records name it. */
export const thisPlatform = `${platform()} ${release()} ${process.arch} ${hostname()}`;
