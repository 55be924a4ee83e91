/* Copyright (c) voip.rps contributors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
"use strict";
(function () {
  const PAGE = 50;
  const SVG = "http://www.w3.org/2000/svg";
  const data = JSON.parse(document.getElementById("data").textContent);
  const STATE = data.columns.indexOf("State");
  // Rows contain the number of their advice, because many phones have the same advice.
  const ADVICE = data.columns.length - 1;
  const rows = data.rows.map(function (row) {
    const cells = row.slice();
    cells[ADVICE] = data.advice[row[ADVICE]];
    return { cells: cells, text: cells.join("\n").toLowerCase() };
  });
  const byId = (id) => document.getElementById(id);
  const head = byId("head");
  const body = byId("body");
  let shown = rows;
  let first = 0;
  let column = -1;
  let descending = false;

  function bare(text) {
    const digits = text.replace(/[\s:.-]/g, "");
    return /^[0-9a-f]+$/.test(digits) ? digits : text;
  }

  function cell(value, label, place) {
    const td = document.createElement("td");
    td.setAttribute("role", "cell");
    td.dataset.label = label;
    if (!value) {
      td.className = "empty";
    }
    if (place === STATE) {
      const mark = document.createElementNS(SVG, "svg");
      const square = document.createElementNS(SVG, "rect");
      mark.setAttribute("class", "mark");
      mark.setAttribute("viewBox", "0 0 1 1");
      mark.setAttribute("aria-hidden", "true");
      square.setAttribute("width", "1");
      square.setAttribute("height", "1");
      square.setAttribute("class", "f-" + value);
      mark.append(square);
      td.append(mark);
    }
    const text = document.createElement("bdi");
    text.textContent = value;
    td.append(text);
    return td;
  }

  function render() {
    const page = shown.slice(first, first + PAGE);
    const fragment = document.createDocumentFragment();
    for (const row of page) {
      const tr = document.createElement("tr");
      tr.setAttribute("role", "row");
      row.cells.forEach((value, place) => tr.append(cell(value, data.columns[place], place)));
      fragment.append(tr);
    }
    body.replaceChildren(fragment);
    const range = page.length ? (first + 1) + " to " + (first + page.length) + " of " : "";
    byId("count").textContent = range + shown.length + (shown.length === 1 ? " exception" : " exceptions");
    byId("previous").setAttribute("aria-disabled", String(first === 0));
    byId("next").setAttribute("aria-disabled", String(first + PAGE >= shown.length));
  }

  function select() {
    const words = byId("search").value.toLowerCase().trim();
    const mac = bare(words);
    const state = byId("state").value;
    shown = rows.filter(function (row) {
      return (!state || row.cells[STATE] === state) && (row.text.includes(words) || row.cells[0].includes(mac));
    });
    if (column >= 0) {
      const sign = descending ? -1 : 1;
      shown.sort(function (one, other) {
        const a = one.cells[column];
        const b = other.cells[column];
        return a < b ? -sign : a > b ? sign : 0;
      });
    }
    first = 0;
    render();
  }

  function sortBy(place) {
    descending = place === column && !descending;
    column = place;
    Array.from(head.children).forEach(function (th, position) {
      th.setAttribute("aria-sort", position !== place ? "none" : descending ? "descending" : "ascending");
    });
    select();
  }

  function turn(by) {
    const start = first + by;
    if (start >= 0 && start < shown.length) {
      first = start;
      render();
    }
  }

  data.columns.forEach(function (name, place) {
    const th = document.createElement("th");
    const button = document.createElement("button");
    th.scope = "col";
    th.setAttribute("role", "columnheader");
    th.setAttribute("aria-sort", "none");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => sortBy(place));
    th.append(button);
    head.append(th);
  });
  // Narrow screens show the rows as cards. Without these roles, browsers would not treat them as a table.
  byId("table").setAttribute("role", "table");
  head.parentElement.setAttribute("role", "rowgroup");
  head.setAttribute("role", "row");
  body.setAttribute("role", "rowgroup");
  byId("search").addEventListener("input", select);
  byId("state").addEventListener("change", select);
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
  byId("previous").addEventListener("click", () => turn(-PAGE));
  byId("next").addEventListener("click", () => turn(PAGE));
  select();
})();
