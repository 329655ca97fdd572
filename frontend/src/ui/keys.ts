/** All keys of the workspace: one table for what they do and for the help that lists them. */
import type { Label } from "../store/labels";
import type { Workspace } from "../workspace";
import { meaningOf, type Meaning } from "./key-press";

export interface Key {
  /** As the help shows it. */
  readonly shown: string;
  readonly words: string;
  readonly group: "View" | "Tools" | "Proposals" | "Objects";
  /** Names as key-press.ts gives them: with "shift+" in front where Shift must be held. */
  readonly matches: readonly string[];
  readonly press?: (workspace: Workspace) => void;
  /** Called when the key is let go, for those that act while held. */
  readonly release?: (workspace: Workspace) => void;
  /** Only for those who may edit. */
  readonly edits?: boolean;
}

const PAN_PX = 120;
const ZOOM = 1.5;

export const KEYS: readonly Key[] = [
  { shown: "← ↑ → ↓", words: "Move the view", group: "View", matches: [] },
  { shown: "", words: "", group: "View", matches: ["arrowleft"], press: (w) => w.viewer.panBy(-PAN_PX, 0) },
  { shown: "", words: "", group: "View", matches: ["arrowright"], press: (w) => w.viewer.panBy(PAN_PX, 0) },
  { shown: "", words: "", group: "View", matches: ["arrowup"], press: (w) => w.viewer.panBy(0, -PAN_PX) },
  { shown: "", words: "", group: "View", matches: ["arrowdown"], press: (w) => w.viewer.panBy(0, PAN_PX) },
  { shown: "+", words: "Zoom in", group: "View", matches: ["+", "="], press: (w) => w.viewer.zoomBy(ZOOM) },
  { shown: "−", words: "Zoom out", group: "View", matches: ["-", "_"], press: (w) => w.viewer.zoomBy(1 / ZOOM) },
  { shown: "F", words: "Fit the slide to the screen", group: "View", matches: ["f"], press: (w) => w.viewer.fit() },
  {
    shown: "Space",
    words: "Pan with any tool, while held",
    group: "View",
    matches: [" "],
    press: (w) => w.tools.panOnly.set(true),
    release: (w) => w.tools.panOnly.set(false),
  },
  {
    shown: "H",
    words: "Hide all annotations, while held",
    group: "View",
    matches: ["h"],
    press: (w) => w.setAnnotationsVisible(false),
    release: (w) => w.setAnnotationsVisible(true),
  },
  { shown: "O", words: "Change the fill's opacity", group: "View", matches: ["o"], press: (w) => w.nextFillOpacity() },
  {
    shown: "]",
    words: "Fold the right panel",
    group: "View",
    matches: ["]"],
    press: (w) => w.settings.panelOpen.update((open) => !open),
  },
  { shown: "V", words: "Move tool: drag pans, a click selects", group: "Tools", matches: ["v"], press: (w) => w.tools.use("move") },
  {
    shown: "C",
    words: "Click tool: a click asks for an outline",
    group: "Tools",
    matches: ["c"],
    press: (w) => w.tools.use("click"),
    edits: true,
  },
  {
    shown: "S",
    words: "Squiggle tool: a line drawn inside asks for an outline",
    group: "Tools",
    matches: ["s"],
    press: (w) => w.tools.use("squiggle"),
    edits: true,
  },
  {
    shown: "A",
    words: "Mark an area as complete: drag a rectangle, then say of what",
    group: "Tools",
    matches: ["a"],
    press: (w) => w.tools.use("area"),
    edits: true,
  },
  { shown: "Inside", words: "Click or draw inside the object in hand, or at its rim: this belongs to it", group: "Tools", matches: [], edits: true },
  { shown: "Alt", words: "Alt-click or Alt-draw: this does not belong to it", group: "Tools", matches: [], edits: true },
  { shown: "Shift + clicks", words: "Collect, inside accepted objects too; they go as one batch on release", group: "Tools", matches: [], edits: true },
  { shown: "Ctrl + click", words: "Select with any tool, whatever it is (a plain click: an accepted object of the label's type)", group: "Tools", matches: [] },
  { shown: "Drag a prompt", words: "Move it: the object is outlined anew (lines: with Move or Click)", group: "Tools", matches: [], edits: true },
  { shown: "Enter", words: "Accept", group: "Proposals", matches: ["enter"], press: (w) => w.decisions.accept(), edits: true },
  { shown: "X", words: "Reject; a correction: bring the accepted mask back", group: "Proposals", matches: ["x"], press: (w) => w.decisions.reject(), edits: true },
  {
    shown: "Backspace",
    words: "Take the last click or line of the object in hand back",
    group: "Proposals",
    matches: ["backspace"],
    press: (w) => w.takeBack(),
    edits: true,
  },
  { shown: "N", words: "Next proposal", group: "Proposals", matches: ["n"], press: (w) => w.decisions.walk(1) },
  { shown: "Shift + N", words: "Previous proposal", group: "Proposals", matches: ["shift+n"], press: (w) => w.decisions.walk(-1) },
  {
    shown: "Shift + Enter",
    words: "Accept all proposals",
    group: "Proposals",
    matches: ["shift+enter"],
    press: (w) => w.decisions.acceptAll(),
    edits: true,
  },
  { shown: "A label's key", words: "Choose the label that it stands beside; a selected object takes it", group: "Objects", matches: [], edits: true },
  {
    shown: "Del",
    words: "Delete the selected object",
    group: "Objects",
    matches: ["delete"],
    press: (w) => w.decisions.delete(),
    edits: true,
  },
  { shown: "Esc", words: "Drop the line or area being drawn; let go of the selection", group: "Objects", matches: ["escape"], press: (w) => w.letGo() },
  {
    shown: "?",
    words: "These keys; hints come back",
    group: "View",
    matches: ["?"],
    press: (w) => w.helpOpen.update((open) => !open),
  },
];

