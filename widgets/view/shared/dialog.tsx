import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

export interface DialogProps {
  readonly name: string;
  readonly class: string;
  readonly onClose: () => void;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly children: ComponentChildren;
}

/** A window above the page that keeps the focus until it is closed, and then gives it back. */
export function Dialog({ name, class: className, onClose, onKeyDown, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOver = useRef(false);
  useEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => {
      isOver.current = true;
      element.close();
    };
  }, []);
  // Told once: the browser's own event comes late, when another one may be open.
  const end = (): void => {
    if (isOver.current) return;
    isOver.current = true;
    onClose();
  };
  const close = (): void => {
    dialog.current?.close(); // at once, and not when it is drawn away: the next key already goes to where the focus was
    end();
  };
  return (
    <dialog
      ref={dialog}
      class={`sightbook-dialog ${className}`}
      aria-label={name}
      onClose={end}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onKeyDown={(event) => {
        onKeyDown?.(event);
        event.stopPropagation();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      {children}
    </dialog>
  );
}
