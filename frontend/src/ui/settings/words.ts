/** What the settings say of labels, their objects and members. */
import type { LabelRow } from "../../api/settings";
import type { Role } from "../../api/rest";
import type { ObjectType } from "../../store/messages";
import { countOf, number } from "../words";

/** Colours that are told apart by colour-blind people too, and on pink and blue tissue. */
export const PALETTE = [
  "#ffd400", "#00c2a8", "#3d9bff", "#ff7a3d", "#c77dff", "#8bd450", "#ff5fa2", "#b0b0b0", "#ffffff",
] as const;

export const ROLES: readonly { value: Role; label: string }[] = [
  { value: "viewer", label: "Viewer" },
  { value: "annotator", label: "Annotator" },
  { value: "admin", label: "Admin" },
];

/** Regions have no model and no tool yet: nothing could be drawn under such a label. */
export const TYPES: readonly { value: ObjectType; label: string }[] = [
  { value: "nucleus", label: "nucleus" },
  { value: "cell", label: "cell" },
  { value: "gland", label: "gland" },
];

type Held = LabelRow["held"];

/** 12 nuclei, 3 undecided */
export function heldInWords({ accepted, undecided }: Held, type: ObjectType): string {
  if (accepted + undecided === 0) return "no objects";
  const parts = accepted > 0 ? [countOf(accepted, type)] : [];
  if (undecided > 0) parts.push(`${number(undecided)} undecided`);
  return parts.join(", ");
}

/** The first colour of the palette that no label has. */
export function freeColour(labels: readonly { colour: string }[]): string {
  const taken = new Set(labels.map(({ colour }) => colour));
  return PALETTE.find((colour) => !taken.has(colour)) ?? PALETTE[labels.length % PALETTE.length]!;
}

/** The list with the item at `from` one place further up (−1) or down (1). */
export function moved<T>(items: readonly T[], from: number, by: number): T[] {
  const order = [...items];
  const [item] = order.splice(from, 1);
  order.splice(from + by, 0, item!);
  return order;
}

export const MAX_GUIDELINES_BYTES = 64 * 1024;

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
