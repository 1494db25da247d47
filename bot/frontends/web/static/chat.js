// The chat page: puts the parts together. What a message says and costs is the server's word alone.

import { Bubbles } from "./bubbles.js";
import { Composer } from "./composer.js";
import { contestActs } from "./contest_acts.js";
import { h, icon, once } from "./dom.js";
import { Refused, address, get, key, leave, live, post } from "./wire.js";

const TOAST_SECONDS = 9;
const $ = (id) => document.getElementById(id);

const hello = await get("/chat/hello");
const words = hello.words;
let newest = hello.changed;
let oldest = 0;
let unseen = 0;

// ---- toasts and news

function toast(text, { kind = "" } = {}) {
  const close = h("button", { type: "button", class: "icon-button small", "aria-label": words.close }, icon("close"));
  const item = h("div", { class: `toast ${kind}` }, h("p", {}, text), close);
  const go = () => item.remove();
  close.addEventListener("click", go);
  $("toasts").append(item);
  let timer = setTimeout(go, TOAST_SECONDS * 1000);
  item.addEventListener("mouseenter", () => clearTimeout(timer));
  item.addEventListener("mouseleave", () => (timer = setTimeout(go, 3000)));
}

function title() {
  document.title = unseen ? `(${unseen}) ${words.title}` : words.title;
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") {
    unseen = 0;
    title();
  }
});

// ---- scrolling

const scroller = $("scroll");
const nearEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 160;
let sticky = true;
scroller.addEventListener("scroll", () => {
  sticky = nearEnd();
  $("jump").hidden = sticky;
});
function toEnd(smooth = false) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  scroller.scrollTo({ top: scroller.scrollHeight, behavior: smooth && !calm ? "smooth" : "auto" });
}
new ResizeObserver(() => sticky && toEnd()).observe($("messages"));
new ResizeObserver(() => sticky && toEnd()).observe(scroller);
$("jump").addEventListener("click", () => toEnd(true));

// ---- messages

const bubbles = new Bubbles({
  list: $("messages"), words, onPress: press, onSubmit: submit, onReply: (message) => composer.answer(message),
  contestActs: contestActs({
    onTrouble: (text) => toast(text, { kind: "refusal" }),
    onSaid: (text) => toast(text),
    onFile: save,
    page: (view) => h("a", { class: "button", href: address(`/compare/${encodeURIComponent(view.id)}`) }, icon("details"), view.said.page),
  }),
});

function take(message, { quiet = false } = {}) {
  const before = bubbles.get(message.id);
  // A change far up, which is not shown yet: it comes with its page.
  if (!quiet && !before && message.place < oldest) return;
  newest = Math.max(newest, message.changed);
  bubbles.show(message);
  $("empty").hidden = true;
  if (!quiet && before?.kind !== message.kind) freshenBalance();
  if (!quiet && message.mine && !before) sticky = true;
  // What fails out of sight is said where it is seen.
  if (!quiet && before?.kind === "working" && message.kind === "refusal" && !sticky) toast(message.lines.join(" "), { kind: "refusal" });
  if (sticky) toEnd();
}

async function press(message, action, target, button) {
  if (action === "details" && bubbles.detailsShown(message)) {
    bubbles.detailsShown(message).hidden = true;
    button.setAttribute("aria-expanded", "false");
    return;
  }
  await once(button, async () => {
    try {
      beside(message, action, await postOnce("/chat/press", { message: message.id, action, target }), button);
    } catch (error) {
      toast(error instanceof Refused ? error.message : words.not_sent, { kind: "refusal" });
    }
  });
  freshenBalance();
}

// What a button brought that is no message of its own.
function beside(message, action, said, button) {
  if (action === "details" && said.kind === "list") {
    sticky = false; // the clip stays where it is
    bubbles.detail(message, said, button);
  } else if (said.form) {
    sticky = false;
    bubbles.ask(message, said.form, button);
  } else {
    if (said.file) save(said.file);
    if (said.lines?.length) toast(said.lines.join(" "), { kind: said.kind });
  }
}

function save(file) {
  const link = h("a", { href: address(file.path), download: file.name });
  document.body.append(link);
  link.click();
  link.remove();
}

// What was sent and not answered keeps its key when it is sent again, and makes one clip.
const unanswered = new Map();
async function postOnce(path, body) {
  const same = JSON.stringify([path, body]);
  const mark = unanswered.get(same) || key();
  unanswered.set(same, mark);
  try {
    const said = await post(path, { ...body, key: mark });
    unanswered.delete(same);
    return said;
  } catch (error) {
    if (error instanceof Refused) unanswered.delete(same);
    throw error;
  }
}

// Returns what went wrong, or "".
async function submit(message, view, values) {
  try {
    const said = await postOnce("/chat/submit", { message: message.id, action: view.action, target: view.target, values });
    freshenBalance();
    if (said.kind === "refusal") return said.lines.join(" ");
    if (said.form) return said.lines.join(" ");
    if (said.file) save(said.file);
    if (said.lines?.length) toast(said.lines.join(" "), { kind: said.kind });
    else toEnd(true);
    return "";
  } catch (error) {
    return error instanceof Refused ? error.message : words.not_sent;
  }
}

let unsent = null;
async function send({ text, files, reply }) {
  // The same message sent again after a broken connection keeps its key, and makes one clip.
  const same = unsent && unsent.text === text && unsent.files.length === files.length;
  const mark = same ? unsent.key : key();
  const form = new FormData();
  form.append("text", text);
  form.append("key", mark);
  if (reply) form.append("reply_to", reply.id);
  for (const one of files) form.append(`file:${one.option}`, one.file, one.file.name);
  try {
    const said = await post("/chat/send", form);
    unsent = null;
    take(said.message);
    return true;
  } catch (error) {
    const refused = error instanceof Refused;
    unsent = refused ? null : { key: mark, text, files };
    toast(refused ? error.message : words.not_sent, { kind: "refusal" });
    return false;
  }
}

