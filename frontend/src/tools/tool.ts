/** What a tool is, and what it may do. */
import type { Line } from "../store/line";
import type { AcceptedBy, Prompt, Start } from "../store/messages";
import type { ObjectStore } from "../store/objects";
import type { Selection } from "../store/selection";
import type { SlideObject } from "../store/slide-object";
import type { Aim } from "./aim";

export interface ToolClick {
  /** level-0 px */
  readonly x: number;
  readonly y: number;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly ctrl: boolean;
  readonly pointer: "mouse" | "pen" | "touch";
  /** screen pixels for each level-0 pixel */
  readonly scale: number;
  /** performance.now() of the pointer's release */
  readonly pointerUp: number;
}

export type ToolPress = Omit<ToolClick, "pointerUp">;

/** The way of a pressed pointer, from the press to the release. */
export interface Stroke {
  /** The pointer went on to these points, level-0 px, all on the slide. */
  extend(points: Line): void;
  /** The pointer was let go, at performance.now() `pointerUp`. */
  end(pointerUp: number): void;
  /** Nothing shall come of it. */
  cancel(): void;
}

export interface Tool {
  readonly name: "move" | "click" | "squiggle" | "area";
  /** The pointer was pressed and let go at one place. */
  click(click: ToolClick): void;
  /** Take a press for a stroke; null leaves it to the viewer, which pans. A stroke that goes nowhere becomes a click. */
  press(press: ToolPress): Stroke | null;
  /** What a plain click here would be about; null where clicks ask nothing. */
  aim(press: ToolPress): Aim | null;
  /** Would a press here take hold of a prompt? */
  isOverHandle(press: ToolPress): boolean;
  /** The key that collects was let go. */
  shiftReleased(): void;
  /** Let go of what is half done; false when nothing is. */
  cancel(): boolean;
}

export type ToolName = Tool["name"];

/** What is asked of a model about one object. */
export interface Question {
  readonly objectId: string;
  readonly turn: number;
  /** The complete list: all that were given before, and the new one. */
  readonly prompts: readonly Prompt[];
  /** What the prompts start from: nothing, or the mask that the object has. */
  readonly start: Start;
}

export interface ToolContext {
  readonly store: ObjectStore;
  readonly selection: Selection;
  readonly slide: { readonly width: number; readonly height: number };
  readonly intentions: {
    segment(questions: readonly Question[]): void;
    accept(ids: readonly string[], how: AcceptedBy): void;
    sighted(id: string): void;
  };
  acceptAsIGo(): boolean;
  /** Does the object mark what the chosen label marks, so that the next click could mean it? */
  isOfChosenType(object: SlideObject): boolean;
  /** False, and said in words, where no model can answer for the object, or for a new one. */
  canAsk(objectId: string | null): boolean;
  /** A prompt has been turned into a question: its clock runs from the pointer's release. */
  timeClick(objectId: string, turn: number, pointerUp: number): void;
  say(words: string): void;
}
