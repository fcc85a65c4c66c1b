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

  // Filters.
  const ranks = ['critical', 'high', 'medium', 'low'];
  const rows = new Map(all('tr[data-for]').map((row) => [row.dataset.for, row]));
  const lists = all('.unknowns');
  const pipelines = all('.pipeline').map((element) => ({
    element,
    row: rows.get(element.id),
    query: element.dataset.q.toLowerCase(),
    text: null,
    groups: all('.group', element).map((group) => ({
      group,
      standing: group.dataset.v,
      rank: ranks.indexOf(group.dataset.s),
    })),
  }));
  const matches = (pipeline, words) => words.every((word) => {
    if (pipeline.query.includes(word)) return true;
    if (pipeline.text === null) pipeline.text = pipeline.element.textContent.toLowerCase();
    return pipeline.text.includes(word);
  });
  const filter = () => {
    const words = one('search').value.toLowerCase().split(/\s+/).filter(Boolean);
    const standings = new Set(all('input[name=standing]:checked').map((input) => input.value));
    const least = Number(one('severity').value);
    let shown = 0;
    for (const pipeline of pipelines) {
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
    for (const list of lists) list.hidden = !list.querySelector('.group:not([hidden])');
    one('shown').textContent = `${shown} of ${pipelines.length} pipelines shown`;
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
  filter();

  // Links into what is closed open it.
  const follow = () => {
    const target = location.hash.length > 1 && one(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === 'DETAILS') {
      target.open = true;
      target.scrollIntoView();
    }
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
