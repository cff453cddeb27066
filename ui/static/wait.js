// Says that everything is being read when an answer takes longer than a blink, and
// lets such a form be sent once. Without it the browser's own sign has to do.

/** @param {HTMLFormElement} form @param {boolean} on */
function busy(form, on) { form.setAttribute("aria-busy", String(on)); }

document.addEventListener("submit", (e) => {
  const form = /** @type {HTMLFormElement} */ (e.target);
  const text = form.dataset.wait;
  if (!text) return;
  if (form.ariaBusy === "true") { e.preventDefault(); return; }
  busy(form, true);
  setTimeout(() => {
    const line = document.createElement("div");
    line.className = "flash wait";
    line.textContent = text;
    document.getElementById("flash")?.replaceChildren(line);
  }, 400);
});

// The page as it was left comes back from the browser's memory.
addEventListener("pageshow", (e) => {
  if (!e.persisted) return;
  for (const form of document.querySelectorAll("form[aria-busy=true]")) busy(/** @type {HTMLFormElement} */ (form), false);
  document.querySelector(".flash.wait")?.remove();
});
