// What can come next in the input: commands, options, values with their prices. Pure; the composer shows it.

const LIMIT = 24;

export function commandOf(text, commands) {
  const free = commands.find((command) => command.name === "generate");
  if (!text.startsWith("/")) return { command: free, from: 0 };
  const typed = text.slice(1);
  const found = commands
    .filter((command) => typed === command.name || typed.startsWith(`${command.name} `) || typed.startsWith(`${command.name}\n`))
    .sort((a, b) => b.name.length - a.name.length)[0];
  return found ? { command: found, from: found.name.length + 2 } : null;
}

function insideQuotes(text) {
  return (text.match(/"/g) || []).length % 2 === 1;
}

// Returns { from, items: [{ value, label, note, usable, pick }] }; `from` is where the replaced part begins.
export function suggest(text, { commands, models, jobs, choices = {} }) {
  const start = /^\/([a-z ]*)$/.exec(text);
  if (start) {
    const items = commands
      .filter((command) => command.name.startsWith(start[1]))
      .map((command) => ({ value: `/${command.name} `, label: `/${command.name}`, note: command.help, usable: true }));
    if (items.length && !(items.length === 1 && items[0].value === `${text} `)) return { from: 0, items };
  }
  const known = commandOf(text, commands);
  if (!known || insideQuotes(text)) return null;
  const { command } = known;

  const value = /(?:^|\s)--([\w-]+)[ =]([^\s]*)$/.exec(text);
  if (value) {
    const option = command.options.find((one) => one.name === value[1].toLowerCase().replaceAll("-", "_"));
    const items = option ? values(option, value[2], models, choices) : [];
    if (items.length) return { from: text.length - value[2].length, items };
  }
  const name = /(?:^|\s)(--|—)([\w-]*)$/.exec(text);
  if (name) {
    const typed = name[2].toLowerCase().replaceAll("-", "_");
    const items = command.options
      .filter((option) => !option.free && option.name.startsWith(typed) && !text.includes(`--${option.name} `))
      .map((option) => ({
        value: option.kind === "attachment" ? "" : `--${option.name} `,
        label: `--${option.name}`, note: option.help, usable: true,
        pick: option.kind === "attachment" ? option.name : null,
      }));
    if (items.length) return { from: text.length - name[2].length - name[1].length, items };
  }
  const free = command.options.find((option) => option.free);
  const rest = text.startsWith("/") ? text.slice(known.from) : null;
  if (rest !== null && free && !/\s/.test(rest) && text.length >= known.from) {
    let items = [];
    if (free.name === "model") items = values(free, rest, models, choices);
    if (free.name === "command") items = commands.map((one) => ({ value: one.name, label: one.name, note: one.help, usable: true }));
    if (free.name === "id") items = jobs.map((job) => ({ value: job.id, label: job.id, note: job.note, usable: true }));
    items = items.filter((item) => item.value.startsWith(rest) && item.value !== rest);
    if (items.length) return { from: known.from, items: items.slice(0, LIMIT) };
  }
  return null;
}

function values(option, typed, models, choices) {
  const starts = (text) => text.toLowerCase().startsWith(typed.toLowerCase());
  let items = [];
  if (option.name === "model") {
    items = models
      .filter((model) => starts(model.id) || starts(model.name))
      .map((model) => ({ value: `${model.id} `, label: model.name, extra: model.id, note: model.price, usable: model.usable, price: true }));
  } else if (choices[option.name]) {
    items = choices[option.name]
      .filter((choice) => starts(choice.value))
      .map((choice) => ({ value: `${choice.value} `, label: choice.value, note: choice.note, usable: choice.usable, price: true }));
  } else if (option.kind === "choice") {
    items = option.choices.filter(starts).map((choice) => ({ value: `${choice} `, label: choice, note: "", usable: true }));
  } else if (option.kind === "boolean") {
    items = ["on", "off"].filter(starts).map((choice) => ({ value: `${choice} `, label: choice, note: "", usable: true }));
  }
  return items.filter((item) => item.value.trim() !== typed).slice(0, LIMIT);
}
