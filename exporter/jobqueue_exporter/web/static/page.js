// Reads the page again every ten seconds and puts the new one in place; says so when it cannot.
"use strict";

(() => {
  const EVERY = 10;
  const OLD = 30;
  const PATIENCE = 15000;

  const byId = (id) => document.getElementById(id);
  const toggle = byId("toggle");
  const stale = byId("stale");
  const sentence = byId("sentence");

  let on = true;
  let asking = false;
  let trouble = "";
  let told = sentence.textContent;
  let title = document.title;
  let asked = performance.now();
  let got = performance.now();
  let age = Number(byId("read").dataset.age);

  const seconds = () => Math.max(0, Math.round(age + (performance.now() - got) / 1000));

  function span(count) {
    if (count < 60) return `${count} s`;
    if (count < 3600) return `${Math.floor(count / 60)} min`;
    return `${Math.floor(count / 3600)} h ${Math.floor((count % 3600) / 60)} min`;
  }

  function say(text) {
    if (sentence.textContent !== text) sentence.textContent = text;
  }

  function tick() {
    const old = trouble !== "" || seconds() > OLD;
    const why = trouble || (on ? "a newer reading is on its way" : "refreshing is paused");
    byId("age").textContent = ` (${span(seconds())} ago)`;
    stale.hidden = !old;
    stale.textContent = old ? `These numbers are ${span(seconds())} old: ${why}.` : "";
    document.body.classList.toggle("old", old);
  }

  function place(element) {
    if (!element || element === document.body || !byId("main").contains(element)) return null;
    const parts = [];
    for (let each = element; each.id !== "main"; each = each.parentElement) {
      if (each.id) return { id: each.id, path: parts };
      parts.unshift([...each.parentElement.children].indexOf(each));
    }
    return { id: "main", path: parts };
  }

  function at(found) {
    if (!found) return null;
    return found.path.reduce((each, index) => each && each.children[index], byId(found.id));
  }

  function swap(fresh) {
    const main = byId("main");
    const open = new Map([...main.querySelectorAll("details[id]")].map((each) => [each.id, each.open]));
    const focus = place(document.activeElement);
    const scrolled = [...main.querySelectorAll(".scroll")].filter((each) => each.scrollLeft).map((each) => [place(each), each.scrollLeft]);
    const [x, y] = [window.scrollX, window.scrollY];
    fresh.querySelectorAll("details[id]").forEach((each) => {
      if (open.has(each.id)) each.open = open.get(each.id);
    });
    main.replaceWith(document.adoptNode(fresh));
    for (const [where, left] of scrolled) {
      const region = at(where);
      if (region) region.scrollLeft = left;
    }
    const focused = at(focus);
    if (focused) focused.focus({ preventScroll: true });
    window.scrollTo(x, y);
  }

  function take(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = page.getElementById("main");
    if (!fresh || !fresh.dataset.page) throw new Error("something else answers in the exporter's place");
    if (fresh.dataset.page !== byId("main").dataset.page) {
      location.reload();
      return;
    }
    swap(fresh);
    byId("read").replaceWith(document.adoptNode(page.getElementById("read")));
    mark();
    const verdict = page.getElementById("verdict");
    byId("verdict").className = verdict.className;
    byId("verdict").querySelector("svg").replaceWith(document.adoptNode(verdict.querySelector("svg")));
    told = page.getElementById("sentence").textContent;
    title = page.title;
    document.title = title;
    say(told);
    got = performance.now();
    age = Number(byId("read").dataset.age);
    trouble = "";
  }

  function mark() {
    const ago = document.createElement("span");
    ago.id = "age";
    byId("read").append(ago);
  }

  function selecting() {
    const selected = document.getSelection();
    return selected && !selected.isCollapsed && seconds() < OLD;
  }

  async function ask() {
    if (asking || selecting()) return;
    asking = true;
    asked = performance.now();
    try {
      const reply = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      const text = await reply.text();
      if (!reply.ok && reply.status !== 404) throw new Error(`the exporter answers with ${reply.status}`);
      take(text);
    } catch (error) {
      const silent = error.name === "TypeError" || error.name === "TimeoutError" || error.name === "AbortError";
      trouble = silent ? "the exporter does not answer" : error.message;
      document.title = `(?) ${title}`;
      say(`The exporter does not answer. Before that: ${told}`);
    } finally {
      asking = false;
      tick();
    }
  }

  function look() {
    if (document.hidden) return;
    tick();
    if (on && performance.now() - asked >= EVERY * 1000) ask();
  }

  function arrive() {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && byId(id);
    const folded = target && target.closest("details:not([open])");
    if (folded) {
      folded.open = true;
      target.scrollIntoView();
    }
    byId("gone").hidden = Boolean(target) || !/-[0-9a-f]{8}$/.test(id);
  }

  toggle.addEventListener("click", () => {
    on = !on;
    toggle.textContent = on ? "Pause" : "Resume";
    byId("manual").textContent = on ? `refreshes itself every ${EVERY} s` : "does not refresh itself";
    if (on) ask();
    tick();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    tick();
    if (on) ask();
  });
  window.addEventListener("hashchange", arrive);

  toggle.hidden = false;
  byId("manual").textContent = `refreshes itself every ${EVERY} s`;
  mark();
  arrive();
  tick();
  setInterval(look, 1000);
})();
