/** Numbers and names as a person reads them. */
import type { Role } from "../api/rest";
import type { ObjectType } from "../store/messages";
import { plural } from "../store/plural";

export { plural };

const whole = new Intl.NumberFormat("en");

export const number = (value: number): string => whole.format(value);

export function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
}

export function roleInWords(role: Role): string {
  return { admin: "you administer it", annotator: "you annotate", viewer: "you may look" }[role];
}

/** 1 nucleus, 23 nuclei */
export const countOf = (value: number, objectType: ObjectType): string =>
  `${number(value)} ${value === 1 ? objectType : plural(objectType)}`;

/** 40 → "40×", 1.25 → "1.25×" */
export function times(magnification: number): string {
  const digits = magnification >= 10 ? 0 : magnification >= 1 ? 1 : 2;
  return `${Number(magnification.toFixed(digits))}×`;
}

export function length(um: number): string {
  return um >= 1000 ? `${um / 1000} mm` : `${Number(um.toPrecision(3))} µm`;
}
