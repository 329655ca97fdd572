/** Take the object under the pointer in hand: with any tool by Ctrl-click, with Move by a plain click. */
import type { ToolClick, ToolContext } from "./tool";

export function selectAt({ store, selection, intentions }: ToolContext, click: ToolClick): void {
  const object = store.at(click.x, click.y);
  selection.selected.set(object?.id ?? null);
  const isOpen = object !== undefined && (object.state === "proposed" || object.state === "asked");
  selection.current.set(isOpen ? object.id : null);
  if (isOpen) intentions.sighted(object.id);
}
