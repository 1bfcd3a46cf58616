// Read-outs of charts over time: the row of the chart's own table for the time under the pointer, or chosen by keyboard.
//
// A chart is one tab stop. Arrow keys, Home and End choose a time, Escape none. Only a choice by keyboard is announced.

const CHARTS = "svg.line-chart, svg.bar-chart";
const prepared = new WeakMap(); // picture -> its columns, the chosen one, and what shows it

function columnsOf(picture) {
  const columns = new Map();
  for (const mark of picture.querySelectorAll("[data-time]")) {
    const { time } = mark.dataset;
    const x = Number(mark.getAttribute("x")) + Number(mark.getAttribute("width")) / 2;
    if (!columns.has(time)) columns.set(time, { time, x, marks: [] });
    columns.get(time).marks.push(mark);
  }
  return [...columns.values()].sort((a, b) => a.x - b.x);
}

function prepare(picture) {
  if (prepared.has(picture)) return prepared.get(picture);
  const cursor = document.createElementNS(picture.namespaceURI, "line");
  cursor.setAttribute("class", "cursor");
  cursor.setAttribute("y2", picture.viewBox.baseVal.height);
  const readout = document.createElement("p");
  readout.className = "chart-readout";
  picture.after(readout);
  const chart = { columns: columnsOf(picture), chosen: -1, cursor, readout };
  prepared.set(picture, chart);
  return chart;
}

function words(picture, { time, marks }) {
  const row = picture.closest("figure")?.querySelector(`tr[data-time="${time}"]`);
  if (!row) return `${time}: ${marks.map((mark) => mark.dataset.value ?? mark.dataset.quality).join("; ")}`;
  const drawn = new Set([...picture.querySelectorAll("[data-series]")].map((group) => group.dataset.series));
  const names = [...row.closest("table").tHead.rows[0].cells].map((cell) => cell.textContent);
  const values = names.map((name, index) => (drawn.has(name) && index ? `${name} ${row.cells[index].textContent}` : ""));
  return `${row.cells[0].textContent}: ${values.filter(Boolean).join("; ")}`;
}

function choose(picture, index, announced = false) {
  const chart = prepare(picture);
  if (index === chart.chosen) return;
  chart.columns[chart.chosen]?.marks.forEach((mark) => mark.classList.remove("chosen"));
  chart.chosen = index;
  chart.cursor.remove();
  const column = chart.columns[index];
  chart.readout.setAttribute("aria-live", announced ? "polite" : "off");
  chart.readout.textContent = column ? words(picture, column) : "";
  if (!column) return;
  column.marks.forEach((mark) => mark.classList.add("chosen"));
  chart.cursor.setAttribute("x1", column.x);
  chart.cursor.setAttribute("x2", column.x);
  picture.append(chart.cursor);
}

function onPointer(event) {
  const picture = event.target.closest?.(CHARTS);
  for (const other of document.querySelectorAll(CHARTS)) if (other !== picture && prepared.has(other)) choose(other, -1);
  if (!picture) return;
  const { left, width } = picture.getBoundingClientRect();
  const x = ((event.clientX - left) / width) * picture.viewBox.baseVal.width;
  const away = prepare(picture).columns.map((column) => Math.abs(column.x - x));
  choose(picture, away.indexOf(Math.min(...away)));
}

function onKey(event) {
  const picture = event.target.closest?.(CHARTS);
  if (!picture) return;
  const { columns, chosen } = prepare(picture);
  const last = columns.length - 1;
  const left = chosen < 0 ? last : Math.max(chosen - 1, 0);
  const to = { ArrowLeft: left, ArrowRight: Math.min(chosen + 1, last), Home: 0, End: last, Escape: -1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  choose(picture, to, true);
}

// Charts that come later, with a live part of the page, are tab stops, too.
const attach = () => document.querySelectorAll(CHARTS).forEach((picture) => picture.setAttribute("tabindex", 0));

addEventListener("pointermove", onPointer);
addEventListener("pointerdown", onPointer);
addEventListener("keydown", onKey);
addEventListener("focusout", (event) => event.target.matches?.(CHARTS) && choose(event.target, -1));
new MutationObserver(attach).observe(document.body, { childList: true, subtree: true });
attach();
