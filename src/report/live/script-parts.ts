/** What the scripts of served pages have in common: elements, drawing at leisure, and the events of the server. */
export const scriptParts = `
  const at = (id) => document.getElementById(id);
  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className !== undefined) made.className = className;
    return made;
  };
  const drawn = (name, attributes, text) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // Draws at most once in so many milliseconds, and not while nobody sees the page.
  const calm = (ms, act) => {
    let timer;
    return () => { timer ??= setTimeout(() => { timer = undefined; if (!document.hidden) act(); }, ms); };
  };

  // Follows the server's events, also after it has been away: a browser gives up where it is refused.
  const follow = (listeners) => {
    const events = new EventSource('events');
    for (const [name, listen] of Object.entries(listeners)) events.addEventListener(name, ({ data }) => listen(data));
    events.addEventListener('snapshot', () => { at('gone').hidden = true; });
    events.addEventListener('error', () => {
      at('gone').hidden = false;
      if (events.readyState === EventSource.CLOSED) setTimeout(() => follow(listeners), 3000);
    });
  };
`;
