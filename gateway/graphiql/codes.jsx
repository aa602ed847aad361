// A panel beside the documentation: what each error's code means, as the gateway itself tells it.
function Icon(properties) {
  return (
    <svg height="1em" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" {...properties}>
      <path d="M12 3 2.5 20h19zM12 10v5M12 17.2v.3" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

export const codesPlugin = (codes) => ({
  title: "Error codes",
  icon: Icon,
  content: () => (
    <section className="codes" aria-label="Error codes" tabIndex={0}>
      <div className="graphiql-doc-explorer-title">Error codes</div>
      <p>
        An error says <code>message</code> for people, and in <code>extensions</code> for programs its <code>code</code>, and
        whether to ask again: <code>retryable</code>, <code>retryAfter</code> in seconds.
      </p>
      <dl>
        {codes.map(({ code, meaning, again }) => (
          <div key={code}>
            <dt><code>{code}</code></dt>
            <dd>{meaning}</dd>
            <dd className="again">Ask again? {again}</dd>
          </div>
        ))}
      </dl>
    </section>
  ),
});
