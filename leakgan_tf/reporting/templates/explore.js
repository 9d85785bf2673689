"use strict";

const data = JSON.parse(element("data").textContent);
const COLOURS = { real: "var(--real)", generated: "var(--made)" };
let chosen = 0;  // index of the sentence
let step = 0;  // tokens in the prefix

function element(id) {
  return document.getElementById(id);
}

function word(id) {
  return data.words[id];
}

function percent(share) {
  if (share >= 0.0995) return `${(100 * share).toFixed(0)}\u00a0%`;
  return share >= 0.001 ? `${(100 * share).toFixed(1)}\u00a0%` : "<\u00a00.1\u00a0%";
}

function make(name, content = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = content;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// --- Drawing: SVG ------------------------------------------------------------------------------

function draw(parent, name, attributes, content) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (content !== undefined) made.textContent = content;
  parent.append(made);
  return made;
}

function polyline(parent, points, kind) {
  draw(parent, "polyline", { points: points.map((point) => point.join(",")).join(" "), class: kind });
}

// Draws a chart's frame for `slots` bars or points along x; returns functions to coordinates.
function frame(svg, slots, low, high, marks) {
  svg.replaceChildren();
  const left = 40, right = 352, top = 8, bottom = 166;
  const x = (place) => left + (right - left) * (place + 0.5) / slots;
  const y = (value) => bottom - (bottom - top) * (value - low) / (high - low);
  for (const mark of marks) {
    draw(svg, "line", {
      x1: left, x2: right, y1: y(mark), y2: y(mark), class: mark === 0 && low < 0 ? "zero" : "axis",
    });
    draw(svg, "text", { x: left - 6, y: y(mark) + 4, "text-anchor": "end" }, mark);
  }
  return { x, y, width: (right - left) / slots, bottom };
}

// Returns at most six axis marks that enclose all values, with a round step.
function marksAround(values) {
  const low = Math.min(...values), high = Math.max(...values);
  const step = [0.01, 0.02, 0.05, 0.1, 0.2].find((each) => high - low < 4 * each) ?? 0.25;
  const first = Math.max(0, Math.floor(low / step)), last = Math.ceil(Math.min(1, high) / step);
  const count = Math.max(last - first, 1) + 1;
  return Array.from({ length: count }, (_, place) => +((first + place) * step).toFixed(2));
}

function bars(svg, values, faint, first) {
  const { x, y, width, bottom } = frame(svg, values.length, -1, 1, [-1, -0.5, 0, 0.5, 1]);
  const every = Math.ceil(values.length / 12);
  values.forEach((value, place) => {
    if (place % every === 0) {
      draw(svg, "text", { x: x(place), y: bottom + 16, "text-anchor": "middle" }, place + first);
    }
    if (value === null) return;
    draw(svg, "rect", {
      x: x(place) - width * 0.4, width: width * 0.8, y: Math.min(y(0), y(value)),
      height: Math.max(Math.abs(y(value) - y(0)), 1),
      class: `${value < 0 ? "down" : "up"}${faint(place) ? " faint" : ""}`,
    });
  });
}

// --- The panels --------------------------------------------------------------------------------

function showWorker(sentence) {
  const lists = { with: sentence.with[step], without: sentence.without[step] };
  const next = sentence.tokens[step];
  for (const [name, list] of Object.entries(lists)) {
    const most = Math.max(...(list ?? [[0, 1]]).map(([, share]) => share));
    element(name).replaceChildren(...(list ?? []).map(([id, share]) => {
      const line = make("li", "", id === next ? { class: "chosen" } : {});
      line.style.setProperty("--p", `${100 * share / Math.max(most, 1e-9)}%`);
      line.append(make("b", word(id)), make("span", percent(share)));
      return line;
    }));
  }
  const [own, neutral] = sentence.chosen[step] ?? [];
  element("worker-now").textContent = next === undefined
    ? "The sentence has ended: there is no next word."
    : `Next in this sentence: “${word(next)}”, ${percent(own)} with the goal and ` +
      `${percent(neutral)} without. The goal moves the distribution by ` +
      `${sentence.divergence[step].toFixed(3)} nats (KL divergence).`;
}

// Maps points of the plane to the picture, with equal units in both directions.
const plane = (() => {
  const all = [...Object.values(data.background).flat(2), ...data.sentences.flatMap((s) => s.path)];
  const [xs, ys] = [0, 1].map((axis) => all.map((point) => point[axis]));
  const range = (values) => values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity],
  );
  const [left, right] = range(xs), [low, high] = range(ys);
  const unit = Math.min(450 / (right - left || 1), 290 / (high - low || 1));
  const middle = [(left + right) / 2, (low + high) / 2];
  return ([x, y]) => [
    +(270 + unit * (x - middle[0])).toFixed(1), +(165 - unit * (y - middle[1])).toFixed(1),
  ];
})();

