/** The service worker of this app: its registration, and whether a new version waits. */
import { signal } from '@preact/signals';
import { keep, kept } from '../../shared/i18n/language.ts';

const HOUR_MS = 3_600_000;
export const SWITCHED_OFF = 'eeum-worker-off';

export const waiting = signal<ServiceWorker | null>(null);
let replaced = false;

/** Register the worker in built apps, and look for a new version each hour and when the page is seen again. */
export function watchForUpdates(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD || kept(SWITCHED_OFF)) return;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    // The first worker takes over a page that is current; only one that was asked for by `update` reloads it.
    if (replaced) location.reload();
  });
  navigator.serviceWorker.register('/resident/worker.js', { scope: '/resident/', updateViaCache: 'none' }).then(watch, () => {
    // Where workers are refused, the app works without being installed.
  });
}

function watch(registration: ServiceWorkerRegistration): void {
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

/** Switch the worker off in this browser: everything that it kept is deleted. */
export async function switchOff(): Promise<void> {
  keep(SWITCHED_OFF, 'yes');
  for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
  for (const name of await caches.keys()) await caches.delete(name);
}
