// Curves of what a task writes while it goes on: of a task of another process, there is nothing else.

/** Points by epoch, by the names that the log has for them. */
export type LogCurves = Readonly<Record<string, readonly (readonly [epoch: number, value: number])[]>>;

const epochLine = /^epoch (\d{1,9})(?:\/\d+)?: (.+)$/;
const figure = /^(\S.{0,39}?)[ =:] ?(-?\d+(?:\.\d*)?(?:e[-+]?\d+)?)( ?%)?$/i;

/**
 * Curves in a log with lines such as `epoch 3: loss 0.4186, training 83.92 %`, as trainings write them. A training that
 * goes on from an earlier epoch replaces what was after that.
 *
 * @param text a log, or its end
 */
export function curvesInLog(text: string): LogCurves {
  const curves = new Map<string, [number, number][]>();
  for (const line of text.split('\n')) {
    const [, at, said] = epochLine.exec(line.trim()) ?? [];
    if (said === undefined) continue;
    const epoch = Number(at);
    for (const points of curves.values()) while ((points.at(-1)?.[0] ?? 0) >= epoch) points.pop();
    for (const part of said.split(', ')) {
      const [, name, value, percent] = figure.exec(part.trim()) ?? [];
      if (name === undefined) continue;
      const title = percent === undefined ? name : `${name} (%)`;
      const points = curves.get(title) ?? [];
      curves.set(title, points);
      points.push([epoch, Number(value)]);
    }
  }
  return Object.fromEntries([...curves].filter(([, points]) => points.length > 0));
}
