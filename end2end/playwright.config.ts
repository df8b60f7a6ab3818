import { execFileSync } from 'node:child_process';
import { defineConfig } from '@playwright/test';

/** The system's browser where there is one; else the one that Playwright brought. */
function installed(): string | undefined {
  for (const name of [process.env['CHROMIUM'], 'chromium', 'chromium-browser', 'google-chrome']) {
    if (!name) continue;
    try {
      return execFileSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' }).trim();
    } catch {
      continue;
    }
  }
  return undefined;
}

const executablePath = installed();

export default defineConfig({
  testDir: 'tests',
  forbidOnly: !!process.env['CI'],
  fullyParallel: true,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
    trace: 'retain-on-failure',
  },
  // Each page is seen twice where that makes sense: brought to life, and with JavaScript off.
  projects: [
    { name: 'hydrated', grepInvert: /@plain/ },
    { name: 'plain', grep: /@plain|@both/, use: { javaScriptEnabled: false } },
  ],
});
