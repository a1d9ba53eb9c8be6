// Keeps the page up to date, says how long ago things were, and sends the forms with the token of this session.
"use strict";

(() => {
  const main = document.querySelector("main[data-events]");
  const live = document.getElementById("live");
  const token = "bgp2vpc-token";

  const span = (seconds) =>
    seconds < 100 ? `${Math.floor(seconds)} s` : seconds < 6000 ? `${Math.floor(seconds / 60)} min`
      : seconds < 172800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`;

  const told = (seconds) => Math.abs(seconds) < 1 ? "now" : seconds > 0 ? `${span(seconds)} ago` : `in ${span(-seconds)}`;

  let skew = 0; // seconds that the server's clock is ahead of ours

  const tell_ages = (root) => {
    const now = Date.now() / 1000 + skew;
    for (const each of root.querySelectorAll(".rows time, .who time, .attention time, .message time")) {
      const text = told(now - Date.parse(each.dateTime) / 1000);
      if (each.textContent !== text) each.textContent = text;
    }
  };

  const say = (text, lost) => {
    if (!live) return;
    live.hidden = false;
    live.textContent = text;
    live.classList.toggle("lost", lost);
  };

  if (main) {
    const events = new EventSource(main.dataset.events);
    events.onopen = () => say("live", false);
    events.onerror = () => say("no connection; what stands here is of the last one", true);
    events.onmessage = (message) => {
      const { time, parts } = JSON.parse(message.data);
      skew = (Date.parse(time) - Date.now()) / 1000;
      for (const [id, html] of Object.entries(parts)) {
        const part = document.getElementById(id);
        if (part) part.innerHTML = html; // escaped where it was made
      }
      tell_ages(document);
    };
    addEventListener("pagehide", () => events.close());
    setInterval(() => tell_ages(document), 1000);
  }

  // A button that moves routes asks once more: the first press arms it, the second one sends. Typing, or another button,
  // disarms it; a double click counts as one press.
  const disarm = (form) => {
    const armed = form.querySelector("button.sure");
    if (!armed) return;
    armed.classList.remove("sure");
    armed.textContent = armed.dataset.label;
    form.querySelector("output").textContent = "";
  };

  const arm = (form, button) => {
    disarm(form);
    button.dataset.label = button.textContent;
    button.textContent = `yes, ${button.dataset.label}`;
    button.classList.add("sure");
    const output = form.querySelector("output");
    output.className = "busy";
    output.textContent = "this moves routes: press once more to do it";
  };

  for (const form of document.querySelectorAll("form.steer")) {
    form.elements.token.value = sessionStorage.getItem(token) || "";
    form.addEventListener("input", () => disarm(form));
    form.addEventListener("click", (click) => {
      if (click.target.closest("button") && click.detail > 1) click.preventDefault();
    });
    form.addEventListener("submit", async (submitted) => {
      submitted.preventDefault();
      const button = submitted.submitter;
      if (button.hasAttribute("data-asks") && !button.classList.contains("sure")) return arm(form, button);
      disarm(form);
      const { token: secret, ask: _, ...fields } = Object.fromEntries(new FormData(form));
      const order = Object.fromEntries(Object.entries(fields).filter(([, value]) => value.trim() !== ""));
      const output = form.querySelector("output");
      button.disabled = true;
      try {
        const answer = await fetch(button.formAction, {
          method: "POST",
          headers: { "Authorization": `Bearer ${secret}`, "Content-Type": "application/json", "Accept": "application/json" },
          body: JSON.stringify(order),
        });
        const { message, error } = await answer.json();
        output.className = answer.ok ? "good" : "bad";
        output.textContent = answer.ok ? message : error;
        if (answer.ok) sessionStorage.setItem(token, secret);
      } catch {
        output.className = "bad";
        output.textContent = "no answer";
      } finally {
        button.disabled = false;
      }
    });
  }
})();
