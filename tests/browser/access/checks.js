// Measures of a page that axe does not take. The tests evaluate this file in the page; each function returns a list of what is wrong.
window.accessChecks = (() => {
  const KAZAKH = /[ӘҒҚҢӨҰҮҺІәғқңөұүһі]/;
  const LATIN_WORDS = /\b[A-Za-z]{3,} [a-z]{2,} [A-Za-z]{2,}/;
  // The report's hints on a narrow screen and the grid's names: the whole text appears with the focus of their question or link.
  const UNFOLDED_BY_FOCUS = ".hint-box .hint, .grid-rows tbody th > a, .grid-rows tbody td";
  const FOCUSABLE =
    "a[href], button, input, select, textarea, summary, [tabindex], [contenteditable='true'], [role='gridcell'][tabindex], audio, video";

  const isVisible = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    [...element.getClientRects()].some((box) => box.width > 1 && box.height > 1);

  const describe = (element) => {
    const id = element.id ? `#${element.id}` : "";
    const classes = [...element.classList].map((name) => `.${name}`).join("");
    const text = (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 60);
    return `${element.localName}${id}${classes} "${text}"`;
  };

  // The colours are those of computed styles: rgb() or rgba().
  const channels = (color) => {
    const numbers = color.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    return { rgb: numbers.slice(0, 3), alpha: numbers[3] ?? 1 };
  };
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const backgroundOf = (element) => {
    for (let node = element; node; node = node.parentElement) {
      const { rgb, alpha } = channels(getComputedStyle(node).backgroundColor);
      if (alpha > 0.99) return rgb;
    }
    return [255, 255, 255];
  };

  // A control that stands in a sentence may be as low as its line (2.5.8, exception "inline").
  const isInline = (element) => {
    if (getComputedStyle(element).display !== "inline") return false;
    const block = element.closest("p, li, dd, dt, td, th, caption, summary, label, figcaption, div, h1, h2, h3");
    const others = [...(block?.childNodes ?? [])].filter((node) => !node.contains(element) && node.textContent.trim());
    return others.length > 0;
  };

  // The box in which a click reaches the control: a check box and its label are one target.
  const targetBox = (element) => {
    const boxes = [element, ...(element.labels ?? [])].filter(isVisible).map((part) => part.getBoundingClientRect());
    return boxes.reduce((best, box) => (Math.min(box.width, box.height) > Math.min(best.width, best.height) ? box : best));
  };

  /** Controls below 24 × 24 CSS pixels whose circle of that diameter touches another control (WCAG 2.5.8). */
  function smallTargets() {
    const controls = [...document.querySelectorAll(FOCUSABLE)].filter(
      (element) => isVisible(element) && !element.disabled && element.tabIndex >= 0 && element.localName !== "main",
    );
    const boxes = controls
      .filter((element) => !(element.localName === "div" || element.localName === "table" || element.localName === "section"))
      .map((element) => ({ element, box: targetBox(element) }));
    const small = boxes.filter(({ element, box }) => (box.width < 23.9 || box.height < 23.9) && !isInline(element));
    const distance = (box, x, y) =>
      Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
    return small
      .filter(({ element, box }) => {
        const x = (box.left + box.right) / 2;
        const y = (box.top + box.bottom) / 2;
        return boxes.some(
          (other) =>
            other.element !== element &&
            !other.element.contains(element) &&
            !element.contains(other.element) &&
            distance(other.box, x, y) < 12,
        );
      })
      .map(({ element, box }) => `${describe(element)} ${box.width.toFixed(1)}×${box.height.toFixed(1)}`);
  }

  const languageOf = (element) => element.closest("[lang]")?.getAttribute("lang") ?? "";

  const texts = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const results = [];
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (parent && !parent.closest("script, style, template, textarea")) results.push([parent, walker.currentNode.textContent.trim()]);
    }
    for (const element of document.querySelectorAll("[title], [aria-label], [placeholder], [alt]")) {
      for (const name of ["title", "aria-label", "placeholder", "alt"]) results.push([element, element.getAttribute(name) ?? ""]);
    }
    return results.filter(([, text]) => text);
  };

  // A Russian text may have Kazakh names: capitalised words, what stands in quotation marks, and files.
  const isKazakh = (text) =>
    text
      .replace(/«[^»]*»/g, "")
      .split(/[\s(/]+/)
      .some((word) => /^\p{Ll}/u.test(word) && KAZAKH.test(word) && !/\.\w+$/.test(word));

  /** Texts with Kazakh words, and English sentences, whose `lang` is another language (WCAG 3.1.2). */
  function otherLanguages() {
    const wrong = [];
    for (const [element, text] of texts()) {
      const code = languageOf(element);
      const isForeign = (code !== "kk" && isKazakh(text)) || (code !== "en" && LATIN_WORDS.test(text));
      if (isForeign) wrong.push(`${describe(element)} lang=${code}: ${text.slice(0, 80)}`);
    }
    return wrong;
  }

  /** Data tables without a name or without header cells. */
  function namelessTables() {
    return [...document.querySelectorAll("table")]
      .filter((table) => isVisible(table))
      .flatMap((table) => {
        const isNamed =
          table.caption?.textContent.trim() || table.hasAttribute("aria-label") || table.hasAttribute("aria-labelledby");
        const hasHeads = table.querySelector("th[scope], [role=columnheader]");
        return [...(isNamed ? [] : [`${describe(table)}: no name`]), ...(hasHeads ? [] : [`${describe(table)}: no headers`])];
      });
  }

  /** Pictures without a name that are not hidden from assistive technology. */
  function namelessPictures() {
    return [...document.querySelectorAll("svg, img")]
      // What is inside of a named picture is part of it.
      .filter((picture) => isVisible(picture) && !picture.closest("[aria-hidden=true], [role=img][aria-label]"))
      .filter(
        (picture) =>
          !(
            picture.getAttribute("aria-label") ||
            picture.getAttribute("aria-labelledby") ||
            picture.getAttribute("alt") !== null ||
            picture.querySelector(":scope > title")
          ),
      )
      .map(describe);
  }

  /** Elements that cut off their own text, and lists whose chosen option is wider than the list. */
  function cutTexts() {
    const canvas = document.createElement("canvas").getContext("2d");
    const wrong = [];
    for (const element of document.querySelectorAll("main *, header *, footer *")) {
      if (!isVisible(element) || element.matches(UNFOLDED_BY_FOCUS) || element.closest(".visually-hidden, svg")) continue;
      const style = getComputedStyle(element);
      if (element.localName === "select") {
        canvas.font = style.font;
        canvas.letterSpacing = style.letterSpacing === "normal" ? "0px" : style.letterSpacing;
        const text = element.selectedOptions[0]?.text ?? "";
        const room = element.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight);
        // A list that fills its line cannot be wider; opened, it shows the whole option.
        const line = element.closest("main, header").getBoundingClientRect().width;
        if (canvas.measureText(text).width > room + 1 && element.offsetWidth < 0.8 * line) wrong.push(`${describe(element)} cuts "${text}"`);
      } else if (["hidden", "clip"].includes(style.overflowX) || ["hidden", "clip"].includes(style.overflowY)) {
        const isCut = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
        const text = element.textContent.trim();
        // A text may be shortened where the whole stands beside it, for example unfolded under a heading.
        const isElsewhere = document.querySelector("main").textContent.split(text).length > 2;
        if (isCut && text && !isElsewhere) wrong.push(`${describe(element)} cuts its text`);
      }
    }
    return wrong;
  }

  /** What makes the page wider than its window. */
  function wideParts() {
    const width = document.documentElement.clientWidth;
    if (document.scrollingElement.scrollWidth <= width) return [];
    const parts = [...document.querySelectorAll("body *")].filter(
      (element) => isVisible(element) && element.getBoundingClientRect().right > width + 1 && !element.closest(".visually-hidden"),
    );
    return [`scrolls to ${document.scrollingElement.scrollWidth}`, ...parts.slice(0, 4).map(describe)];
  }

  /** Every control that the Tab key should reach. A group of radio buttons has one stop. */
  function tabStops() {
    const radios = new Set();
    return [...document.querySelectorAll(FOCUSABLE)].filter((element) => {
      if (element.tabIndex < 0 || element.disabled || !isVisible(element) || element.closest("[inert]")) return false;
      if (element.type === "radio") {
        const key = `${element.form?.id}-${element.name}`;
        const group = [...document.getElementsByName(element.name)].filter((other) => other.form === element.form);
        const stop = group.find((other) => other.checked) ?? element;
        if (stop !== element || radios.has(key)) return false;
        radios.add(key);
      }
      return true;
    });
  }

  /** Marks the stops, so that the walk with real keys can say which it missed. */
  function prepareWalk() {
    window.accessStops = new Set(tabStops());
    return window.accessStops.size;
  }

  const indicatorOf = (element) => {
    const style = getComputedStyle(element);
    const outline = style.outlineStyle === "none" ? 0 : Number.parseFloat(style.outlineWidth);
    return { width: outline, color: style.outlineColor, offset: Number.parseFloat(style.outlineOffset) };
  };

  /** The focused control: whether its focus can be seen (2.4.7, 2.4.11, 1.4.11). Returns null outside the page. */
  function focusState() {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    window.accessStops?.delete(element);
    if (element.type === "radio") for (const other of document.getElementsByName(element.name)) window.accessStops?.delete(other);
    const { width, color, offset } = indicatorOf(element);
    const problems = [];
    // An outline outside the box stands on what is behind the control, one inside on the control itself.
    const ground = backgroundOf(offset + width > 0 ? (element.parentElement ?? element) : element);
    const ratio = contrast(channels(color).rgb, ground);
    if (width < 2) problems.push("no visible focus");
    else if (ratio < 3) problems.push(`focus contrast ${ratio.toFixed(2)}`);
    const box = element.getBoundingClientRect();
    if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) problems.push("outside the window");
    else {
      const left = Math.max(box.left, 0);
      const right = Math.min(box.right, innerWidth);
      const top = Math.max(box.top, 0);
      const bottom = Math.min(box.bottom, innerHeight);
      const points = [0.1, 0.5, 0.9].flatMap((x) =>
        [0.1, 0.5, 0.9].map((y) => [left + (right - left) * x, top + (bottom - top) * y]),
      );
      const isSeen = points.some(([x, y]) => {
        const top_ = document.elementFromPoint(x, y);
        return top_ && (element.contains(top_) || top_.contains(element) || [...(element.labels ?? [])].includes(top_));
      });
      if (!isSeen) problems.push("hidden behind other content");
    }
    return { name: describe(element), top: box.top + scrollY, left: box.left + scrollX, problems };
  }

  /** Controls that stand outside the order of the page. */
  function positiveTabIndexes() {
    return [...document.querySelectorAll("[tabindex]")].filter((element) => element.tabIndex > 0).map(describe);
  }

  /** Controls that the walk has not reached. */
  function missedStops() {
    return [...(window.accessStops ?? [])].filter((element) => element.isConnected && isVisible(element)).map(describe);
  }

  return {
    smallTargets,
    otherLanguages,
    namelessTables,
    namelessPictures,
    cutTexts,
    wideParts,
    prepareWalk,
    focusState,
    missedStops,
    positiveTabIndexes,
  };
})();
