// What stands below an element, and what of it a person could not read or see. Measures are those
// of WCAG 2.2: contrast of text (1.4.3) and of what a plot consists of (1.4.11), reflow (1.4.10).
(root) => {
  const TEXT = 4.5, SHAPE = 3, TITLE = 20;
  const seen = { texts: 0, plots: 0, complaints: [] };
  const complain = (text) => seen.complaints.push(text);
  const quoted = (node) => `"${node.textContent.trim().replace(/\s+/g, " ").slice(0, 50)}"`;

  const brush = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const colour = (css) => {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = css;
    brush.fillRect(0, 0, 1, 1);
    return [...brush.getImageData(0, 0, 1, 1).data].map((value) => value / 255);
  };
  const over = (top, alpha, below) => below.map((value, i) => value + (top[i] - value) * alpha);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const judge = (what, paint, alpha, below, least) => {
    const [low, high] = [light(over(paint, paint[3] * alpha, below)), light(below)].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < least) complain(`${what}: contrast ${ratio.toFixed(2)}, not ${least}`);
  };

  const upward = function* (from, end) {
    for (let at = from; at && at !== end; at = at.parentElement) yield getComputedStyle(at);
  };
  const opacity = (from, end) =>
    [...upward(from, end)].reduce((product, style) => product * Number(style.opacity), 1);
  const ground = (element) => {
    const { colorScheme } = getComputedStyle(document.documentElement);
    const dark = colorScheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches;
    let below = colour(dark ? "#121212" : "#fff").slice(0, 3), shown = 1;
    for (const style of [...upward(element)].reverse()) {
      const paint = colour(style.backgroundColor);
      shown *= Number(style.opacity);
      below = over(paint, paint[3] * shown, below);
    }
    return below;
  };

  const read = () => {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node; (node = texts.nextNode()); ) {
      const element = node.parentElement;
      if (!node.textContent.trim() || element.closest("svg, style, script")) continue;
      if (!element.checkVisibility({ visibilityProperty: true })) continue;
      seen.texts += 1;
      if (element.closest(".jp-RenderedMarkdown pre")) continue; // JupyterLab's own colours of code
      judge(quoted(node), colour(getComputedStyle(element).color), opacity(element), ground(element), TEXT);
    }
  };

  const plot = (svg, below) => {
    const title = svg.querySelector(":scope > title"), filled = [];
    seen.plots += 1;
    if (!title || title.textContent.trim().length < TITLE) complain("a plot without a title that tells it");
    for (const part of svg.querySelectorAll("text, path, use, line, rect, circle, ellipse, polygon, polyline")) {
      if (part.closest("defs, clipPath")) continue;
      const style = getComputedStyle(part), box = part.getBoundingClientRect();
      const shown = opacity(part, svg), what = `${part.localName} ${quoted(part.textContent ? part : title || svg)}`;
      const inner = { fill: shown * style.fillOpacity, stroke: shown * style.strokeOpacity };
      const used = ["stroke", "fill"].filter((name) => style[name] !== "none" && inner[name] > 0);
      const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
      const lies = (one) => one.box.left <= x && x <= one.box.right && one.box.top <= y && y <= one.box.bottom;
      const behind = filled.filter(lies).reduce((c, one) => over(one.paint, one.alpha, c), below);
      const [name] = part.localName === "text" ? ["fill"] : used;
      if (name) judge(what, colour(style[name]), inner[name], part.localName === "text" ? behind : below, SHAPE);
      if (used.includes("fill") && !["text", "use"].includes(part.localName)) {
        const paint = colour(style.fill);
        filled.push({ box, paint, alpha: paint[3] * inner.fill });
      }
    }
  };
  const draw = () => {
    for (const svg of root.querySelectorAll("svg")) plot(svg, ground(svg));
    for (const image of root.querySelectorAll("img")) { // JupyterLab shows an SVG as an image
      const source = decodeURIComponent(image.src.slice(image.src.indexOf(",") + 1));
      if (!image.src.startsWith("data:image/svg+xml,")) { complain("an image that is no plot"); continue; }
      const host = image.parentElement.appendChild(document.createElement("div"));
      host.attachShadow({ mode: "open" }).innerHTML = source;
      const svg = host.shadowRoot.querySelector("svg");
      if (image.alt.trim().length < TITLE) complain("a plot without a text in its place");
      plot(svg, [...upward(svg)].reduceRight((c, s) => { const p = colour(s.backgroundColor); return over(p, p[3], c); }, ground(image)));
      host.remove();
    }
  };

  // A word broken in two: anywhere, as in what a cell prints, or in a table, where room is short.
  const SHORT = /(?<![^\s-])[^\s-]{2,14}(?![^\s-])/g, TIGHT = "td, th, caption, h1, h2, summary";
  const rows = (range) => new Set([...range.getClientRects()].map((row) => Math.round(row.top))).size;
  const whole = () => {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), range = document.createRange();
    for (let node; (node = texts.nextNode()); ) {
      const element = node.parentElement;
      if (!node.textContent.trim() || element.closest("svg, style, script, .jp-InputArea")) continue;
      range.selectNodeContents(node);
      const lines = node.textContent.replace(/\n$/, "").split("\n").length, shown = rows(range);
      if (getComputedStyle(element).wordBreak === "break-all" && shown > lines)
        complain(`${quoted(node)}: broken within a word`);
      if (shown < 2 || !element.closest(TIGHT) || element.closest(".path, code")) continue;
      for (const word of node.textContent.matchAll(SHORT)) {
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        if (rows(range) > 1) complain(`"${word[0]}": broken within a word`);
      }
    }
  };
  const fit = () => {
    for (const part of [root, ...root.querySelectorAll("*")]) {
      if (part.closest("svg")) continue;
      const beyond = part.scrollWidth - part.clientWidth;
      if (part.clientWidth && beyond > 1) complain(`${part.localName} ${quoted(part)}: ${beyond} px too wide`);
    }
  };
  read();
  draw();
  whole();
  fit();
  return seen;
};