function mean(sentences, place) {
  return [0, 1].map((axis) => sentences.reduce((sum, path) => sum + path[place][axis], 0) / sentences.length);
}

function showPath(sentence) {
  const svg = element("plane"), path = sentence.path.map(plane), here = path[step];
  svg.replaceChildren();
  draw(svg, "rect", { x: 24, y: 2, width: 494, height: 326, fill: "none", class: "axis" });
  draw(svg, "text", { x: 270, y: 347, "text-anchor": "middle" },
    `first component, ${percent(data.shares[0])} of the variance`);
  draw(svg, "text", { x: 12, y: 165, "text-anchor": "middle", transform: "rotate(-90 12 165)" },
    `second component, ${percent(data.shares[1])}`);
  for (const [kind, sentences] of Object.entries(data.background)) {
    for (const other of sentences) {
      const [cx, cy] = plane(other[step]);
      draw(svg, "circle", { cx, cy, r: 3.5, class: kind });
    }
    polyline(svg, sentences[0].map((_, place) => plane(mean(sentences, place))), kind);
  }
  polyline(svg, path.slice(step), "later");
  polyline(svg, path.slice(0, step + 1), "own");
  for (const [cx, cy] of path.slice(0, step)) draw(svg, "circle", { cx, cy, r: 3, class: "own" });
  const seen = showGoal(svg, here, sentence.goal[step]);
  draw(svg, "circle", { cx: here[0], cy: here[1], r: 5.5, class: "here" });
  element("path-now").textContent = seen === null
    ? "The sentence has ended: there is no further goal."
    : `The arrow is the direction of the goal of the next token, the sum of ${data.horizon} sub-goals ` +
      `(${data.window === "block" ? "those of the previous block" : "the most recent ones"}); ` +
      `${percent(seen ** 2)} of its squared length lies in this plane.`;
  svg.setAttribute("aria-label", `Features after ${step} tokens. ${element("path-now").textContent}`);
}

// Draws the arrow of a goal of unit length; returns the length of its projection.
function showGoal(svg, [x, y], goal) {
  if (!goal) return null;
  const length = Math.hypot(...goal), size = 24 + 66 * length;
  if (length < 1e-6) return 0;
  const [dx, dy] = [goal[0] / length, -goal[1] / length];
  const [tipX, tipY] = [x + size * dx, y + size * dy];
  const [endX, endY] = [tipX - 10 * dx, tipY - 10 * dy];
  draw(svg, "line", { x1: x, y1: y, x2: endX, y2: endY, class: "goal" });
  draw(svg, "path", {
    d: `M${tipX},${tipY} L${endX - 6 * dy},${endY + 6 * dx} L${endX + 6 * dy},${endY - 6 * dx} Z`,
    class: "goal",
  });
  return length;
}

const scoreMarks = marksAround(data.sentences.flatMap(
  ({ score }) => score.flatMap(([value, error]) => [value - error, value + error]),
));

function showScore(sentence) {
  const svg = element("score-chart"), score = sentence.score;
  const [low, high] = [scoreMarks[0], scoreMarks.at(-1)];
  const { x, y, bottom } = frame(svg, score.length, low, high, scoreMarks);
  const edge = (sign) => score.map(([value, error], place) =>
    [x(place), y(Math.min(high, Math.max(low, value + sign * error)))]);
  const outline = [...edge(1), ...edge(-1).reverse()];
  draw(svg, "polygon", { points: outline.map((point) => point.join(",")).join(" "), class: "band" });
  polyline(svg, score.map(([value], place) => [x(place), y(value)]), "line");
  draw(svg, "circle", { cx: x(step), cy: y(score[step][0]), r: 5, class: "line" });
  const every = Math.ceil(score.length / 12);
  score.forEach((_, place) => {
    if (place % every === 0) {
      draw(svg, "text", { x: x(place), y: bottom + 16, "text-anchor": "middle" }, place);
    }
  });
  const [value, error] = score[step];
  const end = step === score.length - 1;
  element("score-now").textContent = `After ${step} tokens: ${value.toFixed(3)}` +
    (end ? ", D’s probability that the complete sentence is real." : ` ± ${error.toFixed(3)}.`);
  svg.setAttribute("aria-label", element("score-now").textContent);
}

