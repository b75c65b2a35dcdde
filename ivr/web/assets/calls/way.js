// The way of a call, drawn on the flow's graph as it was then.
import { Graph } from "../flows/graph.js";

const FRAME_S = 0.02;

class Walked extends Graph {
  /** `path`: steps of the flow that is drawn next. */
  walks(path) {
    this.been = new Set(path.map((step) => step.node));
    this.ways = new Set(path.slice(1).map((step, n) => `${path[n].node}\n${step.node}`));
  }

  placed(nodes, ways) {
    const net = super.placed(nodes, ways);
    for (const it of net.edges()) net.edge(it).walked = this.ways.has(`${it.v}\n${it.w}`);
    return net;
  }

  way(it) {
    super.way(it);
    if (it.walked) [...this.svg.querySelectorAll(".way")].pop().classList.add("walked");
  }

  node(it, at) {
    const made = super.node(it, at);
    if (this.been.has(it.id)) made.classList.add("walked");
    return made;
  }
}

/** `go(seconds)`: somebody chose a node that was entered then. */
export async function draw(place, go) {
  const told = place.querySelector("#way-told"), box = place.querySelector("#graph");
  let found;
  try {
    const answer = await fetch(place.dataset.way);
    if (!answer.ok) throw new Error(answer.status);
    found = await answer.json();
  } catch {
    return;
  }
  const flows = Object.keys(found.pictures);
  if (!flows.length) {
    told.textContent = place.dataset.gone;
    return;
  }
  box.hidden = false;
  const steps = (flow) => found.path.filter((step) => step.flow === flow);
  let shown = flows[0];
  const graph = new Walked(box, (line, id) => {
    const first = steps(shown).find((step) => step.node === id);
    if (first) go(first.t * FRAME_S);
  });
  const show = (flow) => {
    shown = flow;
    graph.walks(steps(flow));
    graph.draw(found.pictures[flow]);
    graph.show(steps(flow)[0]?.node, "first");
  };
  const choice = place.querySelector("#way-flow");
  choice.replaceChildren(...flows.map((flow) => Object.assign(document.createElement("option"), { value: flow, textContent: flow })));
  choice.onchange = () => show(choice.value);
  place.querySelector("#way-flows").hidden = flows.length < 2;
  show(shown);
  place.dataset.ready = "true";
}
