// Plots as inline SVG. Every plot comes with the same numbers as a table, for those who cannot see it.

import { count, h, page, table, w } from "./ui.js";

const NS = "http://www.w3.org/2000/svg";

function s(tag, props = {}, ...children) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(props)) if (value !== null && value !== undefined) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// A round number not below `value`, so that the axis ends on something readable.
function roundUp(value) {
  if (value <= 4) return 4;
  const step = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((factor) => factor * step).find((top) => top >= value);
}

function dayName(day, style) {
  return new Intl.DateTimeFormat(page.language, { timeZone: "UTC", ...style }).format(new Date(`${day}T12:00:00Z`));
}

// Bars by day, drawn anew when the page gets wider or narrower. `days`: [{ day, credits, clips }].
export function byDay(days, { label, value, unit }) {
  const place = h("div", { class: "plot-place" });
  let drawn = 0;
  const observer = new ResizeObserver(([entry]) => {
    const wide = Math.round(entry.contentRect.width);
    if (!wide || wide === drawn) return;
    drawn = wide;
    place.replaceChildren(bars(days, wide, { label, value, unit }));
  });
  observer.observe(place);
  return figure(label, place, [
    { label: w("day"), cell: (one) => dayName(one.day, { dateStyle: "medium" }) },
    { label: w("credits"), number: true, cell: (one) => count(one.credits) },
    { label: w("clips"), number: true, cell: (one) => count(one.clips) },
    "cost" in (days[0] || {}) ? { label: w("cost"), number: true, cell: (one) => one.cost } : null,
  ], days);
}

function bars(days, wide, { label, value, unit }) {
  const [tall, left, bottom, top] = [wide < 480 ? 200 : 240, 46, 26, 10];
  const most = roundUp(Math.max(...days.map(value)));
  const step = (wide - left) / days.length;
  const y = (amount) => top + (tall - top - bottom) * (1 - amount / most);
  const svg = s("svg", { viewBox: `0 0 ${wide} ${tall}`, class: "plot", role: "img", "aria-label": label });
  for (const share of [0, 0.5, 1]) {
    svg.append(
      s("line", { x1: left, x2: wide, y1: y(most * share), y2: y(most * share), class: share ? "grid" : "axis" }),
      s("text", { x: left - 8, y: y(most * share) + 4, class: "tick", "text-anchor": "end" }, count(most * share)),
    );
  }
  const every = Math.ceil(days.length / Math.max(2, Math.floor((wide - left) / 84)));
  days.forEach((one, n) => {
    const amount = value(one);
    const x = left + n * step + Math.min(4, step * 0.14);
    const width = step - Math.min(8, step * 0.28);
    const said = `${dayName(one.day, { day: "numeric", month: "long" })}: ${count(amount)} ${unit}`;
    if (amount > 0) svg.append(s("rect", { x, y: y(amount), width, height: Math.max(1.5, y(0) - y(amount)), rx: Math.min(3, width / 3), class: "mark" }, s("title", {}, said)));
    else svg.append(s("rect", { x, y: y(0) - 1, width, height: 1, class: "none" }, s("title", {}, said)));
    if (n % every === 0) svg.append(s("text", { x: x + width / 2, y: tall - 8, class: "tick", "text-anchor": "middle" }, dayName(one.day, { day: "numeric", month: "short" })));
  });
  return svg;
}

// Ranked bars. `rows`: [{ name, credits, clips }].
export function ranked(rows, { label, value, unit, heading }) {
  const most = Math.max(1, ...rows.map(value));
  const list = h("ol", { class: "ranks", "aria-hidden": "true" }, ...rows.slice(0, 12).map((one) =>
    h("li", {}, h("span", { class: "rank-name" }, one.name), h("span", { class: "rank-value" }, `${count(value(one))} ${unit}`),
      s("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", class: "rank" }, s("rect", { width: 100, height: 8, class: "none" }), s("rect", { width: (100 * value(one)) / most, height: 8, class: "mark" }))),
  ));
  return figure(label, list, [
    { label: heading, cell: (one) => one.name },
    { label: w("credits"), number: true, cell: (one) => count(one.credits) },
    { label: w("clips"), number: true, cell: (one) => count(one.clips) },
    rows.length && "cost" in rows[0] ? { label: w("cost"), number: true, cell: (one) => one.cost } : null,
  ], rows);
}

function figure(label, drawing, columns, rows) {
  if (!rows.length || rows.every((one) => !one.credits && !one.clips)) return h("figure", { class: "card" }, h("figcaption", {}, label), h("p", { class: "muted" }, w("nothing_spent")));
  return h("figure", { class: "card" }, h("figcaption", {}, label), drawing, h("details", { class: "numbers" }, h("summary", {}, w("numbers")), table(label, columns, rows)));
}

// How much of something is used.
export function gauge({ label, used, cap, said }) {
  const share = cap > 0 ? Math.min(1, used / cap) : used > 0 ? 1 : 0;
  return h("div", { class: "tile" }, h("span", { class: "tile-label" }, label), h("span", { class: "tile-small" }, said),
    s("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", class: "rank", "aria-hidden": "true" }, s("rect", { width: 100, height: 8, class: "none" }), s("rect", { width: 100 * share, height: 8, class: share > 0.9 ? "mark full" : "mark" })));
}

