// Saves what is being written a moment after each pause, marks presence, sends by
// Ctrl+Enter. Without it there is a button to save, and buttons to send.

const pause = 1200; // ms without a key before a draft is saved
const mark = 15000; // ms between marks that a conversation is open; they fade after 30 s

/** @param {HTMLFormElement} form */
function edit(form) {
  const text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  const url = form.dataset.draftUrl;
  let timer = 0, saved = form.elements.namedItem("draft") ? text.value : "", busy = false, sending = false;

  async function save() {
    if (!url || sending || busy || text.value === saved) return;
    busy = true;
    const data = new FormData(form);
    data.delete("file");
    const body = new URLSearchParams(/** @type {any} */ (data));
    const now = text.value;
    try {
      const r = await fetch(url, { method: "POST", body, headers: { "X-Part": "draft" }, keepalive: body.toString().length < 60000 });
      if (!r.ok) throw new Error(String(r.status));
      saved = now;
      const id = r.headers.get("X-Draft");
      const field = form.elements.namedItem("draft");
      if (id && field instanceof HTMLInputElement) field.value = id;
      const said = form.querySelector("#saved");
      if (said) said.textContent = await r.text();
    } catch { /* typed text stays in the page; the next pause tries again */ }
    busy = false;
  }

  text.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, pause); writing(); });
  addEventListener("pagehide", () => { save(); });
  form.addEventListener("submit", () => { sending = true; clearTimeout(timer); });
  form.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
      e.preventDefault();
      const note = form.querySelector("input[value=note]:checked");
      const button = [...form.querySelectorAll("button[data-send]")].find((b) => b.classList.contains("for-note") === !!note) ?? form.querySelector("button[data-send]");
      form.requestSubmit(/** @type {HTMLButtonElement} */ (button));
    }
  });
  form.addEventListener("change", (e) => {
    if (!(e.target instanceof HTMLInputElement)) return;
    if (e.target.type === "file") {
      const said = form.querySelector("[data-files]");
      if (said) said.textContent = e.target.files?.length ? String(e.target.files.length) : "";
    }
    if (e.target.name === "kind") wording();
  });
  const reply = text.placeholder;
  function wording() { text.placeholder = form.querySelector("input[value=note]:checked") ? text.dataset.notePlaceholder ?? reply : reply; }
  wording();
  if (form.hasAttribute("data-open")) { text.focus(); text.setSelectionRange(text.value.length, text.value.length); }
}

const talk = document.querySelector("[data-conversation]")?.getAttribute("data-conversation");
let wrote = 0, writes = false;

/** @param {boolean} now */
function here(now) {
  if (!talk || document.hidden) return;
  writes = now;
  fetch(`/c/${talk}/here`, { method: "POST", body: new URLSearchParams(now ? { writing: "1" } : {}) }).catch(() => {});
}
function writing() {
  wrote = Date.now();
  if (!writes) here(true);
}
if (talk) {
  here(false);
  setInterval(() => here(Date.now() - wrote < mark), mark);
}
for (const form of document.querySelectorAll("form[data-write]")) edit(/** @type {HTMLFormElement} */ (form));
