/** What the build adds: the list of files in the resident's worker, and the licences of what is shipped. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Plugin } from 'vite';

const WEB = resolve(import.meta.dirname, '..');
const WORKER = 'resident/worker.js';

/** Lists in `resident/worker.js` all that the app needs without a connection, under a version that follows from their contents. */
export function residentWorker(): Plugin {
  return {
    name: 'resident-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const worker = bundle[WORKER];
        const page = bundle['resident/index.html'];
        if (worker?.type !== 'chunk' || page?.type !== 'asset') this.error('The resident app has no page or no worker.');
        const reached = filesOf(String(page.source), bundle);
        const publicFiles = filesBelow(join(WEB, 'public')).filter((file) => /^(icons\/wallet|resident\/)/.test(file));
        const digest = createHash('sha256').update(String(page.source));
        for (const file of publicFiles) digest.update(readFileSync(join(WEB, 'public', file)));
        const files = ['/resident/', ...[...reached, ...publicFiles].map((file) => `/${file}`)].sort();
        worker.code = worker.code
          .replaceAll('__FILES__', JSON.stringify(files))
          .replaceAll('__VERSION__', JSON.stringify(digest.digest('hex').slice(0, 16)));
      },
    },
  };
}

type Bundle = Parameters<Extract<NonNullable<Plugin['generateBundle']>, (...given: never[]) => unknown>>[1];

/** The page's scripts and styles, and all that these import or name. */
function filesOf(page: string, bundle: Bundle): Set<string> {
  const reached = new Set<string>();
  const visit = (text: string) => {
    for (const [, file] of text.matchAll(/["'(/](assets\/[\w.-]+)/g)) {
      if (!file || reached.has(file) || !bundle[file]) continue;
      reached.add(file);
      const part = bundle[file];
      if (part.type === 'chunk') {
        visit(part.code);
        for (const imported of [...part.imports, ...part.dynamicImports]) visit(`"${imported}"`);
      } else if (file.endsWith('.css')) visit(String(part.source).replaceAll('url(', 'url(/').replaceAll('//', '/'));
    }
  };
  visit(page);
  return reached;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** The licence of the font goes where the font goes. */
export function licences(): Plugin {
  return {
    name: 'licences',
    apply: 'build',
    generateBundle() {
      this.emitFile({
        type: 'asset',
        fileName: 'licences/pretendard-gov.txt',
        source: readFileSync(join(WEB, 'node_modules/pretendard-gov/dist/LICENSE.txt')),
      });
    },
  };
}
