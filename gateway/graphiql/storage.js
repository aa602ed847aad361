// The browser's storage, in which no header is ever kept: what comes back has those of the page as it is now.
const LISTS = { "graphiql:tabState": "tabs", "graphiql:queries": "queries", "graphiql:favorites": "favorites" };

const each = (key, text, headers) => {
  const name = LISTS[key];
  if (!name || !text) return text;
  const state = JSON.parse(text);
  return JSON.stringify({ ...state, [name]: state[name]?.map((entry) => ({ ...entry, headers })) });
};

export function remembered(headers) {
  let current = headers;
  return {
    onEditHeaders: (edited) => { current = edited; },
    storage: {
      get length() {
        return localStorage.length;
      },
      getItem: (key) => each(key, localStorage.getItem(key), current),
      setItem: (key, text) => localStorage.setItem(key, each(key, text, null)),
      removeItem: (key) => localStorage.removeItem(key),
      clear: () => localStorage.clear(),
    },
  };
}
