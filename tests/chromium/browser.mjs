// A real browser, with nothing of anybody's profile and nothing that calls home.
import { createRequire } from 'node:module';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

// Where `run` has put the package.
const require = createRequire(join(resolve(process.env.CHROMIUM_TESTS), 'package.json'));
const { chromium } = require('playwright-core');

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
const args = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

/** Runs work with a context of a fresh browser. */
export async function withBrowser(options, work) {
  const profile = mkdtempSync(join(tmpdir(), 'gateproof-chromium-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath, args, headless: true, ...options });
  try {
    return await work(context);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** The address of a page that was written. */
export function address(name) {
  return pathToFileURL(join(resolve(process.env.CHROMIUM_TESTS), 'pages', name)).href;
}

/** Opens a page, and keeps all that it asks for, logs and throws up; where scripts run, all that it holds has been made elements of. */
export async function open(context, name) {
  const page = await context.newPage();
  const seen = { requests: [], console: [], errors: [], dialogs: [] };
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('console', (message) => seen.console.push(message.text()));
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('dialog', (dialog) => {
    seen.dialogs.push(dialog.message());
    dialog.dismiss();
  });
  await page.goto(address(name), { waitUntil: 'load' });
  await page.waitForFunction(() => !document.querySelector('noscript') || !document.documentElement.matches('.js'));
  return { page, seen };
}
