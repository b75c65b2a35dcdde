// The page's texts in the reader's language, given by the server as a table: English -> theirs.

/** `t("Saved, with the changes of %(name)s", {name})`. */
export function words(table) {
  return (text, named = {}) => (table[text] ?? text).replace(/%\((\w+)\)s/g, (_, name) => String(named[name] ?? ""));
}

/** An element with properties and what is in it: never markup. */
export function make(name, more = {}, ...inside) {
  const made = Object.assign(document.createElement(name), more);
  made.append(...inside);
  return made;
}
