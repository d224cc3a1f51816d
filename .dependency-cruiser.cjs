// The house: no file imports from a floor above its own, and no files import each other in a circle. ARCHITECTURE.md has
// the picture. `npm run lint` checks it.

/** From the ground up: each floor may use those before it. */
const floors = [
  [
    'error.ts',
    'values.ts',
    'paths.ts',
    'home.ts',
    'version.ts',
    'node-range.ts',
    'import-module.ts',
    'require-module.ts',
    'unreachable.ts',
    'control-groups.ts',
    'text/',
    'net/',
  ],
  ['schema/', 'files/', 'formats/', 'results/'],
  ['defect.ts', 'data/', 'fingerprint/', 'store/', 'report/'],
  ['network/'],
  ['spiking/'],
  ['engine/', 'exchange/'],
  ['stage/'],
  ['experiment/', 'pipeline/'],
  ['config/', 'run/'],
  ['api/'],
  ['cli/', 'index.ts'],
  ['tools/'],
].map((places) => places.map((place) => `src/${place}`));

/** The rooms of a folder in the same way. */
const insides = {
  'src/report/': [['numbers/', 'look.ts'], ['content/'], ['charts/', 'tables/', 'graph/'], ['page/'], ['live/']],
  'src/pipeline/': [
    ['text/'],
    ['compose/'],
    ['check/'],
    ['expand/'],
    ['assemble.ts'],
    ['load.ts'],
    ['declared.ts', 'json-schema.ts'],
  ],
  'src/run/': [
    ['events.ts', 'abort.ts', 'failure.ts', 'open-files.ts'],
    ['plan/', 'process/', 'views/'],
    ['explain/', 'share/'],
    ['executor.ts', 'outcomes.ts'],
    ['local/'],
    ['estimate/', 'slurm/'],
  ],
  'src/api/': [['types.ts', 'listener.ts', 'opening/'], ['results/'], ['running.ts'], ['actions.ts'], ['index.ts']],
  'src/cli/': [
    ['terminal/'],
    ['opening/', 'start/'],
    ['results/', 'explain/', 'completion/'],
    ['ci/', 'live/', 'publish/'],
    ['commands/'],
    ['command-details.ts', 'command-table.ts', 'failure.ts'],
    ['main.ts'],
    ['program.ts', 'launch.ts'],
  ],
};

const rules = [
  ...floors.slice(0, -1).map((floor, i) => ({
    name: `floor ${i + 1} uses no floor above it`,
    severity: 'error',
    from: { path: `^(${floor.join('|')})` },
    to: {
      path: `^(${floors
        .slice(i + 1)
        .flat()
        .join('|')}|stages/|test/)`,
    },
  })),
  ...Object.entries(insides).flatMap(([folder, levels]) =>
    levels.slice(0, -1).map((level, i) => ({
      name: `${folder}${level[0]} uses no room above it`,
      severity: 'error',
      from: { path: `^${folder}(${level.join('|')})` },
      to: {
        path: `^${folder}(${levels
          .slice(i + 1)
          .flat()
          .join('|')})`,
      },
    })),
  ),
  ...Object.entries(insides).map(([folder, levels]) => ({
    name: `every file of ${folder} has a room`,
    severity: 'error',
    from: { path: `^${folder}`, pathNot: `^${folder}(${levels.flat().join('|')})` },
    to: {},
  })),
  {
    name: 'stages know nothing of who runs them',
    severity: 'error',
    from: { path: '^stages/' },
    to: { path: '^src/(pipeline|run|config|cli|tools|store)/' },
  },
  { name: 'no circle of files', severity: 'error', from: {}, to: { circular: true } },
  {
    name: 'every file has a floor',
    severity: 'error',
    from: { path: '^src/', pathNot: `^(${floors.flat().join('|')})` },
    to: {},
  },
];

module.exports = {
  forbidden: rules,
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/engine/wasm/kernels/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
};
