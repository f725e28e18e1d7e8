// Cases: choosing them by what became of them and by their text, and showing those that wait as data.
(() => {
  const AT_ONCE = 50;

  // A case that is laid out, and one that waits, look the same to the list.

  const laidOut = (element) => {
    const change = element.querySelector("summary > span");
    let text;
    return {
      change: change.textContent.trim(),
      tone: change.className,
      text: () => (text ||= element.textContent.toLowerCase()),
      element: () => element,
    };
  };

  const waiting = (data) => {
    const side = (place, tone) =>
      [data.right[place] && "right", tone !== "neutral" && tone].filter(Boolean).join(" ");
    return data.cases.map(([change, row, texts]) => {
      let text, made;
      return {
        change: data.changes[change],
        tone: data.tones[change],
        text: () => (text ||= [...row, ...texts].join("\n").toLowerCase()),
        element: () => (made ||= drawn(data, side, change, row, texts)),
      };
    });
  };

  // Texts are laid out when their case opens, before anything else hears of it.

  const unopened = new WeakMap();
  window.addEventListener("toggle", ({ target }) => {
    if (!unopened.has(target)) return;
    target.append(...unopened.get(target)());
    unopened.delete(target);
  }, true);

  const drawn = (data, side, change, row, texts) => {
    const summary = make("summary", {});
    summary.append(make("span", { className: side(0, data.tones[change]) }, data.changes[change]), " ");
    row.forEach((cell, i) => {
      const place = i + 1;
      const titled = place > 1 ? [make("span", { className: "unseen" }, `${data.columns[place]} `)] : [];
      summary.append(make("span", { className: side(place, "neutral") }, ...titled, cell), " ");
    });
    const element = make("details", {}, summary);
    unopened.set(element, () => passages(data, texts));
    return element;
  };

  const passages = (data, texts) => {
    if (!texts.length) {
      return [make("p", { className: "empty" }, "No text of this case is in this page.")];
    }
    const found = [];
    for (let i = 0; i < texts.length; i += 3) {
      const [heading, text, whole] = texts.slice(i, i + 3);
      const missing = whole ? `; the first ${counted([...text].length)} of ${counted(whole)} characters` : "";
      found.push(
        make("p", { className: "heading" }, data.headings[heading] + missing),
        make("pre", {}, make("code", {}, text)),
      );
    }
    return found;
  };

  // The list: what is chosen, the first of it at once, more when asked.

  const listed = (box) => {
    const source = box.querySelector("script[type='application/json']");
    const first = [...box.querySelectorAll(":scope > details")];
    const all = first.map(laidOut).concat(source ? waiting(JSON.parse(source.textContent)) : []);
    if (all.length < 2) return;
    const more = make("button", { type: "button" });
    const below = make("p", { className: "more" }, more);
    const said = spoken("span");
    first.at(-1).after(below);

    let change = null, chosen = all, shown = 0;
    const show = (n) => {
      const next = chosen.slice(shown, shown + n).map((one) => one.element());
      below.before(...next);
      shown += next.length;
      below.hidden = shown >= chosen.length;
      more.textContent = `Show ${counted(Math.min(AT_ONCE, chosen.length - shown))} more`;
      return next;
    };
    const choose = (words) => {
      chosen = all.filter((one) => (change === null || one.change === change)
        && words.every((word) => one.text().includes(word)));
      for (const element of box.querySelectorAll(":scope > details")) element.remove();
      shown = 0;
      show(AT_ONCE);
      said.textContent = `${counted(chosen.length)} of ${counted(all.length)} cases`;
    };
    more.addEventListener("click", () => {
      const [next] = show(AT_ONCE);
      if (next) next.querySelector("summary").focus({ preventScroll: true });
    });

    const { input, words } = searchBox(choose);
    const tally = new Map([[null, all.length]]);
    for (const one of all) tally.set(one.change, (tally.get(one.change) || 0) + 1);
    const buttons = [...tally].map(([name, n]) => {
      const button = make("button", { type: "button" }, `${name === null ? "all" : name} ${counted(n)}`);
      button.setAttribute("aria-pressed", String(name === change));
      button.addEventListener("click", () => {
        change = name;
        for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
        choose(words());
      });
      return button;
    });
    const bar = make("div", { className: "choose" }, ...(buttons.length > 2 ? buttons : []),
      make("label", {}, "Search ", make("span", { className: "unseen" }, "cases and their texts "), input), said);
    box.querySelector(".heads").before(bar);
    shown = first.length;
    show(0);
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const box of document.querySelectorAll(".cases")) listed(box);
  });
})();
