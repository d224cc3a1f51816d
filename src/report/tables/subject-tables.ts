import { markdown } from '../../text/markup.js';
import type { ReportContent } from '../content/content.js';
import { type Subject, subjectsOf } from '../content/subjects.js';
import { outcomeOf, outcomeText } from '../numbers/outcome.js';
import { accuracyTable, noiseTable } from './accuracy.js';
import { energyTable, layersTable, operationsTable, spikesTable } from './activity.js';
import { classesTable } from './classes.js';
import { judgedOf, markdownTable, type ReportTable } from './table.js';
import { conversionTable, expectationsTable, trainingTable } from './training.js';

/** The tables that the results of a subject allow, in the order of the page. */
export function tablesOf(subject: Subject): ReportTable[] {
  return [
    ...[accuracyTable, noiseTable, classesTable, spikesTable, operationsTable, energyTable, layersTable],
    ...[trainingTable, conversionTable],
  ].flatMap((make) => make(subject) ?? []);
}

/** All expectations of a report in one table, and why some are not compared. */
export function expectationsOf(
  { expected, repeat }: ReportContent,
  subjects: readonly Subject[],
): ReportTable | undefined {
  return expectationsTable(
    subjects.flatMap(({ verdicts }) => verdicts),
    ...([reasonsOf({ expected }), repeat] as const),
  );
}

/** Why some of the expectations are not compared: each reason once. */
export function reasonsOf({ expected }: Pick<ReportContent, 'expected'>): string[] {
  return [...new Set(expected.flatMap(({ inapplicable = [] }) => inapplicable))];
}

/** The tables of the page as Markdown, a heading a subject, and what the expectations came to; empty without results. */
export function markdownTables(content: ReportContent): string {
  const subjects = subjectsOf(content);
  const parts = subjects.map((subject) =>
    [`## ${subject.heading}\n`, ...tablesOf(subject).map(markdownTable)].join('\n'),
  );
  const expectations = expectationsOf(content, subjects);
  if (expectations === undefined) return parts.join('\n');
  const outcome = outcomeText(outcomeOf(judgedOf(subjects.flatMap(({ verdicts }) => verdicts))));
  return [
    ...parts,
    `${markdownTable(expectations).replace('###', '##')}\n${markdown(`Expectations: ${outcome}.`)}\n`,
  ].join('\n');
}
