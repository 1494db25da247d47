// Building elements. Words only ever become text nodes: nothing here parses HTML.

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const PATHS = {
  attach: "M12 5v14M5 12h14",
  options: "M4 8h9M17 8h3M4 16h3M11 16h9M15 5.5v5M9 13.5v5",
  record: "M12 3.5a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7.5 7.5h9v9h-9z",
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M8.5 6v12M15.5 6v12",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l1 12.5h8L17 7",
  theme: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  reply: "M9.5 8L5 12.5 9.5 17M5.5 12.5H14a5 5 0 0 1 5 5V19",
  again: "M5 12a7 7 0 0 1 12-5l2 2M19 4.5V9h-4.5M19 12a7 7 0 0 1-12 5l-2-2M5 19.5V15h4.5",
  details: "M12 11v6M12 7.2v.1M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z",
  download: "M12 4.5v10M7.5 10.5L12 15l4.5-4.5M5 19.5h14",
  sound: "M5 10v4M9 7v10M13 4v16M17 8v8M21 11v2",
  leave: "M10 4.5H5.5v15H10M14 8l4 4-4 4M18 12H9.5",
  menu: "M4.5 7h15M4.5 12h15M4.5 17h15",
  edit: "M5 19l1-4L15.5 5.5l3 3L9 18zM13.5 7.5l3 3",
  model: "M12 3.5l8 4.5v8l-8 4.5L4 16V8zM4 8l8 4.5L20 8M12 12.5v8",
  extend: "M4 7v10l7-5zM13 7v10M17 12h4M19 10v4",
  upscale: "M4 14v6h6M20 10V4h-6M4 20l7-7M20 4l-7 7",
  left: "M14.5 6l-6 6 6 6",
  right: "M9.5 6l6 6-6 6",
  film: "M4 6h16v12H4zM8 6v12M16 6v12",
};

export function icon(name) {
  const NS = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(NS, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

const busy = new WeakSet();

// Does one thing at a time for a button. It is not disabled meanwhile: that would take the focus from the keyboard.
export async function once(button, work) {
  if (!button) return work();
  if (busy.has(button)) return null;
  busy.add(button);
  button.setAttribute("aria-disabled", "true");
  try {
    return await work();
  } finally {
    busy.delete(button);
    button.removeAttribute("aria-disabled");
  }
}
