// The browser's storage, in which no header is ever kept: tabs that come back begin with the page's own.
const TABS = "graphiql:tabState";

export const remembered = (headers) => ({
  get length() {
    return localStorage.length;
  },
  getItem(key) {
    const text = localStorage.getItem(key);
    if (key !== TABS || !text) return text;
    const state = JSON.parse(text);
    return JSON.stringify({ ...state, tabs: state.tabs.map((tab) => ({ ...tab, headers })) });
  },
  setItem: (key, value) => localStorage.setItem(key, value),
  removeItem: (key) => localStorage.removeItem(key),
  clear: () => localStorage.clear(),
});
