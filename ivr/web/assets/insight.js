// Charts over time are drawn from the tables beside them; phrases are made examples of intents.
import uPlot from "uplot";

const DASHED = [6, 4];
const TALL = 240;

/** Colours that are told apart in light and dark; beside each other they differ in lightness too. */
const colours = () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  return dark ? ["#8ab4f8", "#7fd99a", "#f5c26b", "#c9b6ff"] : ["#0b57d0", "#146c2e", "#8a5300", "#6a3fb5"];
};
const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** {x, series, links, names} of a table with a point a row. */
function readTable(table) {
  const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
  const rows = [...table.tBodies[0].rows].filter((row) => row.dataset.at);
  const value = (cell) => (cell.dataset.value === "" ? null : Number(cell.dataset.value));
  return {
    names,
    x: rows.map((row) => Number(row.dataset.at)),
    series: names.map((_, n) => rows.map((row) => value(row.cells[n + 1]))),
    links: names.map((_, n) => rows.map((row) => row.cells[n + 1].querySelector("a")?.href ?? "")),
  };
}

/** Vertical lines where a version went into service. */
const marksPlugin = (marks) => ({
  hooks: {
    draw: (plot) => {
      const { ctx, bbox } = plot;
      ctx.save();
      ctx.strokeStyle = variable("--warning");
      ctx.fillStyle = variable("--warning");
      ctx.textAlign = "center";
      ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
      for (const at of marks) {
        const x = plot.valToPos(at, "x", true);
        if (x < bbox.left || x > bbox.left + bbox.width) continue;
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
        ctx.fillText("▼", x, bbox.top + 8 * devicePixelRatio);
      }
      ctx.restore();
    },
  },
});

/** The address of the page with times of its own: "2027-01-05T09:00" by the zone's clock. */
function closer(zone, since, until) {
  const clock = (at) => {
    const parts = new Intl.DateTimeFormat("sv", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
    return parts.format(new Date(at * 1000)).replace(" ", "T");
  };
  const address = new URL(location.href);
  const asked = address.searchParams;
  asked.delete("range");
  asked.delete("step");
  asked.set("since", clock(since));
  asked.set("until", clock(until));
  return address;
}

/** The link of the point that is nearest to the pointer. */
function nearest(plot, links) {
  const { idx, top } = plot.cursor;
  if (idx == null) return "";
  let best = "", distance = Infinity;
  plot.series.slice(1).forEach((series, n) => {
    const value = plot.data[n + 1][idx];
    if (!series.show || value == null || !links[n][idx]) return;
    const apart = Math.abs(plot.valToPos(value, "y") - top);
    if (apart < distance) [best, distance] = [links[n][idx], apart];
  });
  return best;
}

function draw(figure) {
  const { names, x, series, links } = readTable(figure.querySelector("table"));
  const place = figure.querySelector(".plot");
  if (!x.length || figure.dataset.drawn) return;
  figure.dataset.drawn = "yes";
  const { zone, unit, language } = figure.dataset;
  const text = variable("--quiet"), grid = { stroke: variable("--line"), width: 1 };
  const marks = [...figure.querySelectorAll(".marks li")].map((it) => Number(it.dataset.at));
  const shown = (value) => (value == null ? "–" : value.toLocaleString(language, { maximumFractionDigits: 2 }) + (unit ? ` ${unit}` : ""));
  const when = new Intl.DateTimeFormat(language, { timeZone: zone, dateStyle: "medium", timeStyle: "short" });
  let dragged = false;
  const plot = new uPlot({
    width: place.clientWidth, height: TALL,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), zone),
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 8 } },
    plugins: [marksPlugin(marks)],
    axes: [{ stroke: text, grid, ticks: grid }, { stroke: text, grid, ticks: grid, size: 56 }],
    scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.05 : 1] } },
    series: [
      { label: "", value: (_, at) => (at == null ? "–" : when.format(new Date(at * 1000))) },
      ...names.map((label, n) => ({
        label, stroke: colours()[n % 4], width: 2, value: (_, value) => shown(value),
        points: { show: x.length < 60, size: 5 }, dash: n > 2 ? DASHED : undefined, spanGaps: false,
      })),
    ],
    hooks: {
      setSelect: [(own) => {
        if (own.select.width < 8) return;
        dragged = true;
        location.assign(closer(zone, own.posToVal(own.select.left, "x"), own.posToVal(own.select.left + own.select.width, "x")));
      }],
    },
  }, [x, ...series], place);
  plot.over.addEventListener("click", () => {
    const link = dragged ? "" : nearest(plot, links);
    if (link) location.assign(link);
  });
  new ResizeObserver(() => place.clientWidth && plot.setSize({ width: place.clientWidth, height: TALL })).observe(place);
}

/** Intents of a flow and language: asked for once. */
const intents = new Map();
function intentsOf(flow, language) {
  const address = `/flows/${encodeURIComponent(flow)}/intents?language=${encodeURIComponent(language)}`;
  if (!intents.has(address)) intents.set(address, fetch(address, { headers: { accept: "application/json" } }).then(answered));
  return intents.get(address);
}

async function answered(answer) {
  const told = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(typeof told?.detail === "string" ? told.detail : answer.statusText);
  return told;
}

async function fill(form) {
  const { flow, language, none } = form.dataset;
  if (form.dataset.filled) return;
  form.dataset.filled = "yes";
  try {
    const found = await intentsOf(flow, language);
    for (const name of found) form.intent.add(new Option(name));
    if (!found.length) form.querySelector("[role=status]").textContent = none;
  } catch (error) {
    form.dataset.filled = "";
    intents.clear();
    form.querySelector("[role=status]").textContent = error.message;
  }
}

async function make(form) {
  const { flow, language, done } = form.dataset, state = form.querySelector("[role=status]");
  const csrf = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRF-Token"];
  const body = JSON.stringify({ intent: form.intent.value, phrase: form.phrase.value, language });
  try {
    const headers = { "content-type": "application/json", accept: "application/json", "x-csrf-token": csrf };
    await answered(await fetch(`/flows/${encodeURIComponent(flow)}/examples`, { method: "POST", headers, body }));
    state.textContent = done;
  } catch (error) {
    state.textContent = error.message;
  }
}

document.addEventListener("focusin", (event) => {
  const form = event.target.closest?.("form.example");
  if (form) fill(form);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.example")) return;
  event.preventDefault();
  make(event.target);
});

const drawAll = (root) => root.querySelectorAll("figure[data-chart]").forEach(draw);
document.addEventListener("htmx:afterSwap", (event) => drawAll(event.target));
drawAll(document);
