// Runs in the page: what is seen of it, measured.
(() => {
  const channels = (text) => {
    const numbers = (text.match(/[\d.]+/g) || []).map(Number);
    return { r: numbers[0] || 0, g: numbers[1] || 0, b: numbers[2] || 0, a: numbers.length > 3 ? numbers[3] : 1 };
  };
  const over = (top, below) => ({
    r: top.r * top.a + below.r * (1 - top.a),
    g: top.g * top.a + below.g * (1 - top.a),
    b: top.b * top.a + below.b * (1 - top.a),
    a: 1,
  });
  // WCAG 2.2, relative luminance and contrast ratio.
  const luminance = ({ r, g, b }) => {
    const part = (value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const fill = channels(style.backgroundColor);
      if (style.backgroundColor !== 'rgba(0, 0, 0, 0)') layers.push(fill);
      if (fill.a === 1 && style.backgroundColor !== 'rgba(0, 0, 0, 0)') break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), { r: 255, g: 255, b: 255, a: 1 });
  };
  const shapeOf = (text) => {
    let at = text.previousElementSibling;
    while (at && at.tagName === 'text') at = at.previousElementSibling;
    return at;
  };

  /** Every visible piece of text with its contrast. */
  window.contrasts = () => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || element.closest('script, title, desc, option')) continue;
      if (!element.checkVisibility({ contentVisibilityAuto: false })) continue;
      const style = getComputedStyle(element);
      const drawn = element.closest('svg');
      const ink = channels(drawn ? style.fill : style.color);
      let ground = behind(element);
      const shape = drawn && shapeOf(element);
      if (shape && getComputedStyle(shape).fill !== 'none') ground = over(channels(getComputedStyle(shape).fill), ground);
      found.push({ text: node.data.trim().slice(0, 60), ratio: contrast(over(ink, ground), ground), where: element.className.baseVal ?? element.className });
    }
    return found;
  };

  /** Labels of drawings that touch another, or leave their shape or drawing. */
  window.misplaced = () => {
    const wrong = [];
    let labels = 0;
    for (const svg of document.querySelectorAll('.drawing svg')) {
      const whole = svg.viewBox.baseVal;
      const texts = Array.from(svg.querySelectorAll('text')).map((text) => {
        const { x, y, width, height } = text.getBBox();
        return { text, x, y, width, height };
      });
      labels += texts.length;
      texts.forEach((one, n) => {
        const said = one.text.firstChild ? one.text.firstChild.data : '';
        if (one.x < 0 || one.y < 0 || one.x + one.width > whole.width || one.y + one.height > whole.height) wrong.push(`outside the drawing: ${said}`);
        const shape = shapeOf(one.text).getBBox();
        if (one.x < shape.x || one.x + one.width > shape.x + shape.width + 0.5) wrong.push(`outside its shape: ${said}`);
        for (const other of texts.slice(n + 1)) {
          const apart = one.x + one.width <= other.x || other.x + other.width <= one.x
            || one.y + one.height <= other.y + 0.5 || other.y + other.height <= one.y + 0.5;
          if (!apart) wrong.push(`${said} over ${other.text.firstChild.data}`);
        }
      });
    }
    return { wrong, labels };
  };
})();
