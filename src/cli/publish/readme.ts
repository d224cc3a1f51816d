// The README of what is published: what it is, and how to make the same again.

import { formatSize } from '../../schema/size.js';
import { markdown } from '../../text/markup.js';
import type { CrateFacts } from './metadata.js';
import type { Author, Project } from './project.js';

/** What a run needed or made that is not in the crate. */
export interface Omitted {
  readonly name: string;
  /** Missing for what holds secrets: short ones can be guessed by it. */
  readonly content?: { readonly digest: string; readonly size: number };
  readonly why: string;
}

export interface ReadmeFacts
  extends Pick<CrateFacts, 'name' | 'description' | 'licence' | 'programs' | 'started' | 'ended'> {
  readonly authors: readonly Author[];
  readonly calls: readonly { readonly call: string; readonly what: string }[];
  /** What is in it, by path. */
  readonly contents: readonly (readonly [path: string, what: string])[];
  readonly omitted: readonly Omitted[];
  readonly hasCitation: boolean;
}

export function readmeText(facts: ReadmeFacts): string {
  const { name, description, calls, contents, omitted, authors, licence } = facts;
  const width = Math.max(...calls.map(({ call }) => call.length));
  const versions = facts.programs.map((program) => `${program.name} ${program.version}`).join(', ');
  const rights = licence === undefined ? 'no licence is named' : `licence ${licence}`;
  const parts = [
    `# ${markdown(name)}\n\n${markdown(description)}`,
    'A run of a [Spikeline](project/) pipeline with its results, as an [RO-Crate](https://w3id.org/ro/crate/1.1) of the profile ' +
      '[Workflow Run Crate 0.5](https://w3id.org/ro/wfrun/workflow/0.5): `ro-crate-metadata.json` describes every file for programs.',
    `Computed from ${facts.started} to ${facts.ended} with ${versions}.${authors.length === 0 ? '' : ` By ${authors.map((one) => markdown(one.name)).join(', ')}.`} ` +
      `${rights[0]!.toUpperCase()}${rights.slice(1)}.${facts.hasCitation ? ' `CITATION.cff` says how to cite it.' : ''}`,
    `## How to reproduce\n\n\`\`\`sh\n${calls.map(({ call, what }) => `${call.padEnd(width)}  # ${what}`).join('\n')}\n\`\`\``,
    'Each task is found again by its key, the SHA-256 of its code, parameters and the contents of its inputs: `tasks.json` has the ' +
      'keys of this run, and `npx spikeline status PIPELINE --json` those of yours.',
    `## What is in here\n\n| file or folder | what it is |\n| --- | --- |\n${contents.map(([path, what]) => `| \`${path}\` | ${markdown(what)} |`).join('\n')}`,
    ...(omitted.length === 0 ? [] : [omittedText(omitted)]),
    'Has anything changed? `sha256sum -c SHA256SUMS` tells.',
  ];
  return `${parts.join('\n\n')}\n`;
}

function omittedText(omitted: readonly Omitted[]): string {
  const rows = omitted.map(
    ({ name, content, why }) =>
      `| ${markdown(name)} | ${content ? formatSize(content.size) : ''} | ${content ? `\`${content.digest}\`` : ''} | ${markdown(why)} |`,
  );
  return `## What is not\n\n| | size | content | why |\n| --- | --- | --- | --- |\n${rows.join('\n')}`;
}

/** What installs the versions of a lock file. */
const installs: Readonly<Record<string, string>> = {
  'package-lock.json': 'npm ci',
  'npm-shrinkwrap.json': 'npm ci',
  'pnpm-lock.yaml': 'pnpm install --frozen-lockfile',
  'yarn.lock': 'yarn install --frozen-lockfile',
};

/** What installs Spikeline for the project. @param isCheckout of Spikeline: its own lock file is not in the crate */
export function installCall({ files, localPackage }: Project, isCheckout: boolean): ReadmeFacts['calls'][number] {
  if (localPackage !== undefined)
    return { call: 'npm install SPIKELINE', what: `yours: package.json has ${localPackage}, which is not in here` };
  const lock = isCheckout ? undefined : Object.keys(installs).find((name) => files.includes(name));
  return { call: lock === undefined ? 'npm install' : installs[lock]!, what: 'Spikeline, in its version' };
}
