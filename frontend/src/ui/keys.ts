/** All keys of the workspace: one table for what they do and for the help that lists them. */
import type { Workspace } from "../workspace";

export interface Key {
  /** As the help shows it. */
  readonly shown: string;
  readonly words: string;
  readonly group: "View" | "Tools" | "Proposals" | "Objects";
  /** KeyboardEvent.key values, lower case; with "shift+" in front where Shift must be held. */
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
  { shown: "+", words: "Zoom in", group: "View", matches: ["+", "shift++", "="], press: (w) => w.viewer.zoomBy(ZOOM) },
  { shown: "−", words: "Zoom out", group: "View", matches: ["-", "shift+_"], press: (w) => w.viewer.zoomBy(1 / ZOOM) },
  { shown: "F", words: "Fit the slide to the screen", group: "View", matches: ["f"], press: (w) => w.viewer.fit() },
  {
    shown: "Space",
    words: "Pan with any tool, while held",
    group: "View",
    matches: [" "],
    press: (w) => (w.tools.panOnly = true),
    release: (w) => (w.tools.panOnly = false),
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
  { shown: "Inside", words: "Click or draw inside the object in hand: this belongs to it", group: "Tools", matches: [], edits: true },
  { shown: "Alt", words: "Alt-click or Alt-draw: this does not belong to it", group: "Tools", matches: [], edits: true },
  { shown: "Shift + clicks", words: "Collect; they go as one batch on release", group: "Tools", matches: [], edits: true },
  { shown: "Ctrl + click", words: "Select with any tool; an accepted object can then be corrected", group: "Tools", matches: [] },
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
  { shown: "1 … 9", words: "Choose a label; a selected object takes it", group: "Objects", matches: [], edits: true },
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
    matches: ["?", "shift+?"],
    press: (w) => w.helpOpen.update((open) => !open),
  },
];

const byMatch = new Map(KEYS.flatMap((key) => key.matches.map((match) => [match, key] as const)));

/** Listen to the keys of the page; returns the function that stops it. */
export function listenToKeys(workspace: Workspace): () => void {
  const down = (event: KeyboardEvent) => {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = keyOf(event);
    if (workspace.helpOpen.get() && key?.shown !== "?") return;
    if (/^[1-9]$/.test(event.key)) return chooseLabel(workspace, Number(event.key));
    if (!key?.press || (key.edits && !workspace.canEdit) || (event.repeat && key.release)) return;
    event.preventDefault();
    key.press(workspace);
  };
  const up = (event: KeyboardEvent) => {
    if (event.key === "Shift") workspace.tools.shiftReleased();
    byMatch.get(event.key.toLowerCase())?.release?.(workspace);
  };
  const letGo = () => {
    workspace.tools.shiftReleased();
    for (const key of KEYS) key.release?.(workspace);
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

function keyOf(event: KeyboardEvent): Key | undefined {
  const name = event.key.toLowerCase();
  return event.shiftKey ? byMatch.get(`shift+${name}`) : byMatch.get(name);
}

function chooseLabel(workspace: Workspace, key: number): void {
  const label = workspace.labels.all.find((each) => each.key === key);
  if (label) workspace.chooseLabel(label.id);
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
