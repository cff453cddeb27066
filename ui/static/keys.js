// Keys for what buttons and links do; every one of them stands in the page, marked
// data-shortcut. None fires while typing; an account can turn all off. Without it
// the page is worked by Tab and Enter.
import { fetchPart } from "./swap.js";

/** Where "g" and a letter lead. */
const places = { n: "new", m: "mine", a: "assigned", w: "waiting", s: "solved" };
let after = "", when = 0;

/** @param {KeyboardEvent} e */
function typing(e) {
  const t = /** @type {HTMLElement} */ (e.target);
  if (t.isContentEditable || t instanceof HTMLTextAreaElement || t instanceof HTMLSelectElement) return true;
  return t instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit"].includes(t.type);
}

/** @param {number} step */
function move(step) {
  const rows = [...document.querySelectorAll("#rows > .row")];
  const focused = rows.findIndex((r) => r.contains(document.activeElement));
  const open = rows.findIndex((r) => r.getAttribute("aria-current") === "true");
  const next = rows[Math.min(Math.max((focused >= 0 ? focused : open) + step, 0), rows.length - 1)];
  const link = /** @type {HTMLAnchorElement | null} */ (next?.querySelector("a[data-open]"));
  if (!link) return;
  if (document.querySelector("[data-conversation]")) link.click();
  else { link.focus(); next.scrollIntoView({ block: "nearest" }); }
}

function pick() {
  const row = document.activeElement?.closest(".row") ?? document.querySelector("#rows > .row[aria-current=true]");
  /** @type {HTMLInputElement | null} */ (row?.querySelector("input[type=checkbox]"))?.click();
}

/** Does what the element of a shortcut does. @param {string} key */
function press(key) {
  const el = document.querySelector(`[data-shortcut="${CSS.escape(key)}"]`);
  if (!el) return false;
  if (el instanceof HTMLDetailsElement) {
    el.open = true;
    /** @type {HTMLElement | null} */ (el.querySelector(".drop input:not([type=hidden]), .drop button"))?.focus();
  } else if (el instanceof HTMLInputElement) {
    el.click();
    document.getElementById("text")?.focus();
  } else /** @type {HTMLElement} */ (el).click();
  return true;
}

async function help() {
  if (document.querySelector("dialog[open]")) return;
  try {
    const keys = (await fetchPart("/keys", "keys")).getElementById("keys");
    if (!keys) return;
    const d = document.createElement("dialog");
    d.className = "help sheet";
    d.append(document.importNode(keys, true));
    d.addEventListener("click", (e) => { if (e.target === d) d.close(); });
    d.addEventListener("close", () => d.remove());
    document.body.append(d);
    d.showModal();
  } catch { location.href = "/keys"; }
}

/** @param {string} key */
function single(key) {
  switch (key) {
    case "j": move(1); return true;
    case "k": move(-1); return true;
    case "x": pick(); return true;
    case "?": help(); return true;
    case "/": document.getElementById("q")?.focus(); return true;
    case "a": return goAll();
  }
  return press(key);
}

/** Reply to all is a page with the copies filled in. */
function goAll() {
  if (!document.querySelector("[data-conversation]")) return false;
  const url = new URL(location.href);
  url.searchParams.set("write", "all");
  location.assign(url);
  return true;
}

document.addEventListener("keydown", (e) => {
  if (e.key === "Escape" && e.target instanceof HTMLElement && typing(e)) { e.target.blur(); return; }
  if (typing(e) || e.ctrlKey || e.metaKey || e.altKey || document.body.hasAttribute("data-keys-off") || document.querySelector("dialog[open]")) return;
  const go = after === "g" && Date.now() - when < 1500;
  after = "";
  if (go) {
    const to = places[/** @type {keyof typeof places} */ (e.key)];
    if (to) { e.preventDefault(); location.assign("/in/" + to); }
    return;
  }
  if (e.key === "g") { after = "g"; when = Date.now(); return; }
  if (single(e.key)) e.preventDefault();
});
