/** What a view asks to be done to the labels of a dataset; the answer says what was done. */
export type LabelEdit =
  /** The images have this label and no other. */
  | { readonly action: "setLabel"; readonly ids: readonly string[]; readonly label: string }
  /** Images that lack the label get it too; when all have it, it is taken off. */
  | { readonly action: "toggleLabel"; readonly ids: readonly string[]; readonly label: string }
  | { readonly action: "exclude" | "restore"; readonly ids: readonly string[] }
  | { readonly action: "addLabel"; readonly label: string }
  | { readonly action: "undo" | "redo" };

export type LabelEditAnswer = {
  /** A sentence that says what was done. */
  readonly said: string;
};

export const aboutEdit = "edit";
