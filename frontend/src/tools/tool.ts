/** What a tool is, and what it may do. */
import type { AcceptedBy, Prompt } from "../store/messages";
import type { ObjectStore } from "../store/objects";
import type { Selection } from "../store/selection";

export interface ToolClick {
  /** level-0 px */
  readonly x: number;
  readonly y: number;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly ctrl: boolean;
  /** performance.now() of the pointer's release */
  readonly pointerUp: number;
}

export interface Tool {
  readonly name: "move" | "click";
  click(click: ToolClick): void;
  /** The key that collects was let go. */
  shiftReleased(): void;
  /** Let go of what is half done. */
  cancel(): void;
}

export interface ToolContext {
  readonly store: ObjectStore;
  readonly selection: Selection;
  readonly intentions: {
    segment(questions: readonly { objectId: string; turn: number; prompts: Prompt[] }[]): void;
    accept(ids: readonly string[], how: AcceptedBy): void;
    sighted(id: string): void;
  };
  acceptAsIGo(): boolean;
  /** A click has been turned into a question: its clock runs from the pointer's release. */
  timeClick(objectId: string, turn: number, pointerUp: number): void;
  say(words: string): void;
}
