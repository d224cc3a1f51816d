// What `--help` says of commands below their options.

import { templates } from './start/templates.js';

export const gcDetails = `
Keeps what the pipelines in FILES reach: results that are up to date, the newest result of each of their tasks, the
results of the newest run with each --profile, --set and --engine, and unfinished work. Other pipelines' results go. Without
FILES, keeps the same of all pipelines that artifacts/ shows. What was made or used within the last hour stays, and so does
what a run that is going on may use; unfinished work stays for a week. With --max-size, reachable results are removed last.`;

export const cacheDetails = `
The remote cache is named by SPIKELINE_REMOTE, by the user's configuration, or by \`cache: { remote: URL }\` in the file:
a folder (file:/shared/cache) or a server of the Bazel HTTP cache protocol (https://cache.example.org/). \`run\` fetches
what it has, and uploads what it lacks. Nothing fetched is used before it is verified.
  SPIKELINE_REMOTE_TOKEN, or SPIKELINE_REMOTE_USER and SPIKELINE_REMOTE_PASSWORD   credentials
  SPIKELINE_REMOTE_READONLY=1                                                     fetch from it, upload nothing
  SPIKELINE_REMOTE_TIMEOUT=60s                                                    how long it may send nothing (15s)
  SPIKELINE_REMOTE_SIGNING_KEY                                                    sign results, and use only signed ones`;

export const publishDetails = `
FOLDER gets the pipeline with what it includes and extends, stages of your own, data from the project, results, the page,
plots, keys and machines of all tasks, LICENSE, CITATION.cff, package.json with its lock file, and a README that says how
to make the same again. It is written as a whole or not at all, and over nothing but an earlier one that is unchanged.`;

export const initDetails = `
${templates.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join('\n')}

It asks nothing, and leaves existing files as they are.`;

export const completionDetails = `
Once, in a project that has Spikeline; the script then finds the program of the project that one is in:
  bash   npx spikeline completion bash > ~/.spikeline.bash    and in ~/.bashrc: . ~/.spikeline.bash
  zsh    npx spikeline completion zsh > ~/.spikeline.zsh      and in ~/.zshrc, below compinit: . ~/.spikeline.zsh
  fish   npx spikeline completion fish > ~/.config/fish/conf.d/spikeline.fish`;

export const targetDetails = `
TARGET is stage, or stage@axis=value,… with a value or its label. Put a value with a comma or quotes in double quotes, as
in JSON, and quote for your shell what it would split: 's@net=a b' 's@net="a,b"'`;
