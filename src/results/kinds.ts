/** The kinds of results that a report is made from: each has its schema, reader and writer beside this file. */
export const resultKinds = ['ann', 'snn', 'conversion', 'history'] as const;
export type ResultKind = (typeof resultKinds)[number];
