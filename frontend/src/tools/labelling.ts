/** Which label the next object takes, and the tool that outlines such objects: whichever changes brings the other along. */
import { gestureFor, typesOf } from "../store/gestures";
import type { Label, Labels } from "../store/labels";
import type { ObjectType } from "../store/messages";
import { plural } from "../store/plural";
import type { ToolName } from "./tool";

export interface LabellingContext {
  readonly canEdit: boolean;
  readonly labels: Labels;
  toolInUse(): ToolName;
  useTool(name: ToolName): void;
  hasSelected(): boolean;
  /** A selected object takes the label. */
  relabel(labelId: number): void;
  say(tone: "info" | "warning", words: string): void;
}

export class Labelling {
  readonly #context: LabellingContext;

  constructor(context: LabellingContext) {
    this.#context = context;
  }

  /** With this label the next object is asked, by the gesture that suits it; a selected one takes the label. */
  choose(labelId: number): void {
    const { canEdit, labels, toolInUse, hasSelected, relabel } = this.#context;
    if (!canEdit || !labels.isOffered(labelId)) return;
    // Who selects with the Move tool and gives labels goes on doing that.
    const isRelabelling = toolInUse() === "move" && hasSelected();
    labels.chosen.set(labelId);
    if (!isRelabelling) this.#fitTool();
    relabel(labelId);
  }

  /** Objects of this type are what is labelled next. */
  chooseType(type: ObjectType): void {
    const { labels } = this.#context;
    const label = labels.firstOf(type);
    if (!label || labels.chosenType() === type) return;
    labels.chosen.set(label.id);
    this.#fitTool();
  }

  /** Nobody outlines a gland as a nucleus: the tool brings the last label that fits it, and says so. False where none does. */
  fitLabel(tool: ToolName): boolean {
    const { labels, say } = this.#context;
    const types = typesOf(tool);
    if (types.length === 0 || labels.offered.length === 0) return true;
    const label = labels.forTool(tool);
    const marked = types.map(plural).join(" or ");
    if (!label) {
      say("warning", `No label of this project marks ${marked}, which this tool outlines: a project admin adds one.`);
      return false;
    }
    if (label.id === labels.chosen.get()) return true;
    labels.chosen.set(label.id);
    say("info", `This tool outlines ${marked}: the next object is labelled ${label.name}.`);
    return true;
  }

  /** The labels as they are now; a tool that can outline nothing of the chosen one's type makes way. */
  renewed(all: readonly Label[]): void {
    const { labels, toolInUse } = this.#context;
    labels.renewed(all);
    const types = typesOf(toolInUse());
    const type = labels.chosenType();
    if (types.length > 0 && !(type && types.includes(type))) this.#fitTool();
  }

  #fitTool(): void {
    const tool = gestureFor(this.#context.labels.chosenType());
    if (tool && this.#context.toolInUse() !== "area") this.#context.useTool(tool);
  }
}
