/** The first view of each app stays within its bounds, gzipped: 60 kB of script, 30 kB of styles. And no page has inline code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

const DIST = resolve(import.meta.dirname, '../dist');
const SCRIPT = 60_000;
const STYLES = 30_000;

const sizeOf = (file) => gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length;

/** A script and what it imports statically. */
function withImports(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  const code = readFileSync(join(DIST, file), 'utf8');
  for (const [, name] of code.matchAll(/(?:from|import)\s*["']\.?\/?(?:assets\/)?([\w.-]+\.js)["']/g)) withImports(`assets/${name}`, found);
  return found;
}

let failed = false;
for (const app of readdirSync(DIST, { withFileTypes: true })) {
  if (!app.isDirectory() || !readdirSync(join(DIST, app.name)).includes('index.html')) continue;
  const page = readFileSync(join(DIST, app.name, 'index.html'), 'utf8');
  const scripts = new Set();
  for (const [, file] of page.matchAll(/(?:src|href)="\/(assets\/[\w.-]+\.js)"/g)) withImports(file, scripts);
  const styles = [...page.matchAll(/href="\/(assets\/[\w.-]+\.css)"/g)].map(([, file]) => file);
  const script = [...scripts].reduce((sum, file) => sum + sizeOf(file), 0);
  const style = styles.reduce((sum, file) => sum + sizeOf(file), 0);
  console.log(`${app.name}: script ${(script / 1000).toFixed(1)} kB, styles ${(style / 1000).toFixed(1)} kB gzipped`);
  if (script > SCRIPT || style > STYLES || script === 0 || style === 0) {
    console.error(`${app.name}: at most ${SCRIPT / 1000} kB of script and ${STYLES / 1000} kB of styles, and some of both.`);
    failed = true;
  }
  if (/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/i.test(page)) {
    console.error(`${app.name}: index.html has inline code, which the content security policy refuses.`);
    failed = true;
  }
}
process.exit(failed ? 1 : 0);
