"use strict";
// What a page can do beyond being read; without it nothing is missing but the handles.
// All parts are one script: what one declares, those after it may use.

const THEME = "optimizer-theme";
const PAUSE_MS = 120;
const root = document.documentElement;

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

const spoken = (tag, properties = {}) => {
  const element = make(tag, properties);
  element.setAttribute("role", "status");
  return element;
};
const notice = spoken("p", { className: "unseen" });

const counted = (n) => n.toLocaleString("en-US");

// Words that are searched for: they are heard when the typing pauses.

const searchBox = (heard) => {
  const input = make("input", { type: "search", autocomplete: "off", spellcheck: false });
  const words = () => input.value.toLowerCase().split(/\s+/).filter(Boolean);
  let typing;
  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => heard(words()), PAUSE_MS);
  });
  return { input, words };
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

// Folding: all at once, and everything but the texts of cases on paper.

const folds = () => [...document.querySelectorAll("main details:not(.cases details)")];

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
  tools.append(themeSwitch(), notice);
  document.querySelector(".about").append(tools);
  for (const box of document.querySelectorAll(".scroll, .drawing")) sizes.observe(box);
});
