/** A modal dialog of the browser's own: it keeps the focus inside, gives it back, and closes by Escape unless it must be answered. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

export function Dialog(props: { title: string; open: boolean; onClose?: () => void; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    const dialog = element.current;
    if (!dialog) return;
    if (props.open && !dialog.open) dialog.showModal();
    if (!props.open && dialog.open) dialog.close();
  }, [props.open]);
  return (
    <dialog
      ref={element}
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose?.();
      }}
      onClick={(event) => event.target === element.current && props.onClose?.()}
    >
      {props.open && (
        <div class="dialog-body">
          <h2 id={title}>{props.title}</h2>
          {props.children}
        </div>
      )}
    </dialog>
  );
}
