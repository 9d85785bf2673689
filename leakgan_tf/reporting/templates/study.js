"use strict";

const data = JSON.parse(element("data").textContent);
const answers = new Map();  // by sentence id: {id, real, seconds}
let judge = "";
let order = [];
let place = 0;  // position of the sentence that is shown
let since = 0;  // time at which it was shown, in milliseconds
let unsaved = false;

function element(id) {
  return document.getElementById(id);
}

// --- A random order for each judge, which depends only on the name ---------------------------

function hash(text) {  // FNV-1a, 32 bits
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  }
  return value;
}

function* uniforms(state) {  // a linear congruential generator; its upper bits are used
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield (state >>> 8) / 2 ** 24;
  }
}

function shuffled(items, seed) {  // Fisher and Yates
  const result = [...items], random = uniforms(seed);
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random.next().value * (last + 1));
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}

// --- One section at a time -------------------------------------------------------------------

function show(id) {
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== id;
}

function showSentence(next) {
  place = next;
  if (place === order.length) {
    show("end");
    element("save").focus();
    return;
  }
  show("question");
  const sentence = order[place], known = answers.get(sentence.id);
  element("sentence").textContent = sentence.text;
  element("count").textContent = `Sentence ${place + 1} of ${order.length}`;
  element("progress").max = order.length;
  element("progress").value = answers.size;
  element("back").disabled = place === 0;
  element("real").setAttribute("aria-pressed", String(known?.real === true));
  element("machine").setAttribute("aria-pressed", String(known?.real === false));
  since = performance.now();
}

function answer(real) {
  const id = order[place].id;
  const seconds = Math.round((performance.now() - since) / 100) / 10;
  answers.set(id, { id, real, seconds: seconds + (answers.get(id)?.seconds ?? 0) });
  unsaved = true;
  showSentence(place + 1);
}

function save() {
  const { format, version, study } = data;
  const results = { format, version, study, judge, answers: [...answers.values()] };
  const blob = new Blob([JSON.stringify(results, null, 1) + "\n"], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `study-${judge.replace(/[^\p{L}\p{N}]+/gu, "-")}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  unsaved = false;
  for (const place of document.querySelectorAll(".saved")) {
    place.textContent = `${answers.size} answers saved as ${link.download}.`;
  }
}

// --- Events ----------------------------------------------------------------------------------

element("total").textContent = data.sentences.length;
element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  judge = element("judge").value.trim();
  if (!judge) return;
  order = shuffled(data.sentences, hash(`${data.study} ${judge}`));
  element("judge").blur();
  showSentence(0);
});
element("real").addEventListener("click", () => answer(true));
element("machine").addEventListener("click", () => answer(false));
element("back").addEventListener("click", () => showSentence(place - 1));
element("again").addEventListener("click", () => showSentence(order.length - 1));
element("save").addEventListener("click", save);
element("save-early").addEventListener("click", save);

const keys = {
  r: "real", arrowleft: "real", m: "machine", arrowright: "machine",
  b: "back", backspace: "back",
};
document.addEventListener("keydown", (event) => {
  if (element("question").hidden || event.ctrlKey || event.altKey || event.metaKey) return;
  const button = element(keys[event.key.toLowerCase()] ?? "");
  if (!button || event.repeat) return;
  event.preventDefault();
  button.click();
});
window.addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});
