// Completion and hover texts from the JSON Schema of flow.yaml: pure functions over lines of text.

/** Keys (and list places) that lead to a line, outermost first: ["nodes", "welcome", "options", 0]. */
export function pathAt(lines, at) {
  const path = [];
  let indent = indentOf(lines[at]);
  if (lines[at].trim() === "") indent = Infinity;
  for (let n = at; n >= 0; n--) {
    const line = lines[n];
    if (line.trim() === "" || line.trim().startsWith("#")) continue;
    const own = indentOf(line);
    const item = /^\s*- /.test(line);
    const key = /^\s*(?:- )?(["']?)([A-Za-z_][\w.-]*)\1\s*:/.exec(line);
    const keyIndent = item ? own + 2 : own;
    if (n === at) {
      indent = item ? keyIndent : own;
      if (item) { path.unshift(0); indent = own; }
      continue;
    }
    if (key && keyIndent < indent) { path.unshift(key[2]); indent = keyIndent; }
    if (item && own < indent) { path.unshift(0); indent = own; }
  }
  return path;
}

function indentOf(line) {
  return /^ */.exec(line)[0].length;
}

/** The schemas that a value at `path` may have; `typeOf(path)` tells the `type:` that stands beside. */
export function schemasAt(schema, path, typeOf = () => "") {
  let found = flat(schema, schema);
  path.forEach((step, n) => {
    const next = [];
    for (const part of found) {
      if (typeof step === "number") { if (part.items) next.push(...flat(part.items, schema)); continue; }
      const inner = part.properties?.[step] ?? (typeof part.additionalProperties === "object" ? part.additionalProperties : null);
      if (inner) next.push(...flat(inner, schema));
    }
    const kind = typeOf(path.slice(0, n + 1));
    const fitting = kind ? next.filter((part) => isType(part, kind)) : [];
    found = fitting.length ? fitting : next;
  });
  return found;
}

function isType(part, kind) {
  const type = part.properties?.type;
  return type?.const === kind || type?.enum?.includes(kind);
}

function flat(part, schema, depth = 0) {
  if (!part || depth > 8) return [];
  if (part.$ref) {
    const target = schema.$defs?.[part.$ref.split("/").pop()];
    return flat(target, schema, depth + 1).map((it) => ({ ...it, description: part.description ?? it.description }));
  }
  const arms = [...(part.anyOf ?? []), ...(part.oneOf ?? []), ...(part.allOf ?? [])];
  if (!arms.length) return [part];
  return arms.flatMap((arm) => flat(arm, schema, depth + 1)).map((it) => ({ ...it, description: it.description ?? part.description }));
}

/** Keys that may stand at `path`: [{label, detail}]. */
export function keysAt(schema, path, typeOf) {
  const keys = new Map();
  for (const part of schemasAt(schema, path, typeOf))
    for (const [label, inner] of Object.entries(part.properties ?? {}))
      if (!keys.has(label)) keys.set(label, { label, detail: inner.description ?? flat(inner, schema)[0]?.description ?? "" });
  return [...keys.values()];
}

/** Values that are listed for `path`: types of nodes, kinds, true and false. */
export function valuesAt(schema, path, typeOf) {
  const values = new Set();
  for (const part of schemasAt(schema, path, typeOf)) {
    if (part.const !== undefined) values.add(String(part.const));
    for (const value of part.enum ?? []) values.add(String(value));
    if ([part.type].flat().includes("boolean")) ["true", "false"].forEach((it) => values.add(it));
  }
  return [...values];
}

/** Names of the nodes of a text, for `next: `. */
export function nodeNames(lines) {
  const start = lines.findIndex((line) => /^nodes\s*:/.test(line));
  if (start < 0) return [];
  const names = [];
  for (const line of lines.slice(start + 1)) {
    if (/^[^\s#]/.test(line)) break;
    const found = /^ {2}([A-Za-z_]\w*)\s*:/.exec(line);
    if (found) names.push(found[1]);
  }
  return names;
}

/** The `type:` written beside the key that ends `path`: looks at the block that holds line `at`. */
export function typeBeside(lines, at) {
  return (path) => {
    if (path[0] !== "nodes" || path.length !== 2) return "";
    const head = lines.findIndex((line) => new RegExp(`^ {2}${path[1]}\\s*:`).test(line));
    if (head < 0) return "";
    for (let n = head; n < lines.length && (n === head || /^ {3,}|^\s*$|^ *#/.test(lines[n])); n++) {
      const found = /(?:^\s+|\{\s*)type:\s*(\w+)/.exec(lines[n]);
      if (found) return found[1];
    }
    return "";
  };
}
