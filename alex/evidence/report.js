"use strict";
// Searches, filters and unfolds what the page holds already; it makes no text of its own from data.
(() => {
  const byId = (id) => document.getElementById(id);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const text = (element) => element.textContent.toLowerCase();
  const tools = byId("tools"), field = byId("q"), hits = byId("hits");
  const chips = all(".chip[data-s]", tools);

  const controls = new Map(all(".control").map((element) => {
    const rows = all(".found tbody tr, .found li", element).map((row) => {
      const holder = row.closest("[data-s]");
      const group = row.closest(".group");
      const before = group ? group.dataset.p + row.textContent + " " + group.querySelector(".what").textContent : row.textContent;
      return { row, verdict: holder.dataset.s, text: before.toLowerCase() };
    });
    const own = all(":scope > h4, :scope > p", element).map(text).join(" ");
    return [element.id, { element, rows, own, details: element.querySelector(".results") }];
  }));
  const criteria = all(".criterion").map((element) => ({
    element, own: all(":scope > h4, :scope > dl", element).map(text).join(" "), named: all(".named", element),
  }));
  const lists = all("#open tbody tr, #undecided tbody tr, #exceptions tbody tr, #switched-off tbody tr")
    .map((row) => ({ row, verdict: row.dataset.s || "", text: text(row) }));
  const index = all("#index tbody tr");

  const show = (element, yes) => element.classList.toggle("gone", !yes);
  const terms = () => field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const picked = () => new Set(chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.s));
  const plural = (count, one, many) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

  function fill(named) {
    named.querySelector(":scope > .found")?.remove();
    const found = named.open && controls.get(named.dataset.rule)?.element.querySelector(".found");
    if (found) named.append(found.cloneNode(true));
  }

  function filter() {
    const words = terms(), verdicts = picked(), active = words.length > 0 || verdicts.size > 0;
    const fits = (...texts) => words.every((word) => texts.some((one) => one.includes(word)));
    const count = { criteria: 0, controls: 0, rows: 0 };
    for (const control of controls.values()) {
      let live = 0;
      for (const one of control.rows) {
        const yes = (!verdicts.size || verdicts.has(one.verdict)) && fits(control.own, one.text);
        show(one.row, yes);
        live += yes;
      }
      for (const part of all(".found .group, .found .scroll", control.element)) show(part, part.querySelector("li:not(.gone), tbody tr:not(.gone)"));
      control.live = live > 0 || (!verdicts.size && fits(control.own));
      show(control.element, control.live);
      if (control.details) control.details.open = active ? live > 0 && live <= 60 : "open" in control.details.dataset;
      count.controls += control.live;
      count.rows += live;
    }
    for (const criterion of criteria) {
      const whole = !verdicts.size && fits(criterion.own);
      let live = 0;
      for (const named of criterion.named) {
        const yes = whole || Boolean(controls.get(named.dataset.rule)?.live);
        show(named, yes);
        live += yes;
        fill(named);
      }
      show(criterion.element, whole || live > 0);
      count.criteria += whole || live > 0;
    }
    for (const one of lists) show(one.row, (!verdicts.size || verdicts.has(one.verdict)) && fits(one.text));
    for (const row of index) show(row, Boolean(controls.get(row.dataset.rule)?.live));
    for (const category of all(".category")) show(category, category.querySelector(".criterion:not(.gone)"));
    let sections = 0;
    for (const section of all("main > section")) {
      const yes = !active || (!["summary", "provenance"].includes(section.id) && section.querySelector("article:not(.gone), tbody tr:not(.gone)"));
      show(section, yes);
      sections += Boolean(yes);
    }
    byId("nothing").hidden = sections > 0;
    hits.textContent = active
      ? `Shown: ${plural(count.criteria, "criterion", "criteria")}, ${plural(count.controls, "control", "controls")}, ${plural(count.rows, "verdict", "verdicts")}. Escape shows everything.`
      : "";
    remember(words, verdicts);
  }

  function remember(words, verdicts) {
    const query = new URLSearchParams();
    if (words.length) query.set("q", field.value.trim());
    for (const verdict of verdicts) query.append("status", verdict.slice(2));
    const search = query.toString();
    try {
      history.replaceState(null, "", `${location.pathname}${search ? `?${search}` : ""}${location.hash}`);
    } catch {
      // A page opened from a file may not be allowed to; the filter works without.
    }
  }

  function clear() {
    field.value = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    filter();
  }

  function visit() {
    const target = byId(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest(".gone")) clear();
    const results = target.querySelector(":scope > .results");
    if (results) results.open = true;
    if (target.matches("article")) {
      target.tabIndex = -1;
      target.focus({ preventScroll: true });
    }
    target.scrollIntoView();
  }

  const given = new URLSearchParams(location.search);
  field.value = given.get("q") || "";
  for (const chip of chips) chip.setAttribute("aria-pressed", String(given.getAll("status").includes(chip.dataset.s.slice(2))));
  let waiting;
  field.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
  for (const chip of chips) chip.addEventListener("click", () => {
    chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
    filter();
  });
  byId("unfold").addEventListener("click", (event) => {
    const open = event.currentTarget.getAttribute("aria-pressed") !== "true";
    event.currentTarget.setAttribute("aria-pressed", String(open));
    for (const details of all(".results, .named")) details.open = open;
  });
  for (const named of all(".named")) named.addEventListener("toggle", () => fill(named));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && document.activeElement !== field) {
      event.preventDefault();
      field.focus();
    } else if (event.key === "Escape") clear();
  });
  addEventListener("hashchange", visit);
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all(".results:not([open])");
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of folded) details.open = false; });
  tools.hidden = false;
  filter();
  visit();
})();
