/** The frame of every view of an app: the name, languages, contrast, the menu and the content. */
import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';
import { chooseLanguage, language } from '../i18n/language.ts';
import { common } from '../i18n/texts.ts';
import { contrast, toggleContrast } from './contrast.ts';
import { Icon, type IconName } from './icons.tsx';

/** `covers` are paths other than `href` for which this link is also shown as current. */
export type MenuLink = { href: string; label: string; icon: IconName; covers?: string[] };

export function Frame(props: { app: string; home: string; links: MenuLink[]; children: ComponentChildren }) {
  const t = common();
  const other = language.value === 'ko' ? 'en' : 'ko';
  return (
    <div class={`frame ${props.links.length > 0 ? 'frame-with-menu' : ''}`}>
      <a class="skip" href="#content" onClick={skip}>
        {t.skip}
      </a>
      <header class="top">
        <div class="top-inner">
          <a class="brand" href={props.home}>
            <Icon name="brand" />
            <span>{props.app}</span>
          </a>
          <div class="top-tools">
            <button type="button" class="tool" aria-pressed={contrast.value === 'more'} onClick={toggleContrast} title={t.contrast.more}>
              <Icon name="contrast" />
              <span class="visually-hidden">{t.contrast.more}</span>
            </button>
            <button type="button" class="tool tool-language" lang={other} onClick={() => chooseLanguage(other)}>
              {t.language[other]}
            </button>
          </div>
        </div>
      </header>
      {props.links.length > 0 && <Menu links={props.links} home={props.home} />}
      <main id="content" tabIndex={-1}>
        {props.children}
      </main>
    </div>
  );
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

function Menu(props: { links: MenuLink[]; home: string }) {
  // A location's path has no slash at its end, and the address of an app's first view has.
  const path = `${useLocation().path}/`;
  return (
    <nav class="menu" aria-label={common().mainMenu}>
      <ul>
        {props.links.map((link) => {
          const address = link.href.endsWith('/') ? link.href : `${link.href}/`;
          const covered = link.covers?.some((each) => path.startsWith(`${each}/`)) ?? false;
          const here = covered || (link.href === props.home ? path === address : path.startsWith(address));
          return (
            <li key={link.href}>
              <a href={link.href} aria-current={path === address ? 'page' : here ? 'true' : undefined}>
                <Icon name={link.icon} />
                <span>{link.label}</span>
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
