// Copying: what was removed is not part of a text.

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
      button.textContent = notice.textContent = word;
      setTimeout(() => { button.textContent = "Copy"; notice.textContent = ""; }, 2000);
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

document.addEventListener("DOMContentLoaded", () => unfolded(document));
document.addEventListener("toggle", ({ target }) => { if (target.open) unfolded(target); }, true);
