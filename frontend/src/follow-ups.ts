/** What news of objects bring about beside their picture: a reason told, a selection gone, prompts and models loaded. */
import { getObject, getSlide, type Model } from "./api/rest";
import type { ModelChoice } from "./store/model-choice";
import type { Notices } from "./store/notices";
import type { ChangeSet, ObjectStore } from "./store/objects";
import type { Selection } from "./store/selection";
import type { Settings } from "./store/settings";
import type { SlideObject } from "./store/slide-object";
import type { ToolName } from "./tools/tool";

const COVERS =
  "This outline covers an accepted object, so it is not stored beside it but stays a proposal: Enter puts it in the other's " +
  "place, X discards it.";

export interface FollowUpContext {
  readonly slideId: number;
  readonly username: string;
  readonly store: ObjectStore;
  readonly models: ModelChoice<Model>;
  readonly notices: Notices;
  readonly selection: Selection;
  readonly settings: Settings;
  toolInUse(): ToolName;
}

export function followUp(context: FollowUpContext, { changes }: ChangeSet): void {
  const { models, notices, selection, settings, username } = context;
  const gone: string[] = [];
  let accepted = 0;
  for (const [id, { before, after }] of changes) {
    if (before?.state === "asked" && models.isNews(after?.modelId ?? null)) void renewModels(context);
    if (!after || after.state === "rejected" || after.state === "deleted") gone.push(id);
    const isMine = after?.author === username;
    if (isMine && after.state === "accepted" && before && before.state !== "accepted") accepted += 1;
    const isInHand = selection.current.get() === id || selection.selected.get() === id;
    if (after && isOfferedAfterAll(before, after) && (isMine || isInHand)) {
      notices.say("warning", COVERS);
      if (selection.current.get() === null) selection.current.set(id);
    }
    // A correction that failed leaves the accepted mask, with the reason.
    const hasFailed = after?.state === "failed" || (after?.state === "accepted" && after.failure);
    if (before?.state === "asked" && hasFailed && isMine) {
      notices.say("warning", after.failure ?? "The model found no outline at this place.");
    }
  }
  selection.forget(gone);
  if (isSettled(changes, selection.current.get())) selection.current.set(null);
  if (accepted > 0) settings.hints.practise(context.toolInUse(), accepted);
}

/** Accepted here, or by its label or from the trash; but there it would have stood beside an accepted object that it covers. */
function isOfferedAfterAll(before: SlideObject | undefined, after: SlideObject): boolean {
  const wasAccepted = before?.state === "accepted" || before?.accepting === true;
  return wasAccepted && after.state === "proposed" && after.covers.length > 0;
}

/** Accepted by whoever: a proposal that is none any more is not in hand, and its line leaves the screen. */
function isSettled(changes: ChangeSet["changes"], id: string | null): boolean {
  const change = id === null ? undefined : changes.get(id);
  return change?.after?.state === "accepted" && change.before !== undefined && change.before.state !== "accepted";
}

async function renewModels({ slideId, models, notices }: FollowUpContext): Promise<void> {
  try {
    models.renewed(await getSlide(slideId));
  } catch (error) {
    notices.say("warning", `The new model's name could not be loaded. ${(error as Error).message}`);
  }
}

/** The packed objects come without prompts: those of a selected object are fetched, to be shown and moved. */
export async function learnPrompts({ store, notices }: FollowUpContext, id: string | null): Promise<void> {
  const object = id === null ? undefined : store.get(id);
  if (object?.state !== "accepted" || object.prompts.length > 0) return;
  try {
    store.learnPrompts(await getObject(object.id));
  } catch (error) {
    notices.say("warning", `The prompts of this object could not be loaded. ${(error as Error).message}`);
  }
}
