import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configFile, readConfig } from '../../src/config/config.js';
import { testFolder } from '../store/folder.js';

function configOf(text: string) {
  const file = join(testFolder(), 'config.yaml');
  writeFileSync(file, text);
  return readConfig(file);
}

describe("the user's configuration", () => {
  it('lies where XDG_CONFIG_HOME says', () => {
    expect(configFile({ XDG_CONFIG_HOME: '/home/me/conf' })).toBe('/home/me/conf/spikeline/config.yaml');
    expect(configFile({})).toMatch(/\/\.config\/spikeline\/config\.yaml$/);
  });

  it('may be missing, or say nothing', async () => {
    expect(await readConfig(join(testFolder(), 'none.yaml'))).toMatchObject({ config: {}, diagnostics: [] });
    expect((await configOf('# nothing yet\n')).config).toEqual({});
  });

  it('says where another can lie if it is there and can not be read', async () => {
    const { config, diagnostics } = await readConfig(testFolder());
    expect(config).toBeUndefined();
    expect(diagnostics).toMatchObject([
      { code: 'E_FILE', hint: expect.stringMatching(/XDG_CONFIG_HOME names another folder/) as string },
    ]);
  });

  it('names a cache', async () => {
    const { config } = await configOf('cache: { remote: https://cache.example.org, readOnly: true, timeout: 30s }\n');
    expect(config).toEqual({ cache: { remote: 'https://cache.example.org', readOnly: true, timeout: '30s' } });
  });

  it('says how jobs are submitted', async () => {
    const { config } = await configOf('slurm: { partition: gpu, extra: [--constraint=amd] }\n');
    expect(config).toEqual({ slurm: { partition: 'gpu', extra: ['--constraint=amd'] } });
  });

  it.each([
    ['cache: { readonly: true }', 'Unknown key "readonly".', 'did you mean "readOnly"?'],
    ['cache: { remote: /shared/cache }', 'must be an address such as', undefined],
    ['cache: { timeout: soon }', 'must be a time in seconds, or such as 30s', undefined],
    ['cach: {}', 'Unknown key "cach".', 'did you mean "cache"?'],
    ['slurm: { partitoin: gpu }', 'Unknown key "partitoin".', 'did you mean "partition"?'],
    [
      'slurm: { extra: [constraint=amd] }',
      'must be one option of sbatch, with = and no space: --constraint=amd',
      undefined,
    ],
    ['slurm: { cpus: many }', 'must be', undefined],
    ['slrum: {}', 'Unknown key "slrum".', 'did you mean "slurm"?'],
  ])('is checked: %s', async (text, message, hint) => {
    const { config, diagnostics } = await configOf(text);
    expect(config).toBeUndefined();
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]!.message).toContain(message);
    if (hint !== undefined) expect(diagnostics[0]!.hint).toBe(hint);
    expect(diagnostics[0]!.range).toBeDefined();
  });

  it('is read by the rules of pipeline files', async () => {
    const folder = testFolder();
    const told = async (name: string) =>
      (await readConfig(join(folder, name))).diagnostics.map(({ message }) => message);
    writeFileSync(join(folder, 'latin1'), Buffer.from('# caf\xe9\n', 'latin1'));
    writeFileSync(join(folder, 'marked'), '\uFEFFslurm: { partition: gpu }\n');
    writeFileSync(join(folder, 'large'), Buffer.alloc(17 * 2 ** 20, '\n'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const at = (name: string) => join(folder, name);
    expect(await told('latin1')).toEqual([
      `${at('latin1')} can't be read: it is not UTF-8: the byte 0xE9 in line 1 is "é" in Windows-1252 (Latin-1).`,
    ]);
    expect(await told('pipe')).toEqual([`${at('pipe')} can't be read: it is a pipe.`]);
    expect(await told('.')).toEqual([`${folder} can't be read: it is a folder.`]);
    expect((await readConfig('/dev/zero')).diagnostics[0]!.message).toBe("/dev/zero can't be read: it is a device.");
    expect(await told('large')).toEqual([
      `${at('large')} can't be read: it is larger than 16 MiB, too large for such a file.`,
    ]);
    expect((await readConfig(at('marked'))).config).toEqual({ slurm: { partition: 'gpu' } });
    expect(await readConfig(join(at('marked'), 'config.yaml'))).toMatchObject({ config: {}, diagnostics: [] });
  });
});
