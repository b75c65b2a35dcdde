// The flow's graph beside its text: an SVG laid out by dagre. Nodes are buttons; colours are the page's own.
import dagre from "@dagrejs/dagre";

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 168, HIGH = 44, MARGIN = 12, MANY = 400;
const draw = (name, attributes, ...inside) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
};
const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

export class Graph {
  /** `chosen(line, id)`: somebody chose a node. */
  constructor(box, chosen) {
    Object.assign(this, { box, chosen, shape: "", lines: [], nodes: new Map(), scale: 0 });
    box.addEventListener("keydown", (event) => this.key(event));
  }

  /** Draw what the server made of the text; laid out again only when nodes or ways changed. */
  draw(graph) {
    const ways = graph.edges.filter((edge) => !edge.side && edge.from !== edge.to);
    const shape = JSON.stringify([graph.nodes.map((it) => [it.id, it.type, it.start]), ways]);
    this.lines = graph.nodes.filter((it) => it.line).map((it) => [it.line, it.id]).sort((a, b) => a[0] - b[0]);
    this.line = new Map(graph.nodes.map((it) => [it.id, it.line]));
    if (shape === this.shape) return;
    this.shape = shape;
    const net = this.placed(graph.nodes, ways), { width = 0, height = 0 } = net.graph();
    this.size = { width: width + 2 * MARGIN, height: height + 2 * MARGIN };
    const arrow = draw("marker", { id: "flow-arrow", viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
      draw("path", { d: "M0 0 8 4 0 8Z" }));
    this.svg = draw("svg", { viewBox: `${-MARGIN} ${-MARGIN} ${this.size.width} ${this.size.height}` }, draw("defs", {}, arrow));
    for (const it of net.edges()) this.way(net.edge(it));
    this.nodes = new Map(graph.nodes.map((it) => [it.id, this.node(it, net.node(it.id))]));
    const [first] = this.lines;
    if (first) this.nodes.get(first[1]).setAttribute("tabindex", "0");
    this.box.replaceChildren(this.svg);
    this.zoom(1);
    this.show(graph.nodes.find((it) => it.start)?.id, "first");
  }

  placed(nodes, ways) {
    const net = new dagre.graphlib.Graph({ multigraph: true });
    net.setGraph({ rankdir: "TB", nodesep: 24, ranksep: 46, ranker: nodes.length > MANY ? "longest-path" : "network-simplex" });
    net.setDefaultEdgeLabel(() => ({}));
    for (const it of nodes) net.setNode(it.id, { width: WIDE, height: HIGH });
    ways.forEach((it, n) => {
      const label = short(it.label ?? "", 26);
      net.setEdge(it.from, it.to, { label, width: label.length * 5.4, height: label ? 13 : 0, labelpos: "c" }, String(n));
    });
    dagre.layout(net);
    return net;
  }

  way({ points, label, x, y }) {
    const [first, ...rest] = points;
    this.svg.append(draw("path", { class: "way", d: `M${first.x} ${first.y}${rest.map((p) => `L${p.x} ${p.y}`).join("")}`, "marker-end": "url(#flow-arrow)" }));
    if (label) this.svg.append(draw("text", { class: "label", x, y: y + 4 }, label));
  }

  node(it, { x, y }) {
    const made = draw("g", { class: it.start ? "node start" : "node", role: "button", tabindex: "-1", transform: `translate(${x - WIDE / 2} ${y - HIGH / 2})` },
      draw("rect", { width: WIDE, height: HIGH, rx: 6 }),
      draw("text", { x: WIDE / 2, y: 18, class: "name", ...(it.id.length > 24 ? { textLength: WIDE - 8, lengthAdjust: "spacingAndGlyphs" } : {}) }, it.id), draw("text", { x: WIDE / 2, y: 34 }, it.type));
    made.dataset.id = it.id;
    made.addEventListener("click", () => this.chosen(this.line.get(it.id), it.id));
    this.svg.append(made);
    return made;
  }

  /** Arrows go from node to node in the order of the text; Enter leads to the line. */
  key(event) {
    const id = event.target.dataset?.id;
    if (!id) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.chosen(this.line.get(id), id);
      return;
    }
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const next = step && this.lines[this.lines.findIndex(([, it]) => it === id) + step];
    if (!next) return;
    event.preventDefault();
    this.reachable(next[1]);
    this.nodes.get(next[1]).focus();
  }

  reachable(id) {
    for (const [name, it] of this.nodes) it.setAttribute("tabindex", name === id ? "0" : "-1");
  }

  /** `by` 1: as it is; at first as wide as there is room, but readable. */
  zoom(by) {
    if (!this.size) return;
    if (!this.scale) this.scale = Math.min(1, Math.max(0.7, (this.box.clientWidth - 4) / this.size.width));
    this.scale = Math.min(3, Math.max(0.2, this.scale * by));
    this.svg.setAttribute("width", Math.round(this.size.width * this.scale));
    this.svg.setAttribute("height", Math.round(this.size.height * this.scale));
  }

  /** Name of the node that a line belongs to; empty above the first. */
  at(line) {
    return this.lines.filter(([at]) => at <= line).pop()?.[1] ?? "";
  }

  /** The cursor stands in this line: show the node that it belongs to. */
  follow(line) {
    this.show(this.at(line), "here");
  }

  /** Mark one node, and bring it into the box. */
  show(id, mark) {
    for (const it of this.nodes.values()) it.classList.remove(mark);
    const node = this.nodes.get(id);
    if (!node) return;
    node.classList.add(mark);
    this.reachable(id);
    const seen = this.box.getBoundingClientRect(), at = node.getBoundingClientRect();
    if (!seen.height || (at.top >= seen.top && at.bottom <= seen.bottom && at.left >= seen.left && at.right <= seen.right)) return;
    this.box.scrollBy({ left: at.left - seen.left - (seen.width - at.width) / 2, top: at.top - seen.top - (seen.height - at.height) / 2 });
  }

  wrong(problems) {
    for (const it of this.nodes.values()) it.classList.remove("wrong");
    for (const it of problems) if (it.severity === "error") this.nodes.get(this.at(it.line))?.classList.add("wrong");
  }
}
