/** A view: its title in the document, and the focus on its heading when it is opened. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

let firstView = true;

export function Page(props: { title: string; app: string; lead?: string; children: ComponentChildren; hideTitle?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} | ${props.app}`;
  }, [props.title, props.app]);
  useEffect(() => {
    // Screen readers announce the title when the document loads. For later views the heading gets the focus, so that it is announced.
    if (!firstView) heading.current?.focus({ preventScroll: true });
    firstView = false;
  }, []);
  return (
    <div class="page">
      <h1 ref={heading} tabIndex={-1} class={props.hideTitle ? 'visually-hidden' : undefined}>
        {props.title}
      </h1>
      {props.lead && <p class="lead">{props.lead}</p>}
      {props.children}
    </div>
  );
}
