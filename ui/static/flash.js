// Counts down the time to undo and takes the bar away after it. Without it the bar
// stays until the next page, and a late undo is answered with a sentence.

/** @param {HTMLElement} bar */
export function tick(bar) {
  const ends = Number(bar.dataset.ends);
  const left = bar.querySelector("[data-left]");
  const step = () => {
    const s = Math.ceil((ends - Date.now()) / 1000);
    if (!bar.isConnected) return;
    if (s <= 0) { bar.remove(); return; }
    if (left) left.textContent = String(s);
    setTimeout(step, 250);
  };
  step();
}

/** Keeps the address clean: a reload must not show what was done before. */
function forget() {
  const url = new URL(location.href);
  for (const name of ["done", "n", "undo", "u", "until"]) url.searchParams.delete(name);
  history.replaceState(history.state, "", url);
}

for (const bar of document.querySelectorAll(".flash")) {
  const el = /** @type {HTMLElement} */ (bar);
  if (el.hasAttribute("data-until")) tick(el);
  else if (!el.querySelector("button")) setTimeout(() => el.remove(), 6000);
  el.querySelector("[data-close]")?.addEventListener("click", (e) => { e.preventDefault(); el.remove(); });
}
if (new URL(location.href).searchParams.has("done")) forget();
