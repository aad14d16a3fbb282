// Needs clock.js. Reads the page again every ten seconds and puts the new one in place; says so when it cannot.
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
  let asked = moment();
  let got = moment();
  let age = Number(byId("read").dataset.age);

  const seconds = () => Math.max(0, Math.round(age + since(got)));

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
    got = moment();
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
    asked = moment();
    try {
      const reply = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      const text = await reply.text();
      if (!reply.ok && reply.status !== 404) throw new Error(refusal(reply.status));
      take(text);
    } catch (error) {
      trouble = failure(error);
      document.title = `(?) ${title}`;
      say(`${trouble[0].toUpperCase()}${trouble.slice(1)}. Before that: ${told}`);
    } finally {
      asking = false;
      tick();
    }
  }

  function look() {
    if (document.hidden) return;
    tick();
    if (on && since(asked) >= EVERY) ask();
  }

  function fragment() {
    const id = location.hash.slice(1);
    try {
      return decodeURIComponent(id);
    } catch {
      return id; // anybody may write an address that cannot be decoded
    }
  }

  function arrive() {
    const id = fragment();
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
  setInterval(look, 1000);
  tick();
  arrive();
})();