function showReward(sentence) {
  const svg = element("reward-chart");
  bars(svg, sentence.intrinsic, (place) => place >= step, 1);
  const value = sentence.intrinsic[step - 1];
  element("reward-now").textContent = step
    ? `Token ${step}, “${word(sentence.tokens[step - 1])}”: ${value.toFixed(3)}.`
    : "The prefix has no token yet.";
  svg.setAttribute("aria-label", element("reward-now").textContent);
}

function showMet(sentence) {
  const svg = element("met-chart"), met = sentence.met[step] ?? Array(data.horizon).fill(null);
  bars(svg, met, () => false, 1);
  const known = met.filter((value) => value !== null);
  element("met-now").textContent = known.length
    ? `Cosines for 1, 2, … tokens ahead: ${known.map((value) => value.toFixed(2)).join(", ")}.`
    : "The sentence has ended.";
  svg.setAttribute("aria-label", element("met-now").textContent);
}

// --- The sentence and the step -----------------------------------------------------------------

function show() {
  const sentence = data.sentences[chosen], size = sentence.tokens.length;
  element("step").textContent = `Prefix of ${step} of ${size} tokens`;
  element("first").disabled = element("back").disabled = step === 0;
  element("last").disabled = element("next").disabled = step === size;
  const strip = element("tokens");
  strip.querySelectorAll("button").forEach((button, place) => {
    button.className = place < step ? "written" : place === step ? "next" : "";
    if (place === step) strip.scrollTop = button.offsetTop - strip.clientHeight / 2;
  });
  showWorker(sentence);
  showPath(sentence);
  showScore(sentence);
  showReward(sentence);
  showMet(sentence);
}

function go(place) {
  step = Math.max(0, Math.min(place, data.sentences[chosen].tokens.length));
  show();
}

function choose(number) {
  chosen = (number + data.sentences.length) % data.sentences.length;
  element("sentence").value = chosen;
  element("tokens").replaceChildren(...data.sentences[chosen].tokens.map((id, place) => {
    const button = make("button", word(id), { title: `Prefix of ${place + 1} tokens` });
    button.addEventListener("click", () => go(place + 1));
    return button;
  }));
  go(0);
}

function introduce() {
  element("about").textContent =
    `Run ${data.run}, ${data.weights}. T = ${data.length} tokens at most, ` +
    `V = ${data.vocabulary} words, goal horizon c = ${data.horizon}, goal window: ${data.window}, ` +
    `sampled at temperature ${+data.temperature.toPrecision(3)}.`;
  element("rollouts").textContent = data.rollouts;
  for (const place of document.querySelectorAll(".horizon")) place.textContent = data.horizon;
  element("reward-about").textContent = data.window === "block"
    ? "Cosine between the goal and the change of the features since the goal was set: the Worker’s " +
      "reward (eq. 9). Goals are set for blocks of c tokens in this run."
    : `Mean cosine between the goals of the last ${data.horizon} tokens and the change of the ` +
      "features since each was set: the Worker’s reward (eq. 9).";
  const mean = "line: their mean path";
  element("legend").replaceChildren(
    ...Object.entries(data.background).map(([kind, paths]) =>
      entry(COLOURS[kind], `${paths.length} ${kind} sentences, ${mean}`)),
    entry("var(--ink)", "this sentence"), entry("var(--goal)", "goal"),
  );
  element("sentence").replaceChildren(...data.sentences.map((sentence, number) => make(
    "option", `${number + 1}, ${sentence.kind}: ${sentence.tokens.map(word).join(" ")}`,
    { value: number },
  )));
}

function entry(colour, text) {
  const line = make("li"), dot = make("i");
  dot.style.setProperty("--c", colour);
  line.append(dot, text);
  return line;
}

const keys = {
  ArrowRight: () => go(step + 1), ArrowLeft: () => go(step - 1),
  Home: () => go(0), End: () => go(Infinity),
  n: () => choose(chosen + 1), p: () => choose(chosen - 1),
};
document.addEventListener("keydown", (event) => {
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  const busy = event.target.tagName === "SELECT" || event.ctrlKey || event.altKey || event.metaKey;
  if (!act || busy) return;
  event.preventDefault();
  act();
});
element("sentence").addEventListener("change", (event) => choose(Number(event.target.value)));
element("first").addEventListener("click", () => go(0));
element("back").addEventListener("click", () => go(step - 1));
element("next").addEventListener("click", () => go(step + 1));
element("last").addEventListener("click", () => go(Infinity));
introduce();
choose(0);
