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
  useEffect(() => {
    const before = (dialog.current!.getRootNode() as Document | ShadowRoot).activeElement;
    dialog.current!.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`sightbook-dialog ${className}`}
      aria-label={name}
      onClose={onClose}
      onCancel={onClose}
      onKeyDown={(event) => {
        onKeyDown?.(event);
        event.stopPropagation();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      {children}
    </dialog>
  );
}
