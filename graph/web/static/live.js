// Live throughput: follows a stream of server-sent events, and draws its last 10 minutes with uPlot.
//
// The figure names its stream and has the places for values:
//
//   <figure class="live" data-stream="/dashboard/live" data-zone="Asia/Kabul">
//     <b data-live-value="tps">no data</b> <p data-live-state role="status"></p> <div class="live-chart"></div>
//   </figure>
//
// Events are those of GraphQL subscriptions: `next` has a result with `liveThroughput`, `complete` is the end, after which
// it subscribes again. A pause leaves a gap in the line. Without uPlot the values are shown alone.

const KEPT = 600; // seconds
const WAIT = 5_000; // ms before another subscription
const GAP = 2.5; // intervals without a value, from which on the line is interrupted
const HEIGHT = 180; // CSS pixels
const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 4 });

function follow(figure) {
  const state = figure.querySelector("[data-live-state]");
  const chart = chartOf(figure);
  const points = [];
  const subscribe = () => {
    const stream = new EventSource(figure.dataset.stream);
    const again = (sentence) => {
      stream.close();
      state.textContent = sentence;
      setTimeout(subscribe, WAIT);
    };
    stream.addEventListener("next", ({ data }) => {
      const result = JSON.parse(data);
      const live = result.data?.liveThroughput;
      if (!live) return again(`No live figures: ${result.errors?.[0]?.message ?? "the answer is empty."}`);
      state.textContent = "";
      show(figure, live);
      keep(points, live);
      chart?.setData([points.map(({ time }) => time), points.map(({ tps }) => tps)]);
    });
    stream.addEventListener("complete", () => again(""));
    stream.onerror = () => again("The live figures were interrupted. They are requested again.");
  };
  subscribe();
}

function show(figure, live) {
  for (const place of figure.querySelectorAll("[data-live-value]")) {
    const value = live[place.dataset.liveValue];
    place.textContent = typeof value === "number" ? number.format(value) : (value ?? "no data");
    place.dataset.value = value;
  }
}

// Each point is one interval of the stream. Between two points that are too far apart there is no value.
function keep(points, { time, seconds, tps }) {
  const at = Date.parse(time) / 1000;
  const last = points.at(-1);
  if (last && at - last.time > GAP * seconds) points.push({ time: (last.time + at) / 2, tps: null });
  points.push({ time: at, tps });
  while (points[0].time < at - KEPT) points.shift();
}

function chartOf(figure) {
  const place = figure.querySelector(".live-chart");
  const { uPlot } = globalThis;
  if (!place || !uPlot) return null;
  const colour = (property) => () => getComputedStyle(place)[property]; // of the scheme at the time of drawing
  const axis = { stroke: colour("color"), grid: { stroke: colour("stroke"), width: 1 }, ticks: { show: false } };
  const options = {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), figure.dataset.zone ?? "UTC"),
    scales: { y: { range: (_, low, high) => [0, Math.max(high * 1.1, 1)] } },
    axes: [
      { ...axis, values: "{HH}:{mm}:{ss}", space: 80 },
      { ...axis, values: (_, ticks) => ticks.map((tick) => number.format(tick)), size: 60 },
    ],
    series: [{}, { stroke: colour("fill"), width: 2, spanGaps: false, points: { size: 4 } }],
  };
  const chart = new uPlot(options, [[], []], place);
  new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart.redraw());
  return chart;
}

for (const figure of document.querySelectorAll("figure[data-stream]")) follow(figure);
