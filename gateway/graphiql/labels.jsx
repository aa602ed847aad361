// The explorer's inputs are called after their arguments, so that a screen reader can say which is which.
import { useEffect, useRef } from "react";

function label(pane) {
  for (const input of pane.querySelectorAll("input:not([aria-label]), select:not([aria-label])")) {
    const argument = input.closest("[data-arg-name]")?.dataset.argName;
    input.setAttribute("aria-label", argument ?? (input.placeholder || "Kind of operation"));
  }
}

export const labelled = ({ content: Content, ...plugin }) => ({
  ...plugin,
  content: () => {
    const pane = useRef(null);
    useEffect(() => {
      const observer = new MutationObserver(() => label(pane.current));
      observer.observe(pane.current, { childList: true, subtree: true });
      label(pane.current);
      return () => observer.disconnect();
    }, []);
    return <div ref={pane}><Content /></div>;
  },
});
