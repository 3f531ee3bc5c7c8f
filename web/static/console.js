// The console's own script: everything here only adds to pages that work without it.
"use strict";
(() => {
  const board = () => document.getElementById("board");
  const badge = () => document.getElementById("live-state");
  let polling = 0;

  function say(state) {
    const element = badge();
    if (element) {
      element.dataset.state = state;
      element.textContent = element.dataset[state];
    }
  }

  function poll() {
    if (board()) htmx.ajax("GET", "/board", { target: "#board", swap: "outerHTML" });
  }

  // The badge tells of the board's connection, not of the captions'.
  const isBoards = (event) => !(event.target.closest && event.target.closest("#captions-live"));

  document.addEventListener("htmx:wsOpen", (event) => {
    if (!isBoards(event)) return;
    window.clearInterval(polling);
    polling = 0;
    say("live");
  });

  document.addEventListener("htmx:wsClose", (event) => {
    if (!isBoards(event)) return;
    if (!polling) polling = window.setInterval(poll, 4000);
    say("polling");
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr && event.detail.xhr.status === 401) window.location.assign("/login");
  });

  // Running times: the server writes how long it has been, this only counts on (whatever this computer's clock says).
  const seen = new WeakMap();
  function tick() {
    for (const element of document.querySelectorAll("[data-elapsed]")) {
      if (!seen.has(element)) seen.set(element, performance.now() - Number(element.dataset.elapsed) * 1000);
      const seconds = Math.floor((performance.now() - seen.get(element)) / 1000);
      const pad = (value) => String(value).padStart(2, "0");
      const minutes = Math.floor(seconds / 60) % 60;
      const hours = Math.floor(seconds / 3600);
      element.textContent = (hours ? `${hours}:` : "") + `${pad(minutes)}:${pad(seconds % 60)}`;
    }
  }
  tick();
  window.setInterval(tick, 1000);

  // A menu closes when one clicks elsewhere or presses Escape.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // Words of a transcript are also ways into the recording.
  document.addEventListener("click", (event) => {
    const word = event.target.closest("[data-at]");
    if (!word) return;
    const player = document.getElementById(word.dataset.player);
    if (player) {
      event.preventDefault();
      player.currentTime = Number(word.dataset.at);
      player.play();
    }
  });
})();
