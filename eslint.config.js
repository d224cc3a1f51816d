// Types, type-aware rules, and how long things may be: biome does the rest.
import tseslint from 'typescript-eslint';
import { types } from './src/tools/lint-types.mjs';

export default tseslint.config(
  { ignores: ['.build/', 'artifacts/', 'node_modules/', 'pipelines/templates/', 'test/**/*.mjs', '**/*.js'] },
  {
    files: ['**/*.ts', '**/*.mjs'],
    languageOptions: {
      parser: tseslint.parser,
      // One program for all files: the service of editors, which takes them one by one, needs half as much again.
      parserOptions: { project: 'tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin, own: { rules: { types } } },
    rules: {
      'own/types': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
    },
  },
  {
    // In tests, a function may hold a whole set of them.
    files: ['src/**/*.{ts,mjs}', 'stages/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // What a stage does not wait for may not be written yet when its outputs are taken.
    files: ['stages/*.ts', 'src/{data,exchange,experiment,formats,results}/**/*.ts'],
    rules: { '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }] },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      parserOptions: { projectService: false, project: 'tsconfig.scripts.json', tsconfigRootDir: import.meta.dirname },
    },
  },
);