async function page() {
  const { messages, more } = await get("/chat/messages", { before: oldest });
  const height = scroller.scrollHeight;
  const first = oldest === 0;
  for (const message of messages) take(message, { quiet: true });
  if (messages.length) oldest = messages[0].place;
  if (!first) scroller.scrollTop += scroller.scrollHeight - height;
  $("more").hidden = !more;
  $("empty").hidden = bubbles.known.size > 0;
}
$("more").addEventListener("click", () => {
  sticky = false;
  page();
});

// ---- balance

let balanceTimer = 0;
function freshenBalance() {
  clearTimeout(balanceTimer);
  balanceTimer = setTimeout(async () => {
    try {
      const { short, lines } = await get("/chat/balance");
      const pill = $("balance");
      const said = short.map((one) => one.text).join(" · ");
      if (pill.textContent && pill.textContent !== said) {
        pill.classList.remove("changed");
        void pill.offsetWidth;
        pill.classList.add("changed");
      }
      pill.textContent = said;
      pill.setAttribute("aria-label", `${words.balance}: ${said}`);
      $("balance-card").replaceChildren(h("h2", {}, words.balance), ...lines.map((line) => h("p", {}, line)));
    } catch {
      // It is asked again with the next change.
    }
  }, 150);
}
function showBalance(open) {
  $("balance-card").hidden = !open;
  $("balance").setAttribute("aria-expanded", String(open));
}
$("balance").addEventListener("click", () => showBalance($("balance-card").hidden));
document.addEventListener("click", (event) => {
  if (!event.target.closest("#balance, #balance-card")) showBalance(false);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") showBalance(false);
  if (event.key === "/" && document.activeElement === document.body) {
    event.preventDefault();
    composer.fill("/");
    composer.offer();
  }
});

// ---- theme

$("theme").append(icon("theme"));
$("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // The choice then holds until the page is closed.
  }
});

// ---- models with prices of what is typed

const models = {
  list: [],
  choices: {},
  asked: "",
  price: (typed) => get("/chat/price", { typed: typed.slice(0, 1500) }),
  uses: (typed) => get("/chat/values", { option: "audio_as", typed: typed.slice(0, 1500) }).then(({ values }) => values),
  async choose(option, typed, then) {
    const wanted = `${option} ${typed}`;
    if (wanted === this.asked) return;
    this.asked = wanted;
    delete this.choices[option];
    try {
      const { values } = await get("/chat/values", { option, typed: typed.slice(0, 1500) });
      if (this.asked !== wanted) return;
      this.choices[option] = values;
      then();
    } catch {
      this.asked = "";
    }
  },
  typed: null,
  timer: 0,
  freshen(typed, then) {
    if (typed === this.typed) return;
    this.typed = typed;
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      try {
        this.list = (await get("/chat/models", { typed: typed.slice(0, 1500) })).models;
        then();
      } catch {
        this.typed = null;
      }
    }, 120);
  },
};

function jobs() {
  return bubbles.all().filter((message) => message.job && !message.mine).reverse().map((message) => ({ id: message.job, note: bubbles.summary(message) }));
}

// ---- files dropped anywhere

let depth = 0;
const hasFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
addEventListener("dragenter", (event) => {
  if (!hasFiles(event)) return;
  depth += 1;
  $("drop").hidden = false;
});
addEventListener("dragleave", (event) => {
  if (!hasFiles(event)) return;
  depth -= 1;
  if (depth <= 0) $("drop").hidden = true;
});
addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  depth = 0;
  $("drop").hidden = true;
  composer.add([...event.dataTransfer.files]);
});

// ---- other pages

const here = [["/me/history", words.link_history], ["/gallery", words.link_gallery], ["/leaderboard", words.link_leaderboard], ...(hello.admin ? [["/admin/spending", words.link_admin]] : [])];
$("links").replaceChildren(
  ...here.map(([path, label]) => h("a", { href: address(path) }, label)),
  h("button", { type: "button", class: "link", on: { click: () => leave() } }, words.logout),
);
$("menu").append(icon("menu"));
$("menu").addEventListener("click", () => showMenu(!$("links").classList.contains("open")));
function showMenu(open) {
  $("links").classList.toggle("open", open);
  $("menu").setAttribute("aria-expanded", String(open));
  if (open) $("links").querySelector("a").focus();
}
document.addEventListener("click", (event) => {
  if (!event.target.closest("#menu, #links")) showMenu(false);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !$("links").classList.contains("open")) return;
  showMenu(false);
  $("menu").focus();
});

// ---- begin

$("demo").hidden = !hello.demo;
const composer = new Composer({
  words, hello, models, jobs, bubbles, onSend: send, onTrouble: (text) => toast(text, { kind: "refusal" }),
});
for (const button of document.querySelectorAll(".example")) button.addEventListener("click", () => composer.fill(button.textContent));

await page();
toEnd();
freshenBalance();
models.freshen("", () => {});
live({
  seen: () => newest,
  onState: (up) => {
    if (up && !$("offline").hidden) freshenBalance();
    $("offline").hidden = up;
  },
  onEvent: (event) => {
    if (event.type === "message") take(event.message);
    if (event.type === "cleared") location.reload();
    if (event.type !== "note") return;
    if (event.kind === "refusal" || !event.job) toast(event.lines.join(" "), { kind: event.kind });
    else $("news").textContent = event.lines.join(" ");
    if (document.visibilityState !== "visible") {
      unseen += 1;
      title();
    }
  },
});
document.documentElement.dataset.ready = "yes";
if (matchMedia("(hover: hover)").matches) $("words").focus();
