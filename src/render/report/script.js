'use strict';
(() => {
  const root = document.documentElement;
  const all = (selector, within) => Array.from((within || document).querySelectorAll(selector));
  const one = (id) => document.getElementById(id);
  root.classList.add('js');

  // The theme: the system's, until another is chosen.
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const theme = one('theme');
  const current = () => root.dataset.theme || (dark.matches ? 'dark' : 'light');
  const name = () => { theme.textContent = current() === 'dark' ? 'Light theme' : 'Dark theme'; };
  theme.addEventListener('click', () => {
    root.dataset.theme = current() === 'dark' ? 'light' : 'dark';
    name();
  });
  dark.addEventListener('change', name);
  name();

  // What stands in pipelines came as text (HTML standard, 4.12.2, noscript where scripts run), to be made elements when it is needed, or
  // when there's time.
  const texts = all('.pipeline > noscript').reverse();
  const fill = (text) => {
    text.insertAdjacentHTML('beforebegin', text.textContent);
    text.remove();
  };
  const fillWhile = (more) => {
    while (texts.length && more()) {
      const text = texts.pop();
      if (text.isConnected) fill(text);
    }
  };
  const fillAll = () => fillWhile(() => true);
  const later = (work) => {
    if (window.requestIdleCallback) window.requestIdleCallback(work);
    else {
      setTimeout(() => {
        const end = performance.now() + 20;
        work({ timeRemaining: () => end - performance.now() });
      }, 20);
    }
  };
  const fillLater = () => later((deadline) => {
    fillWhile(() => deadline.timeRemaining() > 0);
    if (texts.length) fillLater();
  });
  document.addEventListener('toggle', ({ target }) => {
    const text = target.open && target.querySelector(':scope > noscript');
    if (text) fill(text);
  }, true);
  window.addEventListener('beforeprint', fillAll);
  window.addEventListener('load', fillLater);

  // Filters.
  const ranks = ['critical', 'high', 'medium', 'low'];
  const rows = new Map(all('tr[data-for]').map((row) => [row.dataset.for, row]));
  const pipelines = all('.pipeline').map((element) => ({
    element,
    row: rows.get(element.id),
    query: element.dataset.q.toLowerCase(),
    text: null,
    groups: null,
  }));
  const groups = (pipeline) => all('.group', pipeline.element).map((group) => ({
    group,
    standing: group.dataset.v,
    rank: ranks.indexOf(group.dataset.s),
  }));
  const matches = (pipeline, words) => words.every((word) => {
    if (pipeline.query.includes(word)) return true;
    if (pipeline.text === null) pipeline.text = pipeline.element.textContent.toLowerCase();
    return pipeline.text.includes(word);
  });
  const tell = (shown) => {
    one('shown').textContent = `${shown} of ${pipelines.length} pipelines shown`;
  };
  const filter = () => {
    const words = one('search').value.toLowerCase().split(/\s+/).filter(Boolean);
    const standings = new Set(all('input[name=standing]:checked').map((input) => input.value));
    const least = Number(one('severity').value);
    fillAll();
    let shown = 0;
    for (const pipeline of pipelines) {
      if (pipeline.groups === null) pipeline.groups = groups(pipeline);
      let some = pipeline.groups.length === 0;
      for (const { group, standing, rank } of pipeline.groups) {
        const fits = standings.has(standing) && (least === 4 || (rank >= 0 && rank <= least));
        group.hidden = !fits;
        some = some || fits;
      }
      const fits = some && matches(pipeline, words);
      pipeline.element.hidden = !fits;
      if (pipeline.row) pipeline.row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const list of all('.unknowns')) list.hidden = !list.querySelector('.group:not([hidden])');
    tell(shown);
  };
  let waiting = 0;
  const form = document.querySelector('.filters');
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  one('open').addEventListener('click', () => {
    for (const { element } of pipelines) if (!element.hidden) element.open = true;
  });
  one('close').addEventListener('click', () => {
    for (const details of all('.pipeline, .group, .unknowns')) details.open = false;
  });
  // Browsers may have kept what was asked for before.
  const asked = one('search').value !== '' || one('severity').value !== '4' || all('input[name=standing]:not(:checked)').length > 0;
  if (asked) filter();
  else tell(pipelines.length);

  // Links into what is closed open it.
  const follow = () => {
    if (location.hash.length < 2) return;
    const id = decodeURIComponent(location.hash.slice(1));
    if (!one(id)) fillAll();
    const target = one(id);
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
    target.scrollIntoView();
  };
  window.addEventListener('hashchange', follow);
  follow();

  // Commands to copy.
  document.addEventListener('click', (event) => {
    const button = event.target.closest('.copy');
    if (!button) return;
    const said = (text) => {
      button.textContent = text;
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    };
    const text = button.previousElementSibling.textContent;
    const copied = navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error('none'));
    copied.then(() => said('Copied'), () => {
      const range = document.createRange();
      range.selectNodeContents(button.previousElementSibling);
      const selection = window.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      said('Selected');
    });
  });
})();
