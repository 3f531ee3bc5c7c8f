// Draws the charts of a report from the values beside them. The tables say the same: without this script they are all.
"use strict";
(() => {
  const TONES = { teal: "#0b5c6b", amber: "#d08a1d", red: "#a11b1b", rose: "#e08a80", grey: "#9aabb0" };
  const INK = "#17262b";
  const SOFT = "#4c5f66";
  const LINE = "#dde4e6";

  function options(given) {
    const spans = given.kind === "spans";
    const names = {
      type: "category",
      data: given.places,
      inverse: spans,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: LINE } },
      axisLabel: { color: SOFT, hideOverlap: true, width: 90, overflow: spans ? "truncate" : "none" },
    };
    const values = {
      type: "value",
      minInterval: spans ? 0 : 1,
      axisLabel: { color: SOFT, formatter: spans ? `{value} ${given.unit}` : "{value}" },
      splitLine: { lineStyle: { color: LINE } },
    };
    return {
      animation: false,
      color: given.series.map((each) => TONES[each.tone]),
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: INK },
      grid: { left: 8, right: 24, top: 44, bottom: 8, containLabel: true },
      legend: { top: 4, left: 4, itemWidth: 14, itemHeight: 10, textStyle: { color: INK }, type: "scroll" },
      // drawn on the canvas: a box of HTML would bring style attributes, which the page's policy forbids
      tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" }, confine: true },
      xAxis: spans ? values : names,
      yAxis: spans ? names : values,
      series: given.series.map((each) => ({
        type: "bar",
        name: each.name,
        data: each.values,
        stack: spans ? undefined : "calls",
        barMaxWidth: spans ? 14 : 28,
      })),
    };
  }

  const box = document.getElementById("charts");
  if (!box || !window.echarts) return;
  box.hidden = false;
  const drawn = [];
  for (const element of box.querySelectorAll("[data-chart]")) {
    const given = JSON.parse(element.dataset.chart);
    if (given.kind === "spans") element.style.height = `${Math.max(200, 90 + given.places.length * 44)}px`;
    const chart = window.echarts.init(element);
    chart.setOption(options(given));
    drawn.push(chart);
  }
  let waiting = 0;
  window.addEventListener("resize", () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => drawn.forEach((chart) => chart.resize()), 150);
  });
})();
