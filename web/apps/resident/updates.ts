/** The service worker of this app: its registration, and whether a new version waits. */
import { signal } from '@preact/signals';
import { config } from '../../shared/session/config.ts';

const HOUR_MS = 3_600_000;

export const waiting = signal<ServiceWorker | null>(null);
let replaced = false;

/** Register the worker in built apps, and look for a new version each hour and when the page is seen again. */
export function watchForUpdates(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  config().then(
    ({ worker }) => (worker === false ? void switchOff() : register()),
    // Without a connection the worker that there is stays.
    () => undefined,
  );
}

function register(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    // The first worker takes over a page that is current; only one that was asked for by `update` reloads it.
    if (replaced) location.reload();
  });
  navigator.serviceWorker.register('/resident/worker.js', { scope: '/resident/', updateViaCache: 'none' }).then(watch, () => {
    // Where workers are refused, the app works without being installed.
  });
}

function watch(registration: ServiceWorkerRegistration | undefined): void {
  // Some browsers refuse without an error.
  if (!registration) return;
  const look = () => registration.update().catch(() => undefined);
  setInterval(look, HOUR_MS);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && look());
  noticed(registration);
  registration.addEventListener('updatefound', () =>
    registration.installing?.addEventListener('statechange', () => noticed(registration)),
  );
}

function noticed(registration: ServiceWorkerRegistration): void {
  if (registration.waiting && navigator.serviceWorker.controller) waiting.value = registration.waiting;
}

/** Let the new version take over; the page reloads, and drafts are still there. */
export function update(): void {
  replaced = true;
  waiting.value?.postMessage('take-over');
}

/** Remove the worker of an earlier version, with everything that it kept. */
async function switchOff(): Promise<void> {
  for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
  for (const name of await caches.keys()) await caches.delete(name);
}
