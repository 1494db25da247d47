// Talking to the server: requests, and live news that come back after every break.

const persona = new URLSearchParams(location.search).get("as");

export class Refused extends Error {}

export function address(path, query = {}) {
  const url = new URL(path, location.href);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  if (persona !== null) url.searchParams.set("as", persona);
  return url.pathname + url.search;
}

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(body.error || response.statusText);
  return body;
}

export async function get(path, query) {
  return answer(await fetch(address(path, query), { headers: { Accept: "application/json" } }));
}

export async function post(path, body) {
  const json = !(body instanceof FormData);
  return answer(
    await fetch(address(path), {
      method: "POST",
      headers: json ? { "Content-Type": "application/json", Accept: "application/json" } : { Accept: "application/json" },
      body: json ? JSON.stringify(body) : body,
    }),
  );
}

// Ends the login of this browser; the server's own page then says how to come back.
export async function leave() {
  await post("/logout", {});
  try {
    sessionStorage.removeItem("draft");
  } catch {
    // Nothing was kept then.
  }
  location.href = "/";
}

export function key() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Keeps one socket open. `seen()` is the newest change the page knows; the server then tells what it missed.
export function live({ seen, onEvent, onState }) {
  let tries = 0;
  let timer = 0;
  let socket = null;
  function connect() {
    clearTimeout(timer);
    const url = new URL(address("/chat/events", { after: seen() }), location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const mine = new WebSocket(url);
    socket = mine;
    mine.addEventListener("message", (message) => {
      const event = JSON.parse(message.data);
      if (event.type === "ready") {
        tries = 0;
        onState(true);
      } else onEvent(event);
    });
    mine.addEventListener("close", () => {
      if (socket !== mine) return;
      onState(false);
      tries += 1;
      timer = setTimeout(connect, Math.min(5000, 300 * 2 ** Math.min(tries, 5)) * (0.7 + Math.random() * 0.6));
    });
  }
  const hurry = () => {
    if (socket && socket.readyState === WebSocket.CLOSED) connect();
  };
  addEventListener("online", hurry);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && hurry());
  connect();
}
