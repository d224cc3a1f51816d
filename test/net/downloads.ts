import { download } from '../../src/data/download.js';

/** Downloads the file whose description is the first argument to the second, from each of the rest; a line for each. */
async function main([file, target, ...mirrors]: string[]): Promise<void> {
  for (const mirror of mirrors) {
    const options = { signal: new AbortController().signal, progress: () => undefined, log: () => undefined };
    const said = await download(JSON.parse(file!) as never, [mirror], target!, {
      ...{ ...options, retryMs: 1, pieceBytes: 40_000 },
    }).then(
      () => 'downloaded',
      ({ code, message }: { code: string; message: string }) => [code, message],
    );
    console.log(JSON.stringify(said));
  }
}

void main(process.argv.slice(2));
