import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readScript, type Shell, type Slot, scriptTexts } from '../../../src/pipeline/check/shell.js';
import { scriptWords, shellScript } from '../../../src/run/process/command.js';

/** A script in which each § is a value. */
const slots = (script: string, shell: Shell = 'sh') => readScript(script.split('§'), shell).slots;
const kinds = (script: string, shell?: Shell) => slots(script, shell).map(({ kind }) => kind);
const where = (script: string, shell?: Shell) =>
  slots(script, shell).map((slot: Slot) => 'where' in slot && slot.where);

describe('a script is read as the shell reads it', () => {
  it.each([
    ['echo § > §', ['word', 'word']],
    ["echo 'a' § # it's §\necho §", ['word', 'nothing', 'word']],
    ['echo a#§ $# § ${#x} §', ['word', 'word', 'word']],
    ['echo "a § \\" §" §', ['quoted', 'quoted', 'word']],
    ['cat <<EOF > §\nit\'s § "§"\nEOF\necho §', ['word', 'text', 'text', 'word']],
    ["cat <<'EOF' > §\n§ it's $x\nEOF\necho §", ['word', 'text', 'word']],
    ['cat <<-A <<\\B\n\t§\n\tA\nx\\\nB\necho §', ['text', 'word']],
    ['cat <<A\nx\\\nA\n§\nA\n§', ['text', 'word']],
    ['x=$(echo "§" § $(cat §)) "$(cat §) §"', ['quoted', 'word', 'word', 'word', 'quoted']],
    ['x=`cat §` §', ['word', 'word']],
    ['echo $((§ + 1)) $(( (§) << 2 )) §', ['number', 'number', 'word']],
    ['echo $((echo §) | cat)', ['word']],
    ["echo \\\n# it's\necho §", ['word']],
    ['case § in a) echo §;; esac; (echo §)', ['word', 'word', 'word']],
    ['echo \\"§ \\\' §', ['word', 'word']],
    ['{ [ § = ~/§ ]; } && a=§ > §.txt | cat - || ! [a-z]*\n§', ['word', 'word', 'word', 'word', 'word']],
  ])('%j', (script, expected) => expect(kinds(script)).toEqual(expected));

  it('and bash in its own way', () => {
    expect(kinds("((§ > 1)); echo $'it\\'s' § <(echo §) <<< §", 'bash')).toEqual(['number', 'word', 'word', 'word']);
    expect(kinds('((echo §) | cat)', 'sh')).toEqual(['word']);
  });

  it.each([
    ["echo 'a § b'", "inside 'single quotes', where the shell puts in no values"],
    ["echo $'§'", "inside 'single quotes', where the shell puts in no values"],
    ['echo \\§', 'behind a backslash'],
    ['echo "\\§"', 'behind a backslash'],
    ['echo ${x:-§}', 'inside ${ }'],
    ['cat <<§', 'where the name of a text of several lines ends it'],
    ["cat <<'a b'\n§\na b", 'where the name of a text of several lines ends it'],
    ['echo "`cat §`"', 'in backticks inside quotes'],
    ["echo $'it\\'s' §", 'where it is not clear in which quotes it stands'],
    ['echo $(case x in x) echo;; esac) §', 'where it is not clear in which quotes it stands'],
    ['`echo \\\\"x"` §', 'where it is not clear in which quotes it stands'],
    [`${'$('.repeat(20_000)} §`, 'where it is not clear in which quotes it stands'],
  ])('%j is refused', (script, expected) => expect(where(script)).toEqual([expected]));

  it('and its text stays as it is, but where values could not stand otherwise', () => {
    const script = "a § 'b' # $§\ncat <<'E' $§\n$x `y` \\ §\nE\n";
    expect(readScript(script.split('§'), 'sh').texts).toEqual([
      'a ',
      " 'b' # $",
      '\ncat <<E \\$',
      '\n\\$x \\`y\\` \\\\ ',
      '\nE\n',
    ]);
    expect(scriptTexts([{ value: 'x' }, { text: 'a' }, { text: 'b' }, { value: 'y' }])).toEqual(['', 'ab', '']);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'spikeline-shell-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a script writes that has one value in many places, and then the next one. */
function output(form: string, values: readonly string[], shell: Shell): string {
  const parts = values.flatMap((value) =>
    `${form}\n`.split('§').flatMap((text, i) => (i === 0 ? [{ text }] : [{ value }, { text }])),
  );
  const script = shellScript(parts, shell, {}, {});
  const file = join(folder, 'script');
  writeFileSync(file, script);
  const [asWord, asFile] = [script, { file }].map((form) => {
    const [program, ...args] = scriptWords(shell, form);
    return execFileSync(program!, args, { encoding: 'utf8' });
  });
  expect(asWord).toBe(asFile);
  return asFile!;
}

describe.each(['sh', 'bash'] as const)('%s', (shell) => {
  // Each line ends in a bar, so that line breaks at a value's end are seen.
  const places: readonly (readonly [script: string, expected: (value: string) => string])[] = [
    ["printf '%s|' §", (value) => `${value}|`],
    ["printf '%s|' a§b$§", (value) => `a${value}b$${value}|`],
    ["printf '%s|' \"it's § $§\"", (value) => `it's ${value} $${value}|`],
    ['x=§; printf \'%s|\' "$x"', (value) => `${value}|`],
    ["printf '%s|' \"$(printf '%s|' §)\"", (value) => `${value}||`],
    ['x=`printf \'%s|\' § "a §"`; printf %s "$x"', (value) => `${value}|a ${value}|`],
    ['# it\'s §\ncat <<EOF\nit\'s "§" $§ |\nEOF\n', (value) => `it's "${value}" $${value} |\n`],
    ["cat <<'EOF'\n§ $x `y` \\ $(z)\nEOF\n", (value) => `${value} $x \`y\` \\ $(z)\n`],
    ['cat <<-EOF\n\t§|\n\tEOF\n', (value) => `${value}|\n`],
    ['case § in §) printf yes;; *) printf no;; esac', () => 'yes'],
  ];
  const whole = places.map(([script]) => script).join('\n');

  it('gives a program exactly the value, wherever it may stand', () => {
    expect(kinds(whole, shell)).not.toContain('refused');
    const nasty = fc.constantFrom(...'\'"`$\\ \n\t#*?[]{}()<>|&;!~=-%éß€😀aEOF0'.split(/(?:)/u));
    const value = fc
      .oneof(fc.string({ unit: nasty }), fc.string({ unit: 'grapheme' }))
      .map((text) => text.replaceAll('\0', ''));
    fc.assert(
      // Several in one script: to start a shell takes longer than what it does.
      fc.property(fc.array(value, { minLength: 6, maxLength: 6 }), (texts) => {
        const expected = texts.flatMap((text) => places.map(([, of]) => of(text)));
        expect(output(whole, texts, shell)).toBe(expected.join(''));
      }),
      {
        numRuns: 10,
        examples: [[['EOF', '\nEOF\n', '$(exit 3)', 'a\n', '']], [['-n', "'; exit 3; '", 'if', 'x=1', '2']]],
      },
    );
  });

  it('computes with whole numbers', () => {
    expect(output('echo $((5 -§ * 2)) §', ['-3'], shell)).toBe('11 -3\n');
  });
});
