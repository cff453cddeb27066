// Keeps a decision as soon as it is chosen, and brings the sum up to date. Without it
// each decision has a button of its own.
import { swap } from "./swap.js";

/** @param {HTMLFormElement} form @returns {Promise<Document>} */
function send(form) {
  return new Promise((resolve, reject) => {
    const r = new XMLHttpRequest();
    r.open("POST", form.action);
    r.responseType = "document";
    r.setRequestHeader("X-Part", "dock");
    r.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    r.onload = () => (r.status < 400 && r.responseXML ? resolve(r.responseXML) : reject(new Error(String(r.status))));
    r.onerror = () => reject(new Error("offline"));
    r.send(new URLSearchParams(/** @type {any} */ (new FormData(form))).toString());
  });
}

for (const form of document.querySelectorAll("form[data-decide]")) {
  const f = /** @type {HTMLFormElement} */ (form);
  f.addEventListener("change", async () => {
    const data = new FormData(f);
    f.classList.remove("saved", "failed");
    if (data.get("decision") === "keep") {
      for (const name of ["reason", "until"]) {
        if (data.get(name)) continue;
        /** @type {HTMLElement} */ (f.elements.namedItem(name)).focus();
        return; // kept only with a reason and an end
      }
    }
    try {
      swap(await send(f), "dock");
      f.classList.add("saved");
      setTimeout(() => f.classList.remove("saved"), 900);
    } catch { f.classList.add("failed"); }
  });
}
