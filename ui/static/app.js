// The one script of every page; it only makes pages quicker. Without it every
// link and form works by itself.
import "./flash.js";
import "./menu.js";
import "./keys.js";
import "./list.js";
import "./write.js";
import "./frame.js";
import "./live.js";
import "./decide.js";
import "./wait.js";

document.body.classList.add("script");

// The zone a new owner's times are told in; without it: the server's.
for (const field of document.querySelectorAll("input[data-zone]")) {
  /** @type {HTMLInputElement} */ (field).value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}

// The newest message of an open conversation stands at the bottom, in sight.
const thread = document.getElementById("thread");
if (thread && !location.hash) thread.scrollTop = thread.scrollHeight;