const byMatch = new Map(KEYS.flatMap((key) => key.matches.map((match) => [match, key] as const)));

/** True when the workspace has this key for itself, so that no label can have it. */
export const isTaken = (character: string): boolean => byMatch.has(character.toLowerCase());

/** Listen to the keys of the page; returns the function that stops it. */
export function listenToKeys(workspace: Workspace): () => void {
  /** Keys that act while held, by place: the same place may type something else when it is let go. */
  const held = new Map<string, Key>();
  const letGo = () => {
    workspace.tools.shiftReleased();
    for (const key of held.values()) key.release?.(workspace);
    held.clear();
  };
  const down = (event: KeyboardEvent) => {
    const meaning = isTyping(event) || isAsked(workspace) ? null : meaningOf(event);
    if (!meaning) return;
    const found = find(meaning, workspace.labels.all);
    if (workspace.helpOpen.get() && found?.key?.shown !== "?") return;
    if (found?.label) return workspace.labelling.choose(found.label.id);
    const key = found?.key;
    if (!key?.press || (key.edits && !workspace.canEdit) || (event.repeat && key.release)) return;
    event.preventDefault();
    if (key.release) held.set(event.code, key);
    key.press(workspace);
  };
  const up = (event: KeyboardEvent) => {
    if (event.key === "Shift") workspace.tools.shiftReleased();
    held.get(event.code)?.release?.(workspace);
    held.delete(event.code);
  };
  window.addEventListener("keydown", down);
  window.addEventListener("keyup", up);
  window.addEventListener("blur", letGo);
  return () => {
    window.removeEventListener("keydown", down);
    window.removeEventListener("keyup", up);
    window.removeEventListener("blur", letGo);
  };
}

export type Found = { key: Key; label?: undefined } | { label: Label; key?: undefined };

/**
 * What was typed comes before the place. The workspace's own keys come before labels, but for one: where a digit's place
 * types a sign (on French keyboards 6 is the minus), the label of the digit is meant.
 */
export function find({ name, place }: Meaning, labels: readonly Label[]): Found | null {
  const labelOf = (wanted: string | null) => labels.find(({ key }) => key !== null && key.toLowerCase() === wanted);
  const own = byMatch.get(name);
  const atPlace = labelOf(place);
  if (own && !(atPlace && place !== null && /^[0-9]$/.test(place))) return { key: own };
  const label = own ? atPlace : (labelOf(name) ?? atPlace);
  if (label) return { label };
  const ownAtPlace = place === null ? undefined : byMatch.get(place);
  return ownAtPlace ? { key: ownAtPlace } : null;
}

/** A dialog has the word: what is behind it hears nothing. The help lies open beside the keys that it lists. */
function isAsked(workspace: Workspace): boolean {
  return !workspace.helpOpen.get() && document.querySelector("[role=dialog][aria-modal=true]") !== null;
}

/** Keys belong to a field or a button that has the focus. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  const isChoice = target instanceof HTMLInputElement && ["radio", "checkbox"].includes(target.type);
  if (target.isContentEditable || (!isChoice && ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))) return true;
  if (isChoice && event.key.startsWith("Arrow")) return true;
  const isPressed = event.key === "Enter" || event.key === " ";
  return isPressed && (isChoice || target.closest("button, a, [role=menuitem]") !== null);
}
