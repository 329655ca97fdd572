/** Several objects of one type, in a word. */
import type { ObjectType } from "./messages";

const PLURALS: Record<ObjectType, string> = { nucleus: "nuclei", cell: "cells", gland: "glands", region: "regions" };

export const plural = (objectType: ObjectType): string => PLURALS[objectType];
