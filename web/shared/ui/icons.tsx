/** Icons, drawn for this project; text beside them says what they mean, so that screen readers pass over them. */

const PATHS = {
  brand: 'M5 8.5A2.5 2.5 0 0 1 7.5 6h9A2.5 2.5 0 0 1 19 8.5v7a2.5 2.5 0 0 1-2.5 2.5h-9A2.5 2.5 0 0 1 5 15.5zM20 10.5h-4.2a1.5 1.5 0 0 0 0 3H20z',
  home: 'M4 11.2 12 4.5l8 6.7V19a1 1 0 0 1-1 1h-4.5v-5.5h-5V20H5a1 1 0 0 1-1-1z',
  pay: 'M4 7.5A1.5 1.5 0 0 1 5.5 6h13A1.5 1.5 0 0 1 20 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 16.5zM4 10h16M7 14.5h4',
  shops: 'M5 10.5V19a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1v-8.5M3.5 9 5 4.5h14L20.5 9a2.8 2.8 0 0 1-5.6 0 2.9 2.9 0 0 1-5.8 0A2.8 2.8 0 0 1 3.5 9zM10 20v-5h4v5',
  history: 'M6 4h12a1 1 0 0 1 1 1v15l-2.5-1.5L14 20l-2-1.5L10 20l-2.5-1.5L5 20V5a1 1 0 0 1 1-1zM8.5 9h7M8.5 13h5',
  me: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20a7.5 7.5 0 0 1 15 0',
  contrast: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 4v16a8 8 0 0 0 0-16z',
  right: 'm9.5 6 6 6-6 6',
  left: 'm14.5 6-6 6 6 6',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  warning: 'M12 4 2.8 19.5h18.400zM12 10v4.5M12 17v.5',
  info: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5M12 8v.5',
  plan: 'M5 20V4M5 20h15M9 16v-4M13 16V8M17 16v-6',
  bank: 'M4 10h16L12 4.5zM6 10v7M10 10v7M14 10v7M18 10v7M4 19.5h16',
  news: 'M4 10v4h3l7 4V6l-7 4zM17.5 9a4 4 0 0 1 0 6',
  limits: 'M4.5 17a8.5 8.5 0 1 1 15 0M12 14l4-5',
} as const;

const FILLED = new Set<string>(['brand']);

export type IconName = keyof typeof PATHS;

export function Icon(props: { name: IconName }) {
  const filled = FILLED.has(props.name);
  return (
    <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path
        d={PATHS[props.name]}
        fill={filled ? 'currentColor' : 'none'}
        stroke={filled ? 'none' : 'currentColor'}
        stroke-width="1.8"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
