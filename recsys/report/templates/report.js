"use strict";
// Draws the charts: in the colours of the reader's system, and light and as wide as a page on paper.
const drawn = JSON.parse(document.getElementById("drawn").textContent);
const places = document.querySelectorAll(".chart");
const dark = matchMedia("(prefers-color-scheme: dark)");
const PAPER = 640;

function draw(theme, size) {
  drawn.charts.forEach((figures, number) => {
    const { data, layout } = structuredClone(figures[theme]);
    const template = drawn.templates[theme];
    Plotly.react(places[number], data, { ...layout, ...size, template }, drawn.config);
  });
}

const onScreen = () => draw(dark.matches ? "dark" : "light", { autosize: true });
onScreen();
dark.addEventListener("change", onScreen);
addEventListener("beforeprint", () => draw("light", { autosize: false, width: PAPER }));
addEventListener("afterprint", onScreen);
