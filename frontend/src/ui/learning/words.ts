/** Kinds, versions, runs and scores in words. */
import type { JobState, Kind, ModelVersion, Run, Strategy } from "../../api/learning";
import { moment } from "../dates";
import { number, plural } from "../words";

export const sameKind = (one: Kind, other: Kind): boolean =>
  one.object_type === other.object_type && one.stain === other.stain;

/** "Nuclei, H&E" */
export function kindInWords({ object_type, stain }: Kind): string {
  const objects = plural(object_type);
  return `${objects[0]!.toUpperCase()}${objects.slice(1)}, ${stain || "any stain"}`;
}

/** "Nuclei, H&E · 21 Nov 14:05"; shipped ones bear the name of their weights. */
export function versionInWords(version: Pick<ModelVersion, "object_type" | "stain" | "shipped" | "name" | "created_at">): string {
  const made = version.shipped ? `shipped, ${version.name}` : moment(version.created_at);
  return `${kindInWords(version)} · ${made}`;
}

/** A version that something refers to by its number and its weights' name. */
export function referenceInWords(reference: { id?: number; name: string }, versions: readonly ModelVersion[]): string {
  const known = versions.find(({ id, name }) => id === reference.id || name === reference.name);
  return known ? versionInWords(known) : reference.name;
}

export const STATES: Record<JobState, string> = {
  queued: "waits for a training worker",
  running: "is running",
  lost: "lost its worker; the next one goes on",
  done: "is done",
  failed: "failed",
  cancelled: "was cancelled",
};

export const isOpen = ({ state }: { state: JobState }): boolean => ["queued", "running", "lost"].includes(state);

const STAGES: Record<string, string> = {
  starting: "Starting",
  cutting: "Cutting patches from the slides",
  training: "Training",
  measuring: "Measuring on the held-out slides",
  sampling: "Looking over the slides",
};

export const stageInWords = (stage: string): string => STAGES[stage] ?? "Starting";

export const TRIGGERS: Record<Run["trigger"], string> = {
  schedule: "by schedule",
  threshold: "enough was accepted",
  hand: "by hand",
};

export const STRATEGIES: Record<Strategy, { name: string; why: string }> = {
  random: {
    name: "Random, from every slide alike",
    why: "Tissue of each slide, by chance. The honest baseline: it has no blind spot, and what is measured on it is fair.",
  },
  entropy: {
    name: "Where the model is least sure",
    why: "Regions in which the model's outlines are the most doubtful. It learns most from what it finds hard, but may insist on dirt.",
  },
  disagreement: {
    name: "Where two models disagree",
    why: "Regions in which the click model outlines something else than an automatic one. For nuclei and cells only.",
  },
  combined: {
    name: "Unsure and varied",
    why: "From every slide, unlike each other, and the more by doubt the more often you have searched. For nuclei and cells only.",
  },
};

export const strategyInWords = (strategy: string): string =>
  strategy === "hand" ? "Drawn by hand" : (STRATEGIES[strategy as Strategy]?.name ?? strategy);

// --- scores -----------------------------------------------------------------------------------------------------------

export type Score = {
  key: string;
  name: string;
  why: string;
  unit: string;
  digits: number;
  better: "higher" | "lower";
  /** A smaller change is none worth a colour. */
  matters: number;
};

/** In the order in which they are shown; the first decides. */
export const SCORES: readonly Score[] = [
  { key: "iou_at_1", name: "IoU at the first click", why: "Overlap of the outline with the accepted one after one click", unit: "", digits: 3, better: "higher", matters: 0.0005 },
  { key: "aji", name: "AJI", why: "Aggregated Jaccard index: overlap over all objects of a patch", unit: "", digits: 3, better: "higher", matters: 0.0005 },
  { key: "dice", name: "Dice", why: "Overlap of all foreground", unit: "", digits: 3, better: "higher", matters: 0.0005 },
  { key: "pq", name: "PQ", why: "Panoptic quality: how many are found, times how well they are outlined", unit: "", digits: 3, better: "higher", matters: 0.0005 },
  { key: "noc_80", name: "NoC 80", why: "Clicks until the overlap is 0.80", unit: "clicks", digits: 2, better: "lower", matters: 0.005 },
  { key: "noc_85", name: "NoC 85", why: "Clicks until the overlap is 0.85", unit: "clicks", digits: 2, better: "lower", matters: 0.005 },
  { key: "noc_90", name: "NoC 90", why: "Clicks until the overlap is 0.90", unit: "clicks", digits: 2, better: "lower", matters: 0.005 },
  { key: "ms_per_click_p50", name: "Time per click", why: "Median time for one answer, on the machine that measured", unit: "ms", digits: 0, better: "lower", matters: 5 },
];

export const scoreName = (key: string): string => SCORES.find((score) => score.key === key)?.name ?? key;

const MINUS = "\u2212";
const NONE = "–";

/** 0.8124 → "0.812"; what is not known is a dash. */
export function decimal(value: number | null | undefined, digits = 3): string {
  return value == null ? NONE : value.toFixed(digits).replace("-", MINUS);
}

/** +0.012, −0.003, and 0.000 without a sign */
export function signed(value: number | null | undefined, digits = 3): string {
  if (value == null) return NONE;
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value > 0 ? "+" : MINUS}${text}`;
}

/** Whether a change is for the better. */
export function judgeChange(change: number | null, { better, matters }: Pick<Score, "better" | "matters">): "better" | "worse" | "same" {
  if (change === null || Math.abs(change) < matters) return "same";
  return change > 0 === (better === "higher") ? "better" : "worse";
}

export const percent = (share: number | null): string => (share === null ? NONE : `${Math.round(share * 100)} %`);

export const count = (value: number | null | undefined): string => (value == null ? NONE : number(value));
