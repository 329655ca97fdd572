/** `window.squiggle`: what benchmarks and browser tests read and steer; nothing in the product uses it. */
import { measure } from "./store/shape";
import { toScreen } from "./viewer/coordinates";
import type { Workspace } from "./workspace";

function state(workspace: Workspace) {
  const objects = [...workspace.store.values()].map((object) => ({
    id: object.id,
    state: object.state,
    label_id: object.labelId,
    version: object.version,
    turn: object.turn,
    prompts: object.prompts,
    correcting: object.correcting,
    model_id: object.modelId,
    area_px: object.shape ? measure(object.shape).areaPx : 0,
    centroid: object.shape ? measure(object.shape).centroid : null,
  }));
  return {
    objects,
    saved: workspace.live.saved.get(),
    unsent: workspace.live.outbox.unsent.get(),
    seq: workspace.live.seq,
    ...workspace.loader.shown.get(),
  };
}

/** Level-0 px → page px. */
function pagePoint(workspace: Workspace, host: HTMLElement, x: number, y: number) {
  const corner = host.getBoundingClientRect();
  const point = toScreen(workspace.viewer.view, x, y);
  return { x: corner.left + point.x, y: corner.top + point.y };
}

/** From the moment when the slide is on the screen; returns the function that stops waiting for it. */
export function exposeHooksOnceOpen(workspace: Workspace, host: HTMLElement): () => void {
  const stop = workspace.view.subscribe(() => {
    stop();
    expose(workspace, host);
  });
  return stop;
}

function expose(workspace: Workspace, host: HTMLElement): void {
  const hooks = {
    clickTimes: workspace.clickTimes.all,
    state: () => state(workspace),
    viewer: {
      toScreen: (x: number, y: number) => pagePoint(workspace, host, x, y),
      goTo: (x: number, y: number, scale: number) => workspace.viewer.goTo(x, y, scale),
    },
  };
  Object.assign(window, { squiggle: hooks });
}
