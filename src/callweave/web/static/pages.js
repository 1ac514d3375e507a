"use strict";

// Everything works without this file; with it, lists keep themselves up to date, filters answer
// as they are chosen, and days become charts.

(() => {
  const form = (field) => field.closest("form");

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) form(event.target).requestSubmit();
  });

  // A tab that nobody looks at asks for nothing, and catches up when it is looked at again.
  document.addEventListener("htmx:before:request", (event) => {
    if (document.hidden) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) document.querySelectorAll("[data-live]").forEach((list) => htmx.trigger(list, "wake"));
  });

  // What is on the page is better than an error in its place; the next try comes by itself.
  document.addEventListener("htmx:before:response", (event) => {
    if (event.detail.ctx.response.status >= 400) event.preventDefault();
  });

  // Addresses carry what was chosen, not what was left open.
  document.addEventListener("htmx:config:request", (event) => {
    const { body, method } = event.detail.ctx.request;
    if (method !== "GET") return;
    [...body.entries()].filter(([, value]) => value === "").forEach(([name]) => body.delete(name));
  });

  const DAY_S = 86400;
  const AXIS_PX = 56;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const font = () => `12px ${colour("--font")}`;
  const running = (lists) => lists.map((_, last) => lists[0].map((__, day) =>
    lists.slice(0, last + 1).reduce((sum, list) => sum + list[day], 0)));

  const short = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  const axes = (format) => [
    {
      stroke: colour("--soft"), font: font(), grid: { show: false }, ticks: { show: false }, space: 64, size: 32,
      incrs: [1, 2, 3, 7, 14, 28, 56, 112].map((days) => days * DAY_S),
      values: (_, marks) => marks.map((second) => short.format(new Date(second * 1000))),
    },
    {
      stroke: colour("--soft"), font: font(), size: AXIS_PX, ticks: { show: false },
      grid: { stroke: colour("--line"), width: 1 }, values: (_, marks) => marks.map(format),
    },
  ];
  // With nothing pointed at, the legend tells the whole time.
  const day = { label: "Day", value: (plot, _, __, index) => (index === null ? `all ${plot.days.length}` : plot.days[index]) };
  const sum = (list) => list.reduce((whole, part) => whole + part, 0);

  // Stacked: the sum of all is drawn first, and each smaller sum over it.
  const callsChart = ({ series }) => {
    const stacked = running(series.map((one) => one.values));
    const bars = uPlot.paths.bars({ size: [0.72, 44], radius: 0.15 });
    return {
      data: [...stacked].reverse(),
      range: (_, __, high) => [0, Math.max(4, high * 1.08)],
      format: (mark) => (Number.isInteger(mark) ? mark.toLocaleString() : ""),
      series: [...series].reverse().map((one) => ({
        label: one.label, paths: bars, points: { show: false },
        fill: colour(one.colour), stroke: colour(one.colour), width: 0,
        value: (_, __, ___, index) => (index === null ? sum(one.values) : one.values[index]).toLocaleString(),
      })),
    };
  };

  const valueChart = ({ values, labels, total, currency, scale }) => {
    const money = new Intl.NumberFormat(undefined, {
      style: "currency", currency, notation: "compact", maximumFractionDigits: 1, minimumFractionDigits: 0,
    });
    return {
      data: [values.map((value) => value / scale)],
      range: (_, __, high) => [0, high > 0 ? high * 1.1 : 1],
      format: (mark) => money.format(mark),
      series: [{
        label: "Value", stroke: colour("--weld"), width: 2, fill: colour("--weld-wash"), points: { show: values.length < 32, size: 5, fill: colour("--weld") },
        value: (_, __, ___, index) => (index === null ? total : labels[index]),
      }],
    };
  };

  const draw = (place) => {
    const told = JSON.parse(place.dataset.chart);
    const chart = told.kind === "calls" ? callsChart(told) : valueChart(told);
    const seconds = told.days.map((name) => Date.parse(`${name}T00:00:00Z`) / 1000);
    place.replaceChildren();
    const days = (plot) => { plot.days = told.dayLabels; };
    const plot = new uPlot({
      hooks: { init: [days] },
      width: place.clientWidth, height: told.kind === "calls" ? 240 : 150,
      tzDate: (second) => uPlot.tzDate(new Date(second * 1000), "Etc/UTC"),
      scales: { x: { range: (_, low, high) => [low - DAY_S * 0.6, high + DAY_S * 0.6] }, y: { range: chart.range } },
      axes: axes(chart.format), series: [day, ...chart.series],
      cursor: { y: false, drag: { x: false, y: false }, points: { show: told.kind !== "calls" } },
      legend: { live: true },
    }, [seconds, ...chart.data], place);
    return plot;
  };

  const plots = [];
  const drawAll = () => {
    plots.splice(0).forEach((plot) => plot.destroy());
    document.querySelectorAll("[data-chart]").forEach((place) => plots.push(draw(place)));
  };
  document.fonts.ready.then(drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) drawAll();
    width = innerWidth;
  });
})();
