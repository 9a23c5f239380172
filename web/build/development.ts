/** `npm run dev` and `vite preview` against a running city: pages, `/api`, sign-in and `/config.json` on one address. */
import type { Plugin, PreviewServer, ViteDevServer } from 'vite';

/** `CITY` is the address of a running city, as `make run` prints it. */
export function standIn(city = 'http://localhost:4566'): Plugin {
  const proxy = Object.fromEntries(
    ['/api', '/config.json', '/oauth2', '/login', '/logout'].map((path) => [path, { target: city, changeOrigin: false }]),
  );
  return {
    name: 'stand-in',
    config: () => ({ server: { proxy }, preview: { proxy } }),
    configureServer: pages,
    configurePreviewServer: pages,
  };
}

/** A path below an app that is no file is the app's page. */
function pages(server: ViteDevServer | PreviewServer): void {
  server.middlewares.use((request, _response, next) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const app = /^\/(resident|local)(\/|$)/.exec(path)?.[1];
    if (app && !/\.\w+$/.test(path)) request.url = `/${app}/index.html`;
    next();
  });
}
