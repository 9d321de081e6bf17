"use strict";
(() => {
  const number = (text) => {
    const value = parseFloat(text.replace(/,/g, ""));
    return Number.isNaN(value) ? null : value;
  };
  const compare = (one, other) => {
    const [a, b] = [number(one), number(other)];
    return a !== null && b !== null ? a - b : one.localeCompare(other);
  };

  const sortBy = (table, place, header) => {
    const rising = header.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => (rising ? 1 : -1) * compare(a.cells[place].textContent, b.cells[place].textContent));
    table.tBodies[0].append(...rows);
  };

  for (const table of document.querySelectorAll("table[data-sort]")) {
    [...table.tHead.rows[0].cells].forEach((header, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      button.addEventListener("click", () => sortBy(table, place, header));
      header.append(button);
    });
  }

  for (const table of document.querySelectorAll("table[data-filter]")) {
    const input = document.createElement("input");
    input.type = "search";
    input.className = "filter";
    input.placeholder = "Show rows with …";
    input.setAttribute("aria-label", "Show only rows that hold these words");
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of table.tBodies[0].rows) {
        const text = [...row.cells].map((cell) => cell.textContent.toLowerCase()).join(" ");
        row.hidden = !words.every((word) => text.includes(word));
      }
    });
    table.closest(".scroll").before(input);
  }

  const candidates = document.querySelector("#candidates table");
  const described = new Map();
  if (candidates) {
    const headers = [...candidates.tHead.rows[0].cells].map((header) => header.textContent);
    for (const row of candidates.tBodies[0].rows) {
      const cells = [...row.cells].map((cell) => cell.textContent);
      described.set(cells[0], cells.map((cell, place) => [headers[place], cell]));
    }
  }

  const tip = document.createElement("div");
  tip.id = "tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);

  const show = (mark) => {
    const facts = described.get(mark.dataset.trial);
    if (!facts) return;
    const [trial, architecture, ...others] = facts;
    const head = document.createElement("b");
    head.textContent = `Trial ${trial[1]}, ${architecture[1]}`;
    tip.replaceChildren(head, ...others.map(([name, value]) => {
      const line = document.createElement("div");
      line.textContent = `${name}: ${value}`;
      return line;
    }));
    tip.hidden = false;
    const at = mark.getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.min(Math.max(8, at.right + 10), innerWidth - width - 8);
    const top = Math.min(Math.max(8, at.top - height / 2), innerHeight - height - 8);
    tip.style.left = `${left}px`;
    tip.style.top = `${top}px`;
  };
  document.addEventListener("pointerover", (event) => {
    const mark = event.target.closest("[data-trial]");
    if (mark) show(mark);
    else tip.hidden = true;
  });
  document.addEventListener("scroll", () => { tip.hidden = true; }, true);
})();
