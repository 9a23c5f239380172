/**
 * The resident's app without a connection: its own files, and nothing of the API.
 *
 * The build fills in `__FILES__` and `__VERSION__`. A new version waits until the page lets it take over, and the files of the
 * version before stay until then, so that an open page never misses one.
 */
/// <reference lib="webworker" />

declare const __FILES__: string[];
declare const __VERSION__: string;
declare const self: ServiceWorkerGlobalScope;

const CACHE = `eeum-resident-${__VERSION__}`;
const SHELL = '/resident/';

self.addEventListener('install', (event) => {
  event.waitUntil(keepFiles());
});

/** While a deployment is under way the page may still be the one before: then nothing is installed, and the next look tries again. */
async function keepFiles(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(__FILES__.map((file) => new Request(file, { cache: 'no-cache' })));
  const page = await (await cache.match(SHELL))?.text();
  const scripts = __FILES__.filter((file) => file.endsWith('.js') || file.endsWith('.css'));
  if (!scripts.some((file) => page?.includes(file))) {
    await caches.delete(CACHE);
    throw new Error('The page is of another version.');
  }
}

self.addEventListener('message', (event) => {
  if (event.data === 'take-over') void self.skipWaiting();
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith('eeum-resident-') && name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate' && url.pathname.startsWith(SHELL)) {
    event.respondWith(fromCache(SHELL, request));
  } else if (__FILES__.includes(url.pathname)) {
    event.respondWith(fromCache(url.pathname, request));
  }
});

async function fromCache(name: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(name)) ?? fetch(request);
}

export {};
