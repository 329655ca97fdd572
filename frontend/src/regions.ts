/** The region in hand on the open slide: who hands it out, which one the address names, and how it comes into view. */
import { completeRegion, declareComplete, getMyRegion, getRegion, stepRegion, takeNextRegion } from "./api/regions";
import type { Slide } from "./api/rest";
import { RegionWork } from "./live/region-work";
import type { ObjectType } from "./store/messages";
import type { Notices } from "./store/notices";
import type { ObjectStore } from "./store/objects";
import type { Region } from "./store/region";
import type { Signal } from "./store/signal";
import type { View } from "./viewer/coordinates";
import type { SlideViewer } from "./viewer/slide-viewer";

/** A region takes this much of the view. */
const REGION_SHARE = 0.85;

export interface RegionPlace {
  readonly slide: Slide;
  readonly store: ObjectStore;
  readonly notices: Notices;
  readonly viewer: SlideViewer;
  /** null until the slide is on the screen. */
  readonly view: Signal<View | null>;
  isSaved(): boolean;
  /** Objects of this type are what is labelled next. */
  label(type: ObjectType): void;
}

export function openRegions(place: RegionPlace): RegionWork {
  const { slide, store, notices, isSaved } = place;
  const projectId = slide.project.id;
  const regions = new RegionWork({
    slideId: slide.id,
    store,
    server: {
      mine: () => getMyRegion(projectId),
      get: getRegion,
      next: () => takeNextRegion(projectId),
      step: stepRegion,
      complete: completeRegion,
      declare: (box, type, empty) => declareComplete(projectId, slide.id, box, type, empty),
    },
    show: (region) => show(place, region),
    leaveFor: (region) => location.assign(`/slides/${region.slide_id}?region=${region.id}`),
    say: (tone, words) => notices.say(tone, words),
    isSaved,
    isSeen: () => document.visibilityState === "visible",
  });
  void regions.open(takeRegionFromAddress());
  return regions;
}

/** The whole region with a margin, and what is to be labelled in it as the next object's label. */
function show(place: RegionPlace, region: Region): void {
  const { view, viewer } = place;
  if (view.get() === null) {
    const stop = view.subscribe(() => {
      stop();
      show(place, region);
    });
    return;
  }
  const { width, height } = viewer.view;
  const scale = REGION_SHARE * Math.min(width / region.width, height / region.height);
  viewer.goTo(region.x + region.width / 2, region.y + region.height / 2, scale);
  place.label(region.object_type);
}

/** The region that the address names, once: a reload keeps the place where the person looks by then. */
function takeRegionFromAddress(): number | null {
  const named = new URLSearchParams(location.search).get("region");
  if (named === null) return null;
  history.replaceState(history.state, "", location.pathname);
  return Number(named);
}
