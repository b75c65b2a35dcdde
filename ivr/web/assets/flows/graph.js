// The flow's graph beside its text: cytoscape, laid out by dagre, in the page's own colours.
import cytoscape from "cytoscape";
import dagre from "cytoscape-dagre";

cytoscape.use(dagre);

export class Graph {
  /** `chosen(line, id)`: somebody clicked a node. */
  constructor(box, chosen) {
    const colour = (name, other) => getComputedStyle(box).getPropertyValue(name).trim() || other;
    const words = colour("--text", "#222"), line = colour("--border", "#888"), strong = colour("--accent", "#1a56db");
    this.view = cytoscape({
      container: box,
      style: [
        { selector: "node", style: { label: "data(label)", shape: "round-rectangle", width: 150, height: 40, "text-wrap": "wrap",
          "text-valign": "center", "font-size": 12, color: words, "background-opacity": 0, "border-width": 1, "border-color": line } },
        { selector: "node[?start]", style: { "border-width": 3 } },
        { selector: "node.here", style: { "border-color": strong, "border-width": 3 } },
        { selector: "node.wrong", style: { "border-color": colour("--danger", "#b91c1c"), "border-style": "dashed" } },
        { selector: "edge", style: { label: "data(label)", "font-size": 9, color: words, "curve-style": "bezier", width: 1,
          "line-color": line, "target-arrow-color": line, "target-arrow-shape": "triangle", "text-rotation": "autorotate" } },
      ],
    });
    this.view.on("tap", "node", (event) => chosen(event.target.data("line"), event.target.id()));
    this.shape = "";
  }

  /** Draw what the server made of the text; laid out again only when nodes or ways changed. */
  draw(graph) {
    const ways = graph.edges.filter((edge) => !edge.side && edge.from !== edge.to);
    const shape = JSON.stringify([graph.nodes.map((it) => it.id), ways]);
    if (shape !== this.shape) {
      this.view.elements().remove();
      this.view.add(graph.nodes.map((it) => ({ data: { ...it, label: `${it.id}\n${it.type}` } })));
      this.view.add(ways.map((it, n) => ({ data: { id: `way ${n}`, source: it.from, target: it.to, label: it.label.slice(0, 30) } })));
      this.view.layout({ name: "dagre", rankDir: "TB", nodeSep: 20, rankSep: 50, animate: false }).run();
      this.shape = shape;
    } else for (const it of graph.nodes) this.view.getElementById(it.id).data(it);
    this.lines = graph.nodes.filter((it) => it.line).map((it) => [it.line, it.id]).sort((a, b) => a[0] - b[0]);
  }

  /** The cursor stands in this line: show the node that it belongs to. */
  follow(line) {
    const found = (this.lines ?? []).filter(([at]) => at <= line).pop();
    this.view.nodes().removeClass("here");
    if (!found) return;
    const node = this.view.getElementById(found[1]).addClass("here");
    const seen = this.view.extent(), at = node.position();
    if (at && (at.x < seen.x1 || at.x > seen.x2 || at.y < seen.y1 || at.y > seen.y2)) this.view.center(node);
  }

  wrong(problems) {
    this.view.nodes().removeClass("wrong");
    for (const it of problems) {
      const found = (this.lines ?? []).filter(([at]) => at <= it.line).pop();
      if (found && it.severity === "error") this.view.getElementById(found[1]).addClass("wrong");
    }
  }
}
