/* Puts the chat into another site:
   <script src="https://.../embed.js" data-mode="button" data-position="right" data-lang="de"
           data-label="Termin buchen" async></script>
   data-mode="inline" shows it where the script stands, or in the element that data-target names.
   The chat runs in a frame of its own origin; this file touches nothing else of the page. */
(function () {
  "use strict";

  var script = document.currentScript;
  if (!script) { return; }
  var origin = new URL(script.src).origin;
  var given = script.dataset;
  var language = given.lang || document.documentElement.lang.slice(0, 2) || "de";
  language = language === "en" ? "en" : "de";
  var words = {
    de: { open: "Termin buchen", close: "Chat schließen", title: "Terminbuchung im Chat" },
    en: { open: "Book an appointment", close: "Close the chat", title: "Booking by chat" }
  }[language];

  function put(element, styles) {
    Object.keys(styles).forEach(function (name) { element.style[name] = styles[name]; });
    return element;
  }

  function frame() {
    var made = document.createElement("iframe");
    made.src = origin + "/chat?embed=1&lang=" + language;
    made.title = words.title;
    made.referrerPolicy = "strict-origin-when-cross-origin";
    return put(made, { border: "0", width: "100%", height: "100%", display: "block" });
  }

  function inline() {
    var box = put(document.createElement("div"), {
      height: given.height || "640px", maxWidth: "100%", border: "1px solid #767676",
      borderRadius: "8px", overflow: "hidden"
    });
    box.appendChild(frame());
    var target = given.target && document.querySelector(given.target);
    if (target) { target.appendChild(box); } else { script.after(box); }
  }

  function floating() {
    var side = given.position === "left" ? "left" : "right";
    var button = document.createElement("button");
    var panel = document.createElement("div");
    var isOpen = false;
    button.type = "button";
    panel.hidden = true;
    panel.id = "terminbot-panel";
    panel.setAttribute("role", "dialog");
    panel.setAttribute("aria-label", words.title);
    button.setAttribute("aria-controls", panel.id);
    put(button, {
      position: "fixed", bottom: "16px", zIndex: "2147483000", background: given.color || "#0f5ea8",
      color: "#fff", border: "2px solid #fff", borderRadius: "24px", padding: "12px 20px",
      font: "600 16px/1.2 system-ui, sans-serif", cursor: "pointer", minHeight: "48px"
    });
    put(panel, {
      position: "fixed", bottom: "80px", zIndex: "2147483000", width: "min(420px, calc(100vw - 16px))",
      height: "min(680px, calc(100vh - 96px))", background: "#fff", border: "1px solid #767676",
      borderRadius: "8px", overflow: "hidden", boxShadow: "0 8px 24px rgba(0, 0, 0, 0.25)"
    });
    button.style[side] = "16px";
    panel.style[side] = "8px";

    function show(open) {
      isOpen = open;
      if (open && !panel.firstChild) { panel.appendChild(frame()); }
      panel.hidden = !open;
      button.textContent = open ? words.close : given.label || words.open;
      button.setAttribute("aria-expanded", String(open));
      if (open) { panel.firstChild.focus(); }
    }

    button.addEventListener("click", function () { show(!isOpen); });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && isOpen) { show(false); button.focus(); }
    });
    show(false);
    document.body.appendChild(panel);
    document.body.appendChild(button);
  }

  function start() {
    if (given.mode === "inline") { inline(); } else { floating(); }
  }

  if (document.body) { start(); } else { document.addEventListener("DOMContentLoaded", start); }
}());
