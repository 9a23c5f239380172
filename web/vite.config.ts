/// <reference types="vitest/config" />
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { licences, residentWorker } from './build/plugins.ts';
import { standIn } from './build/development.ts';

const here = import.meta.dirname;

/** Each folder below `apps` with a page is an app. */
function appsOf(): string[] {
  return readdirSync(resolve(here, 'apps')).filter((app) => existsSync(resolve(here, 'apps', app, 'index.html')));
}

export default defineConfig({
  root: resolve(here, 'apps'),
  publicDir: resolve(here, 'public'),
  base: '/',
  appType: 'mpa',
  plugins: [standIn(process.env.CITY), residentWorker(), licences()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: resolve(here, 'dist'),
    emptyOutDir: true,
    target: 'es2022',
    // Nothing is put into the page or the styles themselves: the content security policy takes files alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        ...Object.fromEntries(appsOf().map((app) => [app, resolve(here, `apps/${app}/index.html`)])),
        'resident-worker': resolve(here, 'apps/resident/worker.ts'),
      },
      output: {
        entryFileNames: (chunk) => (chunk.name === 'resident-worker' ? 'resident/worker.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  // One document for all: making one for each file takes longer than all tests.
  test: { root: here, environment: 'jsdom', isolate: false, fileParallelism: false, include: ['{shared,apps,build}/**/*.test.{ts,tsx}'] },
});
