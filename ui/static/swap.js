// Fetches a part of a page and puts it in the place of the old one, keeping what
// did not change: elements with the same data-key stay as they are. Used by other
// modules; a page without it is loaded whole.

/**
 * Asks for a part of the page at url as a document (parsed by the browser itself:
 * no string ever becomes HTML here).
 * @param {string} url @param {string} part @param {Record<string,string>} [headers]
 * @returns {Promise<Document>}
 */
export function fetchPart(url, part, headers = {}) {
  return new Promise((resolve, reject) => {
    const r = new XMLHttpRequest();
    r.open("GET", url);
    r.responseType = "document";
    r.setRequestHeader("X-Part", part);
    for (const [k, v] of Object.entries(headers)) r.setRequestHeader(k, v);
    r.onload = () => {
      if (r.status === 401) location.reload();
      else if (r.status >= 400 || !r.responseXML) reject(new Error(String(r.status)));
      else resolve(r.responseXML);
    };
    r.onerror = () => reject(new Error("offline"));
    r.send();
  });
}

/**
 * Makes the keyed children of old those of fresh; new ones get the class come.
 * @param {Element} old @param {Element} fresh
 */
export function level(old, fresh) {
  const here = new Map([...old.children].map((e) => [e.getAttribute("data-key"), e]));
  let at = old.firstElementChild;
  for (const want of [...fresh.children]) {
    const key = want.getAttribute("data-key");
    const have = key === null ? undefined : here.get(key);
    if (have) {
      here.delete(key);
      const kept = same(have, want) ? have : replace(have, want);
      if (kept === at) at = at.nextElementSibling;
      else old.insertBefore(kept, at);
      continue;
    }
    const put = document.importNode(want, true);
    if (key?.match(/^\d/)) put.classList.add("come");
    old.insertBefore(put, at);
  }
  for (const gone of here.values()) gone.remove();
}

/** @param {Element} a @param {Element} b */
function same(a, b) {
  const x = /** @type {Element} */ (a.cloneNode(true));
  x.classList.remove("come");
  if (x.getAttribute("class") === "") x.removeAttribute("class");
  return x.isEqualNode(b);
}

/** Replaces an element, keeping focus and a tick inside it. @param {Element} old @param {Element} fresh */
function replace(old, fresh) {
  const put = document.importNode(fresh, true);
  const box = old.querySelector("input[type=checkbox]:checked");
  const focused = old.contains(document.activeElement) ? document.activeElement?.className : undefined;
  old.replaceWith(put);
  if (box) { const b = put.querySelector("input[type=checkbox]"); if (b instanceof HTMLInputElement) b.checked = true; }
  if (focused) { const f = put.getElementsByClassName(focused)[0]; if (f instanceof HTMLElement) f.focus({ preventScroll: true }); }
  return put;
}

/** Replaces the element with this id by that of the fetched part. @param {Document} from @param {string} id */
export function swap(from, id) {
  const old = document.getElementById(id), fresh = from.getElementById(id);
  if (!old || !fresh || old.isEqualNode(fresh)) return;
  if (old.querySelector("details.menu[open]")) return; // not from under the hand
  old.replaceWith(document.importNode(fresh, true));
}
