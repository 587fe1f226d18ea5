import type { ComponentChildren } from "preact";

import { Icon, type IconName } from "./icon.js";
import { useUniqueId } from "./hooks.js";

/** The frame of a widget: a landmark that people and scripts find by its name. */
export function Region({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <section
      class="sightbook-widget"
      role="region"
      aria-label={name}
      onFocusCapture={keepKeys}
      onKeyDownCapture={passSaving}
      onClick={keepFocus}
    >
      {children}
    </section>
  );
}

/**
 * Lumino leaves keys alone that are pressed in an element with this attribute. It must be the focused element itself: most
 * shortcuts of a notebook are for whatever has the focus, and are found before Lumino looks at what is around it.
 */
function keepKeys(event: FocusEvent): void {
  (event.target as Element).setAttribute("data-lm-suppress-shortcuts", "true");
}

/**
 * The first click into a cell makes it the notebook's active one, and the notebook then takes the focus: back to the
 * control that was clicked, else the keys pressed next would act on the notebook's cells.
 */
function keepFocus(event: MouseEvent): void {
  const region = event.currentTarget as Element;
  const control = (event.target as Element).closest<HTMLElement>("button, input, select, [tabindex]");
  requestAnimationFrame(() => {
    if (!region.contains(document.activeElement)) control?.focus({ preventScroll: true });
  });
}

/** Saving the notebook goes on to it: without, the browser would offer to save the page. */
function passSaving(event: KeyboardEvent): void {
  if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey)) return;
  const outside = (event.currentTarget as Element).parentElement;
  const isOpen = outside?.dispatchEvent(new KeyboardEvent(event.type, event)) ?? true;
  if (!isOpen) event.preventDefault();
  event.stopPropagation();
}

/** Controls in a row that wraps. */
export function Toolbar({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div class="sightbook-toolbar" role="group" aria-label={name}>
      {children}
    </div>
  );
}

export interface ButtonProps {
  /** What it does: its accessible name, and its text unless there is only an icon. */
  readonly label: string;
  readonly onClick: () => void;
  /** What is shown in place of the label. */
  readonly text?: string;
  readonly icon?: IconName;
  /** Shows the icon alone; the label appears when the pointer rests on it. */
  readonly iconOnly?: boolean;
  readonly disabled?: boolean;
  /** As `disabled`, but keeps the focus: for a button that the next press of a key may bring back. */
  readonly unavailable?: boolean;
  /** For a button that stays down. */
  readonly pressed?: boolean;
  /** The one action of a place that is most often wanted. */
  readonly primary?: boolean;
  /** The key that does the same, such as "Ctrl+Z". */
  readonly shortcut?: string;
}

export function Button({
  label,
  text = label,
  onClick,
  icon,
  iconOnly = false,
  disabled = false,
  unavailable = false,
  pressed,
  primary = false,
  shortcut,
}: ButtonProps) {
  return (
    <button
      type="button"
      class={`sightbook-button${primary ? " sightbook-primary" : ""}`}
      aria-label={label}
      aria-pressed={pressed}
      aria-keyshortcuts={shortcut?.replaceAll("Ctrl", "Control")}
      title={shortcut === undefined ? (iconOnly ? label : undefined) : `${label} (${shortcut})`}
      disabled={disabled}
      aria-disabled={unavailable || undefined}
      onClick={unavailable ? undefined : onClick}
    >
      {icon && <Icon name={icon} />}
      {!iconOnly && <span>{text}</span>}
    </button>
  );
}

export interface Choice {
  readonly value: string;
  /** What is shown, by default the value. */
  readonly text?: string;
}

export interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onChange: (value: string) => void;
  readonly disabled?: boolean;
}

/** A drop-down with its name beside it. */
export function Select({ label, value, choices, onChange, disabled = false }: SelectProps) {
  const id = useUniqueId();
  return (
    <span class="sightbook-field">
      <label for={id}>{label}</label>
      <select
        id={id}
        class="sightbook-input"
        value={value}
        disabled={disabled}
        onChange={(event) => {
          onChange(event.currentTarget.value);
        }}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.text ?? choice.value}
          </option>
        ))}
      </select>
    </span>
  );
}

export interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  /** Called with every change. */
  readonly onInput: (value: string) => void;
  /** Called when Enter is pressed. */
  readonly onEnter?: () => void;
  readonly type?: "text" | "search" | "number";
  readonly placeholder?: string;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  /** Width in characters. */
  readonly size?: number;
  readonly disabled?: boolean;
}

export function TextField({
  label,
  value,
  onInput,
  onEnter,
  type = "text",
  size = 12,
  ...rest
}: TextFieldProps) {
  const id = useUniqueId();
  return (
    <span class="sightbook-field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="sightbook-input"
        style={{ width: `${size + 3}ch` }}
        type={type}
        value={value}
        onInput={(event) => {
          onInput(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") onEnter?.();
        }}
        list={undefined}
        {...rest}
      />
    </span>
  );
}

export interface CheckboxProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  /** Shown behind the label, such as a count; not part of the name. */
  readonly detail?: string;
  readonly disabled?: boolean;
}

export function Checkbox({ label, checked, onChange, detail, disabled = false }: CheckboxProps) {
  const id = useUniqueId();
  return (
    <span class="sightbook-checkbox">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => {
          onChange(event.currentTarget.checked);
        }}
      />
      <label for={id}>{label}</label>
      {detail !== undefined && <span class="sightbook-muted">{detail}</span>}
    </span>
  );
}

/** Says what was just done; screen readers read it out. */
export function Status({ children }: { readonly children: ComponentChildren }) {
  return (
    <div class="sightbook-status" role="status">
      {children}
    </div>
  );
}

/** Something the user must know about the whole widget, such as a kernel that is gone. */
export function Notice({
  kind,
  children,
}: {
  readonly kind: "warning" | "error";
  readonly children: ComponentChildren;
}) {
  return (
    <div class={`sightbook-notice sightbook-${kind}`} role="alert">
      <Icon name="problem" />
      <span>{children}</span>
    </div>
  );
}

/** Stands where something would be, and says why there is nothing and what to do. */
export function EmptyState({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="sightbook-empty">
      <strong>{title}</strong>
      {children !== undefined && <span>{children}</span>}
    </div>
  );
}
