/** Whether the person whose page this is is the one who is signed in, as far as the page knows. */
export type Standing =
  | { readonly kind: "signed_in" }
  | { readonly kind: "signed_out" }
  | { readonly kind: "other_person"; readonly username: string };

export const SIGNED_IN: Standing = { kind: "signed_in" };
export const SIGNED_OUT: Standing = { kind: "signed_out" };
