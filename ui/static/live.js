// Keeps the open list, counts and conversation level with what happens, by server-sent
// events that hold ids only. Without it a page shows what was true when it was loaded.
import { fetchPart, level, swap } from "./swap.js";

const gap = 300; // ms: a burst of events is one refresh
/** @type {Map<string, number>} */
const due = new Map();

/** @param {string} name @param {() => void} fn */
function soon(name, fn) {
  if (due.has(name)) return;
  due.set(name, setTimeout(() => { due.delete(name); fn(); }, gap));
}

async function refreshList() {
  const list = document.getElementById("rows");
  if (!list) return refreshViews();
  const rows = list.querySelectorAll(".row").length;
  try {
    const got = await fetchPart(location.href, "list", { "X-Rows": String(rows) });
    const fresh = got.getElementById("rows");
    const top = anchor(list);
    if (fresh && !location.pathname.startsWith("/found/") && !new URLSearchParams(location.search).has("found")) level(list, fresh);
    top();
    swap(got, "views");
    marks(got);
    const sort = got.querySelector("#list .sort"), old = document.querySelector("#list .sort");
    if (sort && old && !old.isEqualNode(sort)) old.replaceWith(document.importNode(sort, true));
  } catch { /* the next event tries again */ }
}

/**
 * Who else reads or writes in the open conversation, as its row in the list says:
 * asking for the conversation itself would be one more reading in the access log.
 * @param {Document} got
 */
function marks(got) {
  const about = document.getElementById("about");
  if (!about) return;
  for (const old of about.querySelectorAll(".viewing")) old.remove();
  for (const mark of got.querySelectorAll("#rows > .row[aria-current=true] .viewing")) {
    const put = /** @type {Element} */ (document.importNode(mark, true));
    put.querySelector(".hush")?.classList.remove("hush");
    about.append(put);
  }
}

async function refreshViews() {
  if (!document.getElementById("views")) return;
  try { swap(await fetchPart("/more", "views"), "views"); } catch { /* as above */ }
}

/** Keeps the row at the top of the column where it is. @param {Element} list */
function anchor(list) {
  if (list.scrollTop === 0) return () => {};
  const edge = list.getBoundingClientRect().top;
  const row = [...list.children].find((e) => e.getBoundingClientRect().bottom > edge);
  const was = row?.getBoundingClientRect().top ?? 0;
  return () => { if (row?.isConnected) list.scrollTop += row.getBoundingClientRect().top - was; };
}

async function refreshTalk() {
  const talk = document.querySelector("[data-conversation]");
  const thread = document.getElementById("thread");
  if (!talk || !thread) return;
  const low = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 80;
  try {
    const got = await fetchPart(location.href, "talk");
    for (const id of ["about", "work", "panel"]) swap(got, id);
    for (const fresh of got.querySelectorAll("#thread > .letter")) {
      const old = document.getElementById(fresh.id);
      if (!old) thread.insertBefore(document.importNode(fresh, true), document.getElementById("end"));
      else {
        const foot = fresh.querySelector(":scope > footer"), was = old.querySelector(":scope > footer");
        if (foot && was && !was.isEqualNode(foot) && !was.querySelector("details[open]")) was.replaceWith(document.importNode(foot, true));
      }
    }
    if (low) thread.scrollTop = thread.scrollHeight;
  } catch { /* as above */ }
}

/** @param {MessageEvent} e */
function onEvent(e) {
  const open = document.querySelector("[data-conversation]")?.getAttribute("data-conversation");
  const about = e.data ? String(JSON.parse(e.data).conversation) : "";
  soon("list", refreshList);
  if (e.type === "reload" || (e.type !== "presence" && open && about === open)) soon("talk", refreshTalk);
}

function listen() {
  const events = new EventSource("/live");
  for (const kind of ["conversation", "message", "presence", "outbox", "mailbox", "reload"]) events.addEventListener(kind, onEvent);
  let lost = false;
  events.onerror = () => { lost = true; setTimeout(() => say(events.readyState !== EventSource.OPEN), 4000); };
  events.onopen = () => { say(false); if (lost) { lost = false; soon("list", refreshList); soon("talk", refreshTalk); } };
}

/** Says that what is shown may be old. @param {boolean} offline */
function say(offline) {
  document.querySelector(".cutoff")?.remove();
  if (!offline) return;
  const p = document.createElement("p");
  p.className = "cutoff";
  p.setAttribute("role", "status");
  p.textContent = document.body.dataset.offline ?? "";
  document.body.append(p);
}

if (document.body.hasAttribute("data-live")) listen();
