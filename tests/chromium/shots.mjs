// Pictures of the report, to look at: 1, 20 and 200 pipelines in both themes.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { open, withBrowser } from './browser.mjs';

const folder = join(resolve(process.env.CHROMIUM_TESTS), 'shots');
mkdirSync(folder, { recursive: true });
for (const colorScheme of ['light', 'dark']) {
  await withBrowser({ viewport: { width: 1280, height: 860 }, colorScheme, reducedMotion: 'reduce' }, async (context) => {
    for (const name of ['one', '20', '200', 'hostile', 'example']) {
      const { page } = await open(context, `${name}.html`);
      const shot = (part, options) => page.screenshot({ path: join(folder, `${name}-${colorScheme}-${part}.png`), ...options });
      await shot('top');
      await page.evaluate(() => {
        const pipeline = document.querySelector('.pipeline');
        pipeline.open = true;
        pipeline.scrollIntoView();
      });
      await page.waitForTimeout(200);
      await shot('pipeline');
      await page.evaluate(() => {
        for (const group of document.querySelectorAll('.pipeline[open] .group')) group.open = true;
        const chain = document.querySelector('ol.chain');
        (chain ? chain.closest('.group') : document.querySelector('.group')).scrollIntoView();
      });
      await page.waitForTimeout(200);
      await shot('findings');
      await page.evaluate(() => document.getElementById('untold')?.scrollIntoView());
      await page.waitForTimeout(200);
      await shot('end');
      await page.close();
    }
  });
}
