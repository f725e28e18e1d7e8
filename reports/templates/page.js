"use strict";
// What a page can do beyond being read. Without it nothing is missing but the handles.
(() => {
  const SORTED_FROM = 4;
  const FILTERED_FROM = 13;
  const THEME = "optimizer-theme";
  const root = document.documentElement;

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // Light and dark: known before the first paint, kept where the browser lets us.

  const recalled = () => {
    try { return localStorage.getItem(THEME) || "auto"; } catch { return "auto"; }
  };
  const wear = (theme) => {
    if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
  };
  const themeSwitch = () => {
    const select = make("select");
    for (const theme of ["auto", "light", "dark"]) select.append(make("option", {}, theme));
    select.value = root.dataset.theme || "auto";
    select.addEventListener("change", () => {
      wear(select.value);
      try { localStorage.setItem(THEME, select.value); } catch { /* for this visit only */ }
    });
    return make("label", {}, "Colours ", select);
  };

  // Sorting: rows go by what their cells mean, and in their first order where these are equal.

  const UNITS = {
    "%": 1, pp: 1, ns: 1e-6, "µs": 1e-3, ms: 1, s: 1e3, min: 6e4, h: 36e5, d: 864e5,
    B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12,
  };
  const CLOCK = new Set(["d", "h", "min"]);
  const SIZE = /\s*\$?(\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?)(?:\s*(%|pp|ns|µs|ms|s|min|h|d|[kMGT]?B)(?![\w]))?/y;
  const INTERVAL = /^\[([^,\]]+),[^\]]*\]\s*(\S*)$/;
  const texts = new Intl.Collator(undefined, { numeric: true });

  const number = (text, whole) => {
    const interval = INTERVAL.exec(text);
    if (interval) return number(`${interval[1]} ${interval[2]}`.trim(), whole);
    if (/^[-+]?unbounded$/.test(text)) return text[0] === "-" ? -Infinity : Infinity;
    if (/^\d{4}-\d\d/.test(text)) return null;
    const sign = /^([<>≤≥~]?)\s*([-+−]?)/.exec(text);
    SIZE.lastIndex = sign[0].length;
    let size = 0, part, unit, end = 0;
    while ((part = SIZE.exec(text))) {
      unit = part[2];
      size += Number(part[1].replaceAll(",", "")) * (UNITS[unit] || 1);
      end = SIZE.lastIndex;
      if (!CLOCK.has(unit)) break;
    }
    if (!end || (whole && end < text.length)) return null;
    if (sign[1] === "<") size *= 1 - 1e-9;
    if (sign[1] === ">") size *= 1 + 1e-9;
    return sign[2] === "-" || sign[2] === "−" ? -size : size;
  };

  const meaning = (cell, whole) => {
    const text = (cell ? cell.textContent : "").trim();
    if (text === "" || text === "-") return { rank: 2 };
    const value = number(text, whole);
    return value === null ? { rank: 1, text } : { rank: 0, value };
  };

  const before = (one, other) => {
    if (one.rank !== other.rank) return one.rank - other.rank;
    return one.rank ? texts.compare(one.text, other.text) : Math.sign(one.value - other.value) || 0;
  };

  const held = new WeakMap();
  const units = (table) => {
    if (!held.has(table)) {
      const found = [];
      for (const row of table.tBodies[0].rows) {
        if (row.classList.contains("texts") && found.length) found.at(-1).push(row);
        else found.push([row]);
      }
      held.set(table, found);
    }
    return held.get(table);
  };

  const sort = (table, heading) => {
    const next = { ascending: "descending", descending: null }[heading.getAttribute("aria-sort")];
    const order = next === undefined ? "ascending" : next;
    for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
    let sorted = units(table);
    if (order) {
      heading.setAttribute("aria-sort", order);
      const whole = !heading.classList.contains("right");
      const turn = order === "ascending" ? 1 : -1;
      const keyed = sorted.map((unit) => [meaning(unit[0].cells[heading.cellIndex], whole), unit]);
      const missing = (key) => key.rank === 2;
      keyed.sort(([a], [b]) =>
        missing(a) || missing(b) ? missing(a) - missing(b) : turn * before(a, b));
      sorted = keyed.map(([, unit]) => unit);
    }
    const rows = document.createDocumentFragment();
    for (const unit of sorted) rows.append(...unit);
    table.tBodies[0].append(rows);
  };

  const sortable = (table) => {
    for (const heading of table.tHead.rows[0].cells) {
      if (!heading.textContent.trim()) continue;
      const button = make("button", { type: "button" }, ...heading.childNodes);
      button.addEventListener("click", () => sort(table, heading));
      heading.append(button);
    }
  };

  // Long tables: the first rows at once, all when asked.

  const rowCount = (n) => `${n.toLocaleString("en-US")} row${n === 1 ? "" : "s"}`;

  const shortened = (table) => {
    const box = table.closest(".long");
    if (!box) return () => {};
    const button = make("button", { type: "button" });
    const more = make("p", { className: "more" }, button);
    button.addEventListener("click", () => {
      const next = [...table.tBodies[0].rows].find((row) => !row.hidden && !row.checkVisibility());
      box.classList.add("whole");
      more.remove();
      next.tabIndex = -1;
      next.focus({ preventScroll: true });
    });
    box.after(more);
    const update = (shown) => {
      more.hidden = !shown.length || shown.at(-1)[0].checkVisibility();
      button.textContent = `Show all ${rowCount(shown.length)}`;
    };
    update(units(table));
    return update;
  };

  // Filtering: rows stay that hold every word.

  const filterable = (table) => {
    const name = table.caption ? table.caption.textContent : "this table";
    const input = make("input", { type: "search", autocomplete: "off", spellcheck: false });
    const said = make("span", {});
    said.setAttribute("role", "status");
    const shorten = shortened(table);
    let contents, waiting;
    const filter = () => {
      contents ||= units(table).map((unit) => unit[0].textContent.toLowerCase());
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const shown = units(table).filter((unit, i) => {
        const stays = words.every((word) => contents[i].includes(word));
        for (const row of unit) if (row.hidden === stays) row.hidden = !stays;
        return stays;
      });
      said.textContent = `${shown.length.toLocaleString("en-US")} of ${rowCount(contents.length)}`;
      shorten(shown);
    };
    input.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(filter, 120);
    });
    const label = make("label", {}, "Filter", make("span", { className: "unseen" }, ` ${name}`), input);
    table.closest(".scroll").before(make("div", { className: "filter" }, label, said));
  };

  // Copying: what was removed is not part of a text.

  const status = make("p", { className: "unseen" });
  status.setAttribute("role", "status");

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", { value: text, className: "unseen" });
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      if (!done) throw new Error("not copied");
    }
  };

  const copyable = (pre) => {
    const button = make("button", { type: "button" }, "Copy");
    button.addEventListener("click", () => {
      const text = pre.cloneNode(true);
      for (const removed of text.querySelectorAll("del")) removed.remove();
      const say = (word) => {
        button.textContent = status.textContent = word;
        setTimeout(() => { button.textContent = "Copy"; status.textContent = ""; }, 2000);
      };
      copy(text.textContent).then(() => say("Copied"), () => say("Not copied"));
      button.focus();
    });
    const box = make("div", { className: "copied" });
    pre.replaceWith(box);
    box.append(pre, button);
  };

  const unfolded = (scope) => {
    for (const pre of scope.querySelectorAll("pre")) {
      if (pre.closest(".copied") || pre.closest("details:not([open])")) continue;
      copyable(pre);
      sizes.observe(pre);
    }
  };

  // Folding: all at once, and everything but the texts of cases on paper.

  const folds = () => [...document.querySelectorAll("main details")].filter((f) => !f.closest("td, .cases"));

  const foldSwitch = () => {
    const button = make("button", { type: "button" }, "Open all");
    const allOpen = () => folds().every((fold) => fold.open);
    const label = () => { button.textContent = allOpen() ? "Close all" : "Open all"; };
    button.addEventListener("click", () => {
      const open = !allOpen();
      for (const fold of folds()) fold.open = open;
      label();
    });
    document.addEventListener("toggle", label, true);
    label();
    return button;
  };

  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = folds().filter((fold) => !fold.open);
    for (const fold of folded) fold.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const fold of folded) fold.open = false;
  });

  // Only what scrolls is a stop on the keyboard's way.

  const sizes = new ResizeObserver((seen) => {
    for (const { target: box } of seen) {
      const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
      if (scrolls) box.tabIndex = 0; else box.removeAttribute("tabindex");
    }
  });

  root.classList.add("scripted");
  wear(recalled());
  document.addEventListener("DOMContentLoaded", () => {
    const tools = make("div", { className: "tools" });
    if (folds().length > 1) tools.append(foldSwitch());
    tools.append(themeSwitch(), status);
    document.querySelector(".about").append(tools);
    for (const table of document.querySelectorAll("main table")) {
      const n = table.tBodies[0] ? table.tBodies[0].rows.length : 0;
      if (table.tHead && n >= SORTED_FROM) sortable(table);
      if (n >= FILTERED_FROM && table.closest(".scroll")) filterable(table);
    }
    unfolded(document);
    document.addEventListener("toggle", ({ target }) => { if (target.open) unfolded(target); }, true);
    for (const box of document.querySelectorAll(".scroll, .drawing")) sizes.observe(box);
  });
})();
