/** The gesture that suits what a label marks: glands are drawn, nuclei and cells are clicked. What has none cannot be outlined. */
import type { ObjectType } from "./messages";

export type Gesture = "click" | "squiggle";

const GESTURES: Partial<Record<ObjectType, Gesture>> = { nucleus: "click", cell: "click", gland: "squiggle" };

export const gestureFor = (type: ObjectType | undefined): Gesture | undefined => type && GESTURES[type];

/** The types of objects that a gesture outlines; none for tools that outline nothing. */
export function typesOf(tool: string): ObjectType[] {
  return (Object.keys(GESTURES) as ObjectType[]).filter((type) => GESTURES[type] === tool);
}
