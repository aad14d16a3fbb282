// Needs clock.js. Copy buttons, the current place in the contents, and newer readings; says so when there are none.
"use strict";

(() => {
  const EVERY = 10;
  const OLD = 30;
  const PATIENCE = 15000;
  const FOCUSABLE = "a, summary";

  // copy

  function select(code) {
    const range = document.createRange();
    range.selectNodeContents(code);
    const selection = document.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  async function copy(code) {
    const text = code.textContent.replace(/\n$/, "");
    // Browsers give this to pages that came over TLS only.
    if (navigator.clipboard) {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        // the browser does not let us: the older way may do
      }
    }
    select(code);
    return document.execCommand("copy");
  }

  function button(figure) {
    const code = figure.querySelector("code");
    const made = document.createElement("button");
    made.type = "button";
    made.className = "copy";
    made.textContent = "Copy";
    made.setAttribute("aria-label", `Copy: ${code.textContent.trim().split("\n")[0].slice(0, 80)}`);
    made.addEventListener("click", async () => {
      const done = await copy(code);
      made.textContent = done ? "Copied" : "Selected";
      document.getElementById("said").textContent = done ? "Copied." : "Selected; press Control and C.";
      setTimeout(() => {
        made.textContent = "Copy";
        document.getElementById("said").textContent = "";
      }, 2000);
    });
    figure.append(made);
  }

  // contents

  const targets = [...document.querySelectorAll("main article h2[id], main article h3[id]")];
  const links = [...document.querySelectorAll(".contents a")];

  function follow() {
    const above = targets.filter((each) => each.getBoundingClientRect().top < 120);
    const last = above[above.length - 1];
    const article = last && last.closest("article");
    const heading = article && article.querySelector("h2");
    for (const link of links) {
      const id = decodeURIComponent(link.hash.slice(1));
      const is = Boolean(last) && id === last.id;
      const of = Boolean(heading) && id === heading.id;
      if (is) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
      if (!link.closest(".parts")) link.parentElement.classList.toggle("current", of);
    }
    const beside = document.querySelector(".contents.beside");
    const current = beside && beside.querySelector("[aria-current]");
    if (current) {
      const [box, at] = [beside.getBoundingClientRect(), current.getBoundingClientRect()];
      if (at.bottom > box.bottom) beside.scrollTop += at.bottom - box.bottom + 40;
      if (at.top < box.top) beside.scrollTop -= box.top - at.top + 40;
    }
  }

  let waiting = false;

  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      follow();
    });
  }

  // newer readings

  const overall = document.getElementById("overall");
  const stale = document.createElement("p");
  let asked = moment();
  let got = moment();
  let asking = false;
  let trouble = "";
  let every = EVERY;

  const read = () => document.querySelector("#overall .read");
  const seconds = () => Math.round((read() ? Number(read().dataset.age) : 0) + since(got));

  function tick() {
    const old = trouble !== "" || seconds() > Math.max(OLD, 2 * every);
    const text = old ? `What is said of now is ${span(seconds())} old: ${trouble || "a newer reading is on its way"}.` : "";
    stale.hidden = !old;
    if (stale.textContent !== text) stale.textContent = text;
    document.body.classList.toggle("old", old);
  }

  function busy(element) {
    const selection = document.getSelection();
    return selection && !selection.isCollapsed && selection.containsNode(element, true);
  }

  function swap(page) {
    for (const element of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(element.id);
      if (!fresh || fresh.outerHTML === element.outerHTML || busy(element)) continue;
      const focused = [...element.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
      const open = [...element.querySelectorAll("details")].map((each) => each.open);
      fresh.querySelectorAll("details").forEach((each, index) => {
        each.open = Boolean(open[index]);
      });
      element.replaceWith(document.adoptNode(fresh));
      const link = focused >= 0 && fresh.querySelectorAll(FOCUSABLE)[focused];
      if (link) link.focus({ preventScroll: true });
    }
  }

  async function ask() {
    if (asking) return;
    asking = true;
    asked = moment();
    try {
      const reply = await fetch(location.href.split("#")[0], {
        cache: "no-store",
        headers: { "X-Prometheus-Scrape-Timeout-Seconds": "10" },
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (!reply.ok) throw new Error(refusal(reply.status));
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      if (!page.getElementById("overall")) throw new Error("something else answers in the exporter's place");
      swap(page);
      got = moment();
      trouble = "";
    } catch (error) {
      trouble = failure(error);
    } finally {
      asking = false;
      // With very many queues an answer is work: no more than a tenth of the time goes into it.
      every = Math.max(EVERY, 10 * since(asked));
      tick();
    }
  }

  function look() {
    if (document.hidden) return;
    tick();
    if (since(asked) >= every) ask();
  }

  document.querySelectorAll(".code").forEach(button);
  if (targets.length) {
    window.addEventListener("scroll", soon, { passive: true });
    window.addEventListener("resize", soon);
    follow();
  }
  if (overall) {
    stale.className = "stale";
    stale.hidden = true;
    stale.setAttribute("role", "status");
    document.getElementById("main").prepend(stale);
    document.addEventListener("visibilitychange", look);
    setInterval(look, 1000);
  }
})();
