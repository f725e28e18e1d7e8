// Tables: sorted by a heading, filtered by words, long ones a part at a time.

const SORTED_FROM = 4;
const FILTERED_FROM = 13;

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
const rowsOf = (table) => {
  if (!held.has(table)) held.set(table, [...table.tBodies[0].rows]);
  return held.get(table);
};

const sort = (table, heading) => {
  const next = { ascending: "descending", descending: null }[heading.getAttribute("aria-sort")];
  const order = next === undefined ? "ascending" : next;
  for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
  let sorted = rowsOf(table);
  if (order) {
    heading.setAttribute("aria-sort", order);
    const whole = !heading.classList.contains("right");
    const turn = order === "ascending" ? 1 : -1;
    const keyed = sorted.map((row) => [meaning(row.cells[heading.cellIndex], whole), row]);
    const missing = (key) => key.rank === 2;
    keyed.sort(([a], [b]) =>
      missing(a) || missing(b) ? missing(a) - missing(b) : turn * before(a, b));
    sorted = keyed.map(([, row]) => row);
  }
  const rows = document.createDocumentFragment();
  for (const row of sorted) rows.append(row);
  table.tBodies[0].append(rows);
};

const sortable = (table) => {
  table.classList.add("sortable");
  for (const heading of table.tHead.rows[0].cells) {
    if (!heading.textContent.trim()) continue;
    const button = make("button", { type: "button" }, ...heading.childNodes);
    button.addEventListener("click", () => sort(table, heading));
    heading.append(button);
  }
};

// Long tables: the first rows at once, all when asked.

const rowCount = (n) => `${counted(n)} row${n === 1 ? "" : "s"}`;

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
    more.hidden = shown.every((row) => row.checkVisibility());
    button.textContent = `Show all ${rowCount(shown.length)}`;
  };
  update(rowsOf(table));
  return update;
};

// Filtering: rows stay that hold every word.

const filterable = (table) => {
  const name = table.caption ? table.caption.textContent : "this table";
  const said = spoken("span");
  const shorten = shortened(table);
  let contents;
  const { input } = searchBox((words) => {
    contents ||= rowsOf(table).map((row) => row.textContent.toLowerCase());
    const shown = rowsOf(table).filter((row, i) => {
      const stays = words.every((word) => contents[i].includes(word));
      if (row.hidden === stays) row.hidden = !stays;
      return stays;
    });
    said.textContent = `${counted(shown.length)} of ${rowCount(contents.length)}`;
    shorten(shown);
  });
  const label = make("label", {}, "Filter", make("span", { className: "unseen" }, ` ${name}`), input);
  table.closest(".scroll").before(make("div", { className: "filter" }, label, said));
};

document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("main table")) {
    const n = table.tHead && table.tBodies[0] ? rowsOf(table).length : 0;
    if (n >= SORTED_FROM) sortable(table);
    if (n >= FILTERED_FROM && table.closest(".scroll")) filterable(table);
  }
});
