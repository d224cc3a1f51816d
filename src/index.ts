/** What a user's own stage file imports from `spikeline`. */
export * from './stage/authoring.js';
