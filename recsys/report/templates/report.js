"use strict";
// Draws the charts: in the colours of the reader's system; on paper light, flatter, and as wide as the page.
const drawn = JSON.parse(document.getElementById("drawn").textContent);
const places = document.querySelectorAll(".chart");
const dark = matchMedia("(prefers-color-scheme: dark)");
const LEAST = 460; // pixels that a chart's labels need: where there are fewer, it is made smaller as a whole
const PAPER = { width: 640, flatter: 0.85, least: 240 };

function draw(theme, paper) {
  drawn.charts.forEach((figures, number) => {
    const { data, layout } = structuredClone(figures[theme]);
    const place = places[number];
    const scale = paper ? 1 : Math.min(1, place.clientWidth / LEAST);
    const width = paper ? paper.width : scale < 1 ? LEAST : undefined;
    if (paper && layout.height > paper.least) layout.height *= paper.flatter;
    Object.assign(layout, { width, autosize: !width, template: drawn.templates[theme] });
    place.style.height = `${layout.height * scale}px`;
    place.firstElementChild.style.transform = scale < 1 ? `scale(${scale})` : "";
    Plotly.react(place.firstElementChild, data, layout, drawn.config);
  });
}

const onScreen = () => draw(dark.matches ? "dark" : "light");
onScreen();
dark.addEventListener("change", onScreen);
addEventListener("beforeprint", () => draw("light", PAPER));
addEventListener("afterprint", onScreen);
