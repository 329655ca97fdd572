/** The split of a kind's slides as a sentence. */
import type { Split, SplitSlide } from "../../api/settings";
import { day } from "../dates";
import { countOf, number, plural } from "../words";

type Kind = Split["kinds"][number];

const sum = (slides: readonly SplitSlide[]): number => slides.reduce((all, { objects }) => all + objects, 0);

const where = (slides: readonly SplitSlide[]): string =>
  slides.length === 1 ? "on a slide that is" : `on ${number(slides.length)} slides that are`;

/** 57 nuclei lie on a slide that is kept apart for measuring; 230 nuclei on others are trained on. */
export function apartInWords({ object_type, slides }: Kind): string {
  const apart = slides.filter(({ part }) => part === "held_out");
  const others = slides.filter(({ part }) => part === "training");
  const trained = `${countOf(sum(others), object_type)} on ${others.length === 1 ? "another" : `${number(others.length)} others`}`;
  if (apart.length === 0) {
    const all = plural(object_type);
    return `No ${all} lie on a slide that is kept apart, ${countOf(sum(others), object_type)} on others: accept ${all} on a slide of another patient, so that there is something to measure on.`;
  }
  const lie = sum(apart) === 1 ? "lies" : "lie";
  const begin = `${countOf(sum(apart), object_type)} ${lie} ${where(apart)} kept apart for measuring`;
  return others.length === 0 ? `${begin}; none to train on yet.` : `${begin}; ${trained} ${sum(others) === 1 ? "is" : "are"} trained on.`;
}

export const decidedInWords = ({ decided_at }: SplitSlide): string =>
  decided_at === null ? "not yet" : `for good, ${day(decided_at)}`;
