// results.mjs RESULTS LOGS [FAILED-STEP…]: the end of what `.ci/run` prints. What failed, so that the last lines tell it:
// each failed test of the JSON reports in RESULTS with the beginning of its message, and of a failed step that no test
// explains the end of its log in LOGS. Then the counting line.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const [resultsFolder = '', logFolder = '', ...failedSteps] = process.argv.slice(2);
const files = existsSync(resultsFolder) ? readdirSync(resultsFolder).filter((name) => name.endsWith('.json')) : [];
const reports = files.flatMap((name) => {
  try {
    const step = name.slice(0, -'.json'.length);
    return [{ step, ...JSON.parse(readFileSync(join(resultsFolder, name), 'utf8')) }];
  } catch {
    // Of a step that was killed as it wrote: its log tells more.
    return [];
  }
});

/** @param {string} text */
const lines = (text) => stripVTControlCharacters(text).trimEnd().split('\n');

/** Without the places of libraries. @param {string} text */
const own = (text) => lines(text).filter((line) => !/^\s+at .*\/node_modules\//.test(line));

/** The failures that a report names: `head` says where, `detail` what. A file without tests of its own failed as a whole. */
const failures = reports.flatMap((report) =>
  report.testResults.flatMap((file) => {
    const place = `${report.step}: ${relative(process.cwd(), file.name)}`;
    const failed = file.assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0 && file.status === 'failed') return [{ head: place, detail: own(file.message) }];
    return failed.map((test) => ({
      head: `${place} > ${[...test.ancestorTitles, test.title].join(' > ')}`,
      detail: own(test.failureMessages.join('\n')),
    }));
  }),
);

const logs = failedSteps
  .filter((step) => !failures.some((failure) => failure.head.startsWith(`${step}: `)))
  .map((step) => ({
    head: `${step}: the end of its log`,
    log: logOf(step),
  }));

/** @param {string} step */
function logOf(step) {
  const path = join(logFolder, `${step}.log`);
  return existsSync(path) ? lines(readFileSync(path, 'utf8')) : ['It has no log.'];
}

// All of it should be readable at a glance.
const room = Math.min(15, Math.max(3, Math.floor(60 / (failures.length + logs.length))));
for (const { head, detail } of failures) print(head, detail.slice(0, room));
for (const { head, log } of logs) print(head, log.slice(-room));

/** @param {string} head @param {string[]} detail */
function print(head, detail) {
  console.log(`\n✗ ${head}\n${detail.map((line) => `    ${line}`.trimEnd()).join('\n')}`);
}

/** @param {string} name */
const sum = (name) => reports.reduce((total, report) => total + report[name], 0);
const skipped = sum('numPendingTests') + sum('numTodoTests');
const counts = `${sum('numPassedTests')} passed, ${sum('numFailedTests')} failed${skipped ? `, ${skipped} skipped` : ''}`;
console.log(`${failedSteps.length > 0 ? '\n' : ''}${counts}`);
