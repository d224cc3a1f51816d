import { setMaxListeners } from 'node:events';

/** A controller whose signal many tasks and transfers listen to at a time: from the eleventh on Node would warn of a leak. */
export function sharedAbort(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
