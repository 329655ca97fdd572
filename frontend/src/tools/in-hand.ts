/**
 * The object in hand: the open proposal that the next prompt may correct, or an accepted object that was selected.
 * All tools that prompt ask for, correct and take leave of objects through here.
 */
import type { Prompt, Start } from "../store/messages";
import { newId } from "../store/new-id";
import { MAX_PROMPTS } from "../store/prompts";
import type { SlideObject } from "../store/slide-object";
import type { Aim } from "./aim";
import type { ToolContext } from "./tool";

export class InHand {
  readonly #context: ToolContext;

  constructor(context: ToolContext) {
    this.#context = context;
  }

  get(): SlideObject | undefined {
    const { selection, store } = this.#context;
    const selected = store.get(selection.selected.get() ?? "");
    return this.open() ?? (selected?.state === "accepted" ? selected : undefined);
  }

  /** The proposal or question in hand, if it is one. */
  open(): SlideObject | undefined {
    const object = this.#context.store.get(this.#context.selection.current.get() ?? "");
    return object?.state === "proposed" || object?.state === "asked" ? object : undefined;
  }

  /** The object whose prompts are shown and can be moved. */
  prompted(): SlideObject | undefined {
    const { selection, store } = this.#context;
    const other = store.get(selection.selected.get() ?? selection.current.get() ?? "");
    return this.get() ?? (other?.state === "failed" ? other : undefined);
  }

  /** Do what the prompt is aimed at. */
  follow(aim: Aim, prompt: Prompt, pointerUp: number): void {
    if (aim.kind === "correct" || aim.kind === "extend") this.correct(aim.object, prompt, pointerUp);
    else if (aim.kind === "take") this.goOnTo(aim.object);
    else if (aim.kind === "select") this.select(aim.object);
    else this.ask(prompt, pointerUp);
  }

  /** Select an accepted object, so that the next prompt corrects it, and take leave of the one in hand. */
  select(object: SlideObject): void {
    const { selection } = this.#context;
    const before = this.open();
    selection.selected.set(object.id);
    selection.current.set(null);
    this.leave(before);
  }

  /** Begin a new object, and take leave of the one in hand. */
  ask(prompt: Prompt, pointerUp: number): void {
    const { selection, intentions, timeClick, canAsk } = this.#context;
    if (!canAsk(null)) return;
    const before = this.open();
    const objectId = newId();
    timeClick(objectId, 1, pointerUp);
    selection.selected.set(null);
    selection.current.set(objectId);
    // The question goes first: the person waits for its answer, not for the acceptance to be stored.
    intentions.segment([{ objectId, turn: 1, prompts: [prompt], start: "nothing" }]);
    this.leave(before);
  }

  /** Take another proposal in hand, and take leave of the one before. */
  goOnTo(object: SlideObject): void {
    const { selection, intentions } = this.#context;
    const before = this.open();
    selection.selected.set(null);
    selection.current.set(object.id);
    intentions.sighted(object.id);
    this.leave(before);
  }

  /** One prompt more. A mask that no prompt made, and an accepted one, is what the prompts then start from. */
  correct(object: SlideObject, prompt: Prompt, pointerUp: number): void {
    const startsFromMask = object.state === "accepted" || object.prompts.length === 0;
    const prompts = startsFromMask ? [prompt] : [...object.prompts, prompt];
    if (prompts.length > MAX_PROMPTS) {
      return this.#context.say(`An object takes at most ${MAX_PROMPTS} clicks and lines: accept it, then correct the accepted mask.`);
    }
    this.#askAnew(object, prompts, startsFromMask ? "mask" : object.start, pointerUp);
  }

  /** Ask anew with other prompts, from what they started from before. */
  replacePrompts(object: SlideObject, prompts: readonly Prompt[], pointerUp: number): void {
    // The mask that an accepted object's prompts once corrected is not the one that it has now.
    const start = object.state === "accepted" && object.start === "mask" ? "kept" : object.start;
    this.#askAnew(object, prompts, start, pointerUp);
  }

  /** The last prompt is taken back; false when the object has only that one. */
  takeBackLast(object: SlideObject, now: number): boolean {
    if (object.prompts.length < 2) return false;
    this.replacePrompts(object, object.prompts.slice(0, -1), now);
    return true;
  }

  leave(object: SlideObject | undefined): void {
    if (!object || !this.#context.acceptAsIGo()) return;
    if (object.covers.length === 0) this.#context.intentions.accept([object.id], "next_click");
    else this.#context.say("Left as a proposal, because it covers an accepted object: N takes it in hand again.");
  }

  #askAnew(object: SlideObject, prompts: readonly Prompt[], start: Start, pointerUp: number): void {
    const { selection, intentions, timeClick, canAsk } = this.#context;
    if (!canAsk(object.id)) return;
    const turn = object.turn + 1;
    timeClick(object.id, turn, pointerUp);
    selection.current.set(object.id);
    intentions.segment([{ objectId: object.id, turn, prompts, start }]);
  }
}
